/** Train: the numbers of the page are those of the command line. */
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { heaviside } from "../../../src/cli/testing.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { plainHost, soon } from "../site.ts";
import { means } from "./neuron.ts";
import type { StationTest } from "./station.ts";

const ended = async (page: Page): Promise<{ [key: string]: unknown; ranOn: unknown }> => {
  const row = page.locator("[data-result]");
  await row.waitFor({ timeout: 120_000 });
  return JSON.parse((await row.getAttribute("data-result"))!);
};
/** What a training's numbers are; how long it took and where are not among them. */
const numbersOf = ({ run: _, seconds: __, examplesPerSecond: ___, ...numbers }: Record<string, unknown>) => numbers;
/** The words of the command that the page shows. */
const wordsOf = async (page: Page) => (await page.locator("#train-command").textContent())!.split(" ").slice(2);
/** What the browser saves when a button is pressed. */
async function saved(page: Page, name: RegExp): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return readFile(await download.path());
}

export const train: StationTest = {
  id: "train",
  picture: "train.hidden=100&train.limit=10000&train.epochs=6&train.rate=0.3&train.threads=2",
  quick: "train.limit=300&train.epochs=1&train.hidden=10+10",
  async ready(page) {
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await ended(page);
  },
  tests(lab) {
    test("a link restores an experiment, and says what in it breaks a rule", async () => {
      const { page, said } = await lab().open(
        "#neuron.a=-2.5&neuron.estimators=arm+reinmax&train.hidden=30+20&train.estimators=disarm+concrete:temperature=0.5&train.rate=0.05&train.seed=7&train.limit=nine&at=train",
      );
      expect(await page.getByLabel("layer 2: units").inputValue()).toBe("20");
      expect(await page.locator("#train").getByLabel("seed").inputValue()).toBe("7");
      expect(await page.locator("#train-command").textContent()).toMatch(
        /^npx heaviside train --limit 10000 --hidden 30,20 --estimator disarm,concrete:temperature=0\.5 --rate 0\.05 --batch 100 --epochs 5 --seed 7 --backend wasm --threads \d+$/,
      );
      await page
        .getByText(
          "The link's train.limit must be a whole number from 1 to 50000; it is “nine”, so the first value is used.",
        )
        .waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("train-title");
      // What isn't near the window is loaded when one goes there.
      expect(await page.getByLabel("a, what it receives").count()).toBe(0);
      await page.locator("#neuron").evaluate((section) => section.scrollIntoView());
      expect(await page.getByLabel("a, what it receives").inputValue()).toBe("-2.5");
      expect(Object.keys((await means(page)).of)).toEqual(["arm", "reinmax"]);
      expect(said).toEqual([]);
    });

    test("trains to the numbers and weights of the command line, with pauses between", {
      timeout: 180_000,
    }, async () => {
      const { page, said } = await lab().open(
        "#train.limit=2000&train.epochs=2&train.hidden=60+40&train.threads=2&train.test=epoch&at=train",
      );
      await page.getByRole("button", { name: "Train", exact: true }).click();
      const status = page.locator("#train-status");
      await soon(() => status.textContent(), 5).toMatch(/^(running|done)/);
      await page.getByRole("button", { name: "One step" }).click();
      await soon(() => status.textContent()).toMatch(/^paused, step \d+ of 40,/);
      const step = async () => Number(/step (\d+)/.exec((await status.textContent())!)![1]);
      const before = await step();
      await page.getByRole("button", { name: "One step" }).click();
      await soon(step).toBe(before + 1);
      await page.getByRole("button", { name: "Continue" }).click();
      const found = await ended(page);
      expect(await page.locator(".machine").textContent()).toMatch(/2,000 examples; WebAssembly .*, 2 threads/);
      expect(await page.locator(".weights img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(289);

      const run = join(lab().folder, "run");
      const words = await wordsOf(page);
      const { code, out } = await heaviside(...words, "--out", run, "--json");
      expect(code).toBe(0);
      expect(numbersOf(found)).toEqual(numbersOf(JSON.parse(out)));
      expect(found.test).not.toEqual(found.valid);

      const bytes = await saved(page, /weights/);
      const [of, wanted] = [
        await loadModel(bytes),
        await loadModel(await readFile(join(run, "checkpoint.safetensors"))),
      ];
      expect(of.params).toEqual(wanted.params);

      writeFileSync(join(lab().folder, "lab.json"), await saved(page, /config/));
      const byFile = await heaviside("train", "--config", join(lab().folder, "lab.json"), "--print-config");
      expect(byFile).toEqual(await heaviside(...words, "--print-config"));
      expect(said).toEqual([]);
    });

    test("says what is wrong where it can't train, and trains afterwards", async () => {
      const { page, said } = await lab().open("#train.limit=200&train.epochs=100000&train.batch=1&at=train");
      await page.getByText("train.epochs must be a whole number from 1 to 1000").waitFor();
      await page.getByLabel("epochs").first().fill("0");
      await page.getByLabel("epochs").first().press("Tab");
      expect(await page.getByLabel("epochs").first().getAttribute("aria-invalid")).toBe("true");
      await page.getByLabel("epochs").first().fill("1000");
      await page.getByLabel("examples", { exact: true }).fill("50000");
      await page.locator("#train").getByLabel("seed").focus();
      await page.getByRole("button", { name: "Train", exact: true }).click();
      const status = page.locator("#train-status");
      await soon(() => status.textContent()).toBe(
        "failed: lab: a training here has at most 500000 steps, this one would have 50000000",
      );
      await page.goto(`${lab().url}#train.limit=200&train.epochs=1&train.hidden=10`);
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await ended(page);
      await page.goto(`${lab().url}#train.limit=20000&train.epochs=500&train.hidden=10`);
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await soon(() => status.textContent()).toMatch(/^running, step [1-9]/);
      await page.getByRole("button", { name: "Stop" }).click();
      await soon(() => status.textContent()).toMatch(/^stopped, step/);
      expect((await loadModel(await saved(page, /weights/))).model.layers).toHaveLength(2);
      expect(said).toEqual([]);
    });

    test("works below any path without isolation, with one thread, and says so", { timeout: 180_000 }, async () => {
      const host = await plainHost(lab().site, "/a/lab/");
      try {
        const { page, said } = await lab().open("#train.limit=500&train.epochs=1&train.hidden=50", { at: host.url });
        expect((await means(page)).exact).toBeGreaterThan(0);
        await page.getByRole("link", { name: "Train", exact: true }).click();
        await page.getByText("One thread: this page is not cross-origin isolated").waitFor();
        await page.getByRole("button", { name: "Train", exact: true }).click();
        const found = await ended(page);
        const words = await wordsOf(page);
        expect(words.slice(-2)).toEqual(["--threads", "1"]);
        const { out } = await heaviside(...words, "--no-out", "--json");
        expect(numbersOf(found)).toEqual(numbersOf(JSON.parse(out)));
        expect(said).toEqual([]);
      } finally {
        await host.close();
      }
    });
  },
};
