/** The page in a real browser: what it shows without a click, and that it trains to the command line's numbers. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heaviside } from "../../src/cli/testing.ts";
import { mnistFiles } from "../../src/lab/mnist.ts";
import { type LabServer, serveLab } from "../../src/lab/server.ts";
import { loadModel } from "../../src/predict/load-model.ts";
import { sigmoid } from "../../src/statistics/sigmoid.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { buildInto, canOpen, openPage, plainHost, startBrowser } from "./site.ts";

/** What a page shows before long, on a busy machine too. */
const soon = <T>(seen: () => T | Promise<T>, interval = 50) => expect.poll(seen, { timeout: 60_000, interval });

let folder: string;
let site: string;
let server: LabServer;
let browser: Browser;
folderForAllTests((path) => {
  folder = path;
  site = join(folder, "site");
});

describe.runIf(canOpen)("the lab in a browser [needs chromium and npm run lab:build]", () => {
  beforeAll(async () => {
    buildInto(site);
    server = await serveLab({
      folder: site,
      kernels: "src/backends/wasm",
      mnist: mnistFiles,
      host: "127.0.0.1",
      port: 0,
    });
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const open = (hash = "", options = {}) => openPage(browser, `${server.url}${hash}`, options);

  test("weighs less than 300 kB without data and kernels, and has no script in the page", () => {
    const files = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.(html|js|css|svg)$/.test(name),
    );
    const bytes = files.reduce((sum, name) => sum + gzipSync(readFileSync(join(site, name))).length, 0);
    expect(files.length).toBeGreaterThan(5);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
    const html = readFileSync(join(site, "index.html"), "utf8");
    expect(html).toContain('http-equiv="Content-Security-Policy"');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
    expect(html).not.toMatch(/(src|href)="\//);
  });

  /** The numbers of the table, once all estimates are made. */
  async function means(page: Page): Promise<{ exact: number; of: Record<string, { mean: number; error: number }> }> {
    await page.getByText("16,384 estimates each").waitFor();
    const exact = Number(await page.locator("[data-exact]").getAttribute("data-exact"));
    const rows = await page.locator("#neuron-means tr[data-name]").all();
    const of: Record<string, { mean: number; error: number }> = {};
    for (const row of rows) {
      const [name, mean, error] = await Promise.all(
        ["data-name", "data-mean", "data-error"].map((attribute) => row.getAttribute(attribute)),
      );
      of[name!] = { mean: Number(mean), error: Number(error) };
    }
    return { exact, of };
  }

  test("shows without a click the exact gradient, and which estimates have it as their mean", async () => {
    const { page, said } = await open();
    const [a, t, p] = [1, 0.3, sigmoid(1)];
    const { exact, of } = await means(page);
    // E = p(1 − t)² + (1 − p)t², whose derivative is σ′(a)(1 − 2t).
    expect(exact).toBeCloseTo(p * (1 - p) * (1 - 2 * t), 6);
    // What each estimator's mean is, by hand; the seed is fixed, and 2.6 times the interval is five standard errors.
    const slope = p * (1 - p);
    const wanted = {
      "score-function": exact,
      disarm: exact,
      "straight-through": 2 * (p - t),
      "straight-through-slope": slope * 2 * (p - t),
    };
    for (const [name, mean] of Object.entries(wanted)) {
      expect(of[name]!.error, name).toBeGreaterThan(0);
      expect(Math.abs(of[name]!.mean - mean), name).toBeLessThan(2.6 * of[name]!.error);
    }
    expect(Object.keys(of)).toEqual([...Object.keys(wanted), "straight-through-gumbel"]);
    // As many coins fire as lie below p.
    const coins = page.locator("#neuron circle[style*='animation-delay']");
    expect(await coins.count()).toBe(100);
    const fired = await page.locator("#neuron circle.on").count();
    expect(Math.abs(fired - 100 * p)).toBeLessThan(25);
    await expect(page.getByRole("heading", { name: `${fired} of 100 draws fire` }).count()).resolves.toBe(1);
    expect(a).toBe(Number(await page.getByLabel("a, what it receives").inputValue()));
    expect(said).toEqual([]);
  });

  test("follows the keyboard, keeps all in the address, and goes back", async () => {
    const { page, said } = await open();
    const slider = page.getByLabel("a, what it receives");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForURL("**/#neuron.a=1.1");
    await page.getByRole("button", { name: "Draw again" }).click();
    await page.waitForURL("**/#neuron.a=1.1&neuron.seed=2");
    await page.getByRole("checkbox", { name: "straight-through", exact: true }).uncheck();
    await soon(() => page.url()).toContain("estimators=score-function+disarm+straight-through-slope+");
    await soon(() => page.locator("tr[data-name='straight-through']").count()).toBe(0);
    await page.goBack();
    await soon(() => page.locator("tr[data-name='straight-through']").count()).toBe(1);
    await page.goBack();
    await page.goBack();
    await soon(() => slider.inputValue()).toBe("1");
    await page.goForward();
    await soon(() => slider.inputValue()).toBe("1.1");
    expect(said).toEqual([]);
  });

  test("a link restores an experiment, and says what in it breaks a rule", async () => {
    const { page, said } = await open(
      "#neuron.a=-2.5&neuron.estimators=arm+reinmax&train.hidden=30+20&train.estimators=disarm+concrete:temperature=0.5&train.rate=0.05&train.seed=7&train.limit=nine&at=train",
    );
    expect(await page.getByLabel("a, what it receives").inputValue()).toBe("-2.5");
    expect(Object.keys((await means(page)).of)).toEqual(["arm", "reinmax"]);
    expect(await page.getByLabel("layer 2: units").inputValue()).toBe("20");
    expect(await page.getByLabel("seed").inputValue()).toBe("7");
    expect(await page.locator("#train-command").textContent()).toMatch(
      /^npx heaviside train --limit 10000 --hidden 30,20 --estimator disarm,concrete:temperature=0\.5 --rate 0\.05 --batch 100 --epochs 5 --seed 7 --backend wasm --threads \d+$/,
    );
    await page
      .getByText(
        "The link's train.limit must be a whole number from 1 to 50000; it is “nine”, so the first value is used.",
      )
      .waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("train-title");
    expect(said).toEqual([]);
  });

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

  test("trains to the numbers and weights of the command line, with pauses between", { timeout: 180_000 }, async () => {
    const { page, said } = await open(
      "#train.limit=2000&train.epochs=2&train.hidden=60+40&train.threads=2&train.test=epoch",
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

    const run = join(folder, "run");
    const words = await wordsOf(page);
    const { code, out } = await heaviside(...words, "--out", run, "--json");
    expect(code).toBe(0);
    expect(numbersOf(found)).toEqual(numbersOf(JSON.parse(out)));
    expect(found.test).not.toEqual(found.valid);

    const bytes = await saved(page, /weights/);
    const [of, wanted] = [await loadModel(bytes), await loadModel(await readFile(join(run, "checkpoint.safetensors")))];
    expect(of.params).toEqual(wanted.params);

    writeFileSync(join(folder, "lab.json"), await saved(page, /config/));
    const byFile = await heaviside("train", "--config", join(folder, "lab.json"), "--print-config");
    expect(byFile).toEqual(await heaviside(...words, "--print-config"));
    expect(said).toEqual([]);
  });

  test("says what is wrong where it can't train, and trains afterwards", async () => {
    const { page, said } = await open("#train.limit=200&train.epochs=100000&train.batch=1");
    await page.getByText("train.epochs must be a whole number from 1 to 1000").waitFor();
    await page.getByLabel("epochs").first().fill("0");
    await page.getByLabel("epochs").first().press("Tab");
    expect(await page.getByLabel("epochs").first().getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("epochs").first().fill("1000");
    await page.getByLabel("examples", { exact: true }).fill("50000");
    await page.getByLabel("seed").focus();
    await page.getByRole("button", { name: "Train", exact: true }).click();
    const status = page.locator("#train-status");
    await soon(() => status.textContent()).toBe(
      "failed: lab: a training here has at most 500000 steps, this one would have 50000000",
    );
    await page.goto(`${server.url}#train.limit=200&train.epochs=1&train.hidden=10`);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await ended(page);
    await page.goto(`${server.url}#train.limit=20000&train.epochs=500&train.hidden=10`);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await soon(() => status.textContent()).toMatch(/^running, step [1-9]/);
    await page.getByRole("button", { name: "Stop" }).click();
    await soon(() => status.textContent()).toMatch(/^stopped, step/);
    expect((await loadModel(await saved(page, /weights/))).model.layers).toHaveLength(2);
    expect(said).toEqual([]);
  });

  test("works below any path without isolation, with one thread, and says so", { timeout: 180_000 }, async () => {
    const host = await plainHost(site, "/a/lab/");
    try {
      const { page, said } = await openPage(browser, `${host.url}#train.limit=500&train.epochs=1&train.hidden=50`);
      await page.getByText("One thread: this page is not cross-origin isolated").waitFor();
      expect((await means(page)).exact).toBeGreaterThan(0);
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

  test.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)("has no fault that axe finds, and nothing wider than the page: %s, %i px", async (colorScheme, width) => {
    const { page } = await open("#train.limit=300&train.epochs=1&train.hidden=10+10", {
      colorScheme,
      width,
    });
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await ended(page);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    const found = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    });
    expect(found).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  test("moves nothing when numbers come in", async () => {
    const { page } = await open("#train.limit=300&train.epochs=1&train.hidden=10");
    await means(page);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await ended(page);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((done) => {
          new PerformanceObserver((list) => {
            const shifts = list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[];
            done(shifts.reduce((sum, { value, hadRecentInput }) => sum + (hadRecentInput ? 0 : value), 0));
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(0), 500);
        }),
    );
    expect(shift).toBeLessThan(0.02);
  });
});
