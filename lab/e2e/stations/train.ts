/** Train: the numbers of the page are those of the command line. */
import { existsSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { heaviside } from "../../../src/cli/testing.ts";
import { datasetFor, modelFor, resolveConfig } from "../../../src/config/index.ts";
import { debianFolder } from "../../../src/data/fashion-mnist.ts";
import { loadModel } from "../../../src/predict/load-model.ts";
import { train as trainWith } from "../../../src/train/index.ts";
import { plainHost, soon } from "../site.ts";
import { means } from "./neuron.ts";
import type { StationTest } from "./station.ts";
import { ownTests } from "./train-own.ts";
import { repeatTests } from "./train-seeds.ts";
import { warningTests } from "./train-warnings.ts";
import { ended, numbersByCommand, numbersOf, saved, setTo, trained, wordsOf } from "./training-page.ts";

const hasFashion = existsSync(debianFolder);
export const train: StationTest = {
  id: "train",
  picture: "train.hidden=100&train.limit=10000&train.epochs=6&train.rate=0.3&train.threads=2",
  quick: "train.limit=300&train.epochs=1&train.hidden=10+10&train.kept=network=mlp!limit=300",
  async ready(page) {
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await ended(page);
  },
  tests(lab) {
    repeatTests(lab);
    ownTests(lab);
    warningTests(lab);

    test("a link restores an experiment, and says what in it breaks a rule", async () => {
      const { page, said } = await lab().open(
        "#neuron.a=-2.5&neuron.estimators=arm+reinmax&train.hidden=30+20&train.estimators=disarm+concrete:temperature=0.5&train.rate=0.05&train.seed=7&train.limit=nine&at=train",
      );
      expect(await page.getByLabel("layer 2: neurons").inputValue()).toBe("20");
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
      await page.getByRole("button", { name: "Continue", exact: true }).click();
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

    test("trains on points to the numbers of the command line, and shows the plane", { timeout: 120_000 }, async () => {
      const { page, said } = await lab().open("#at=train");
      await page.getByText("moons", { exact: true }).click();
      await page.waitForURL(
        "**/#at=train&train.data=moons&train.hidden=50&train.epochs=60&train.batch=10&train.rate=0.1",
      );
      await page.getByLabel("epochs").first().fill("5");
      await page.getByLabel("noise", { exact: true }).fill("0.5");
      await page.getByLabel("points", { exact: true }).fill("400");
      await page.getByLabel("seed of the points").fill("3");
      await page.getByLabel("seed", { exact: true }).focus();
      // Without a network there are the points, and no answer.
      const plane = page.getByRole("img", { name: "Points of two classes in the plane" });
      expect(await plane.getAttribute("aria-label")).toContain("There is no network yet.");
      await page.getByRole("button", { name: "Train", exact: true }).click();
      const found = await ended(page);
      const words = await wordsOf(page);
      expect(words.slice(0, 3)).toEqual(["train", "--data", "moons:examples=400,noise=0.5,seed=3"]);
      const run = join(lab().folder, "points");
      const { out } = await heaviside(...words, "--out", run, "--json");
      expect(numbersOf(found)).toEqual(numbersOf(JSON.parse(out)));
      expect(found.test).toMatchObject({ deterministic: { error: expect.any(Number) } });
      const bytes = await saved(page, /weights/);
      const inRun = await readFile(join(run, "checkpoint.safetensors"));
      expect((await loadModel(bytes)).params).toEqual((await loadModel(inRun)).params);
      // The picture is of the last step; of 60 epochs the selected one needn't be that.
      expect(await plane.getAttribute("aria-label")).toMatch(
        /At step 200 the network answers class 1 on [3-6]\d percent/,
      );
      const before = await plane.screenshot();
      await page.locator("#train").getByLabel("decisions").check();
      await page.waitForURL("**train.view=sampled**");
      const first = await plane.screenshot();
      await page.locator("#train").getByRole("button", { name: "Draw again" }).click();
      const second = await plane.screenshot();
      expect([before.equals(first), first.equals(second)]).toEqual([false, false]);
      await page.goBack();
      await soon(() => page.locator("#train").getByLabel("probabilities").isChecked()).toBe(true);
      expect(said).toEqual([]);
    });

    test("trains on a table of one's own to the numbers of the command line", { timeout: 120_000 }, async () => {
      const { page, said } = await lab().open(
        "#train.data=table&train.file=plants.csv&train.target=kind&train.epochs=3&train.optimizer=adam&at=train",
      );
      await page.getByText("This link wants the file plants.csv: choose it").waitFor();
      const file = join(lab().folder, "plants.csv");
      // Text, missing cells, and numbers that are classes.
      const rows = Array.from({ length: 90 }, (_, i) =>
        [i % 7 === 0 ? "" : (i % 13) / 4, ["red", "blue", ""][i % 3], i % 2, i % 3 === 0 ? "rose" : "iris"].join(),
      );
      writeFileSync(file, `height,colour,old,kind\n${rows.join("\n")}\n`);
      await page.getByLabel("a file (or drop it here)").setInputFiles(file);
      await page.getByText("plants.csv: 90 rows, 4 columns.").waitFor();
      for (const [target, flags] of [
        ["kind", "--data plants.csv --target kind --hidden 100 "],
        ["old", "--data plants.csv --target old --as classes --hidden 100 "],
      ] as const) {
        await page.getByLabel("column to predict").selectOption(target);
        await page.getByRole("button", { name: /^Train/ }).click();
        const found = await ended(page);
        expect(await page.locator("#train-command").textContent()).toContain(flags);
        const words = (await wordsOf(page)).map((text) => (text === "plants.csv" ? file : text));
        const { out } = await heaviside(...words, "--no-out", "--json");
        expect(numbersOf(found)).toEqual(numbersOf(JSON.parse(out)));
      }
      // Errors are the library's own sentences.
      const dropped = await page.evaluateHandle(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["height,kind\n1,rose\n2\n"], "broken.csv"));
        return transfer;
      });
      await page.getByRole("group", { name: "Data" }).dispatchEvent("drop", { dataTransfer: dropped });
      await page.getByText("data: broken.csv, line 3: there must be 2 cells, as the header has, received 1").waitFor();
      expect(said).toEqual([]);
    });

    test.runIf(hasFashion)(
      "trains on Fashion-MNIST to the numbers of the command line",
      { timeout: 120_000 },
      async () => {
        const { page, said } = await lab().open(
          "#train.data=fashion-mnist&train.limit=300&train.epochs=1&train.hidden=20&at=train",
        );
        await page.getByText("Fashion-MNIST: clothes, 28 × 28 pixels.").waitFor();
        await page.getByRole("button", { name: "Train", exact: true }).click();
        const found = await ended(page);
        const words = await wordsOf(page);
        expect(words.slice(0, 5)).toEqual(["train", "--data", "fashion-mnist", "--limit", "300"]);
        const { out } = await heaviside(...words, "--no-out", "--json");
        expect(numbersOf(found)).toEqual(numbersOf(JSON.parse(out)));
        expect(said).toEqual([]);
      },
    );

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
      await page.goto(`${lab().url}#train.limit=200&train.epochs=1&train.hidden=10&at=train`);
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await ended(page);
      await page.goto(`${lab().url}#train.limit=20000&train.epochs=500&train.hidden=10&at=train`);
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await soon(() => status.textContent()).toMatch(/^running, step [1-9]/);
      // Of trainings that are begun one after the other only the last one runs, and it can be stopped.
      const begin = page.locator("#train button.main");
      await begin.evaluate((button: HTMLElement) => [1, 2, 3].forEach(() => button.click()));
      await soon(() => status.textContent()).toMatch(/^running, step [1-9]/);
      await page.locator("#train").getByRole("button", { name: "Stop" }).click();
      await soon(() => status.textContent()).toMatch(/^stopped, step/);
      const stopped = await status.textContent();
      await page.waitForTimeout(500);
      expect(await status.textContent()).toBe(stopped);
      expect((await loadModel(await saved(page, /weights/))).model.layers).toHaveLength(2);
      expect(said).toEqual([]);
    });

    test("each network is that of its command, and blocks behind gates train to the library’s numbers", async () => {
      const { page, said } = await lab().open("#at=train", { at: lab().few.url });
      for (const settings of [
        "conv&train.features=2+3&train.dense=5&train.estimators=concrete:temperature=0.5",
        "conv&train.optimizer=momentum",
        "recurrent&train.cell=gru&train.units=4&train.gates=concrete:temperature=0.5&train.rate=0.01",
        "recurrent&train.cell=lif&train.samples=3",
        "gated-mlp&train.blocks=10&train.width=3&train.gater=8&train.open=0.3&train.samples=2",
      ]) {
        await page.goto(
          `${lab().few.url}#train.network=${settings}&train.limit=200&train.epochs=1&train.threads=1&at=train`,
        );
        await soon(() => page.locator("#train-network").inputValue()).toBe(settings.replace(/&.*/, ""));
        writeFileSync(join(lab().folder, "lab.json"), await saved(page, /config/));
        const byFile = await heaviside("train", "--config", join(lab().folder, "lab.json"), "--print-config");
        expect(byFile).toEqual(await heaviside(...(await wordsOf(page)), "--print-config"));
        expect(byFile.code).toBe(0);
      }
      await trained(page);
      const found = await ended(page);
      const own = JSON.parse(await readFile(join(lab().folder, "lab.json"), "utf8"));
      const config = resolveConfig({ ...own, data: { ...own.data, dir: lab().few.dir } }, "lab.json");
      const data = await datasetFor(config);
      const result = await trainWith(modelFor(config, data), data, { ...config.training, backend: "wasm", threads: 1 });
      expect(numbersOf(found)).toEqual(numbersOf({ ...result.toJSON() }));
      const { gates } = (found.test as { stochastic: { gates: { open: number }[] } }).stochastic;
      const shown = await page.locator("#train-scores .test td").last().textContent();
      expect(shown).toBe((100 * gates[0]!.open).toFixed(1));
      await page.getByRole("img", { name: /^Share of open gates/ }).waitFor();
      expect(said).toEqual([]);
    });

    test("rewinds to an epoch: its weights are saved, and the training continues from there", async () => {
      const { page, said } = await lab().open(
        "#train.limit=300&train.epochs=2&train.hidden=10&train.threads=1&at=train",
        { at: lab().few.url },
      );
      await trained(page);
      const whole = await ended(page);
      const words = [...(await wordsOf(page)), ...lab().few.words];
      const slider = page.locator("#train-rewind");
      await slider.fill("1");
      await page.locator("#train-scores .viewed").getByText("epoch 1").waitFor();
      await soon(() => page.getByText("Step 3.").count()).toBe(1);
      const run = join(lab().folder, "one-epoch");
      await heaviside(...words.map((word, i) => (words[i - 1] === "--epochs" ? "1" : word)), "--out", run, "--json");
      const wanted = await loadModel(await readFile(join(run, "checkpoint.safetensors")));
      expect((await loadModel(await saved(page, /weights/))).params).toEqual(wanted.params);

      const [goOn, status] = [page.getByRole("button", { name: "Continue from here" }), page.locator("#train-status")];
      await setTo(page, "learning rate", "0.2");
      await page.getByText("To continue, set back: learning rate 0.3.").waitFor();
      expect(await goOn.isDisabled()).toBe(true);
      await setTo(page, "learning rate", "0.3");
      await goOn.click();
      await soon(() => slider.getAttribute("aria-valuetext")).toBe("now, step 6");
      await soon(() => status.textContent()).toMatch(/^done/);
      expect(numbersOf(await ended(page))).toEqual(numbersOf(whole));

      await setTo(page, "epochs", "3");
      await slider.fill("2");
      await goOn.click();
      await soon(() => slider.getAttribute("aria-valuetext")).toBe("now, step 9");
      await soon(() => status.textContent()).toMatch(/^done/);
      expect(numbersOf(await ended(page))).toEqual(
        await numbersByCommand([...(await wordsOf(page)), ...lab().few.words]),
      );
      expect(said).toEqual([]);
    });

    test("keeps runs side by side, and a link trains them all again", async () => {
      const { page, said } = await lab().open(
        "#train.limit=300&train.epochs=1&train.hidden=10&train.threads=1&at=train",
        { at: lab().few.url },
      );
      await trained(page);
      await ended(page);
      const first = JSON.parse((await page.locator("[data-result]").getAttribute("data-result"))!);
      await page.getByRole("button", { name: "Keep this run" }).click();
      await setTo(page, "learning rate", "0.1");
      await trained(page);
      const numbers = () =>
        page
          .locator("#train-runs [data-numbers]")
          .evaluateAll((rows) =>
            rows.map((row) => [row.querySelector("th")!.innerText, JSON.parse(row.dataset.numbers!)]),
          );
      await soon(async () => (await numbers()).length).toBe(2);
      const second = await numbersByCommand([...(await wordsOf(page)), ...lab().few.words]);
      const check = async () => {
        const found = await numbers();
        expect(found.map(([name]) => name.trim())).toEqual(["1: learning rate 0.3", "2: learning rate 0.1"]);
        expect(found.map(([, result]) => numbersOf(result))).toEqual([numbersOf(first), second]);
      };
      await check();

      const again = await lab().open(new URL(page.url()).hash, { at: lab().few.url });
      await again.page.locator("#train-runs").waitFor();
      expect(await again.page.locator("#train-runs tbody tr").allInnerTexts()).toEqual([
        expect.stringMatching(/1: learning rate 0.3: not trained yet/),
        expect.stringMatching(/2: learning rate 0.1: not trained yet/),
      ]);
      await again.page.getByRole("button", { name: "Train all" }).click();
      await soon(() => again.page.locator("#train-runs [data-numbers]").count()).toBe(2);
      expect(await again.page.locator("#train-runs [data-numbers] td:nth-child(3)").allInnerTexts()).toEqual(
        await page.locator("#train-runs [data-numbers] td:nth-child(3)").allInnerTexts(),
      );
      await page.getByRole("button", { name: "remove run 1: learning rate 0.3" }).click();
      await soon(() => page.locator("#train-runs").count()).toBe(0);
      expect([...said, ...again.said]).toEqual([]);
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
