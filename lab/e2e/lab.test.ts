/** The page in a real browser: what holds for all of it, and the tests of each station. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { imageSets } from "../../src/lab/image-sets.ts";
import { type LabServer, serveLab } from "../../src/lab/server.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { putFewDigits } from "./few-digits.ts";
import { differenceOf } from "./likeness.ts";
import {
  buildInto,
  canOpen,
  faultsIn,
  type OpenOptions,
  openPage,
  pictureOf,
  soon,
  startBrowser,
  stationReady,
} from "./site.ts";
import { stationTests } from "./stations/index.ts";
import { watchedRuns } from "./stations/watch.ts";

let folder: string;
let site: string;
let server: LabServer;
let serverOfFew: LabServer;
let browser: Browser;
folderForAllTests((path) => {
  folder = path;
  site = join(folder, "site");
});

/** What a page says that shows a value it hasn't. */
const WRONG = /\b(?:undefined|NaN|null)\b|\[object /;

/** Settings with which every station is ready soon. */
const quick = `#${stationTests.flatMap(({ quick }) => (quick === "" ? [] : [quick])).join("&")}`;

/** How far a page has moved what it shows, by the browser's own measure; what follows an input doesn't count. */
const shiftIn = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((done) => {
        new PerformanceObserver((list) => {
          const shifts = list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[];
          done(shifts.reduce((sum, { value, hadRecentInput }) => sum + (hadRecentInput ? 0 : value), 0));
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => done(0), 500);
      }),
  );

describe.runIf(canOpen)("the lab in a browser [needs chromium and npm run lab:build]", () => {
  beforeAll(async () => {
    buildInto(site);
    const shown = { folder: site, kernels: "src/backends/wasm", host: "127.0.0.1", port: 0 };
    server = await serveLab({ ...shown, sets: imageSets(), watch: [watchedRuns] });
    const mnist = join(folder, "few");
    await putFewDigits(mnist);
    serverOfFew = await serveLab({ ...shown, sets: imageSets({ mnist }) });
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await serverOfFew?.close();
  });

  const open = async (hash = "", options: OpenOptions = {}) => {
    const opened = await openPage(browser, `${options.at ?? server.url}${hash}`, options);
    onTestFinished(() => opened.page.close());
    return opened;
  };
  const lab = () => ({
    url: server.url,
    few: { url: serverOfFew.url, dir: join(folder, "few"), words: ["--data-dir", join(folder, "few")] },
    ...{ site, folder, open },
  });

  test("weighs less than 300 kB at a first visit, without data and kernels, and has no script in the page", async () => {
    const weights = new Map(
      readdirSync(site, { recursive: true, encoding: "utf8" })
        // The words are a page of their own.
        .filter((name) => /\.(html|js|css|svg)$/.test(name) && name !== "words.html")
        .map((name) => [name, gzipSync(readFileSync(join(site, name))).length]),
    );
    const { page } = await open("", { at: "about:blank" });
    const asked = new Set(["index.html"]);
    page.on("request", (request) => asked.add(new URL(request.url()).pathname.slice(1)));
    await page.goto(server.url);
    await page.getByText("16,384 estimates each").waitFor();
    const bytes = [...asked].reduce((sum, name) => sum + (weights.get(name) ?? 0), 0);
    expect([...asked].some((name) => name.startsWith("assets/neuron-"))).toBe(true);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(300_000);
    // What reads a user's own files, or shows sweeps, is loaded when there are such.
    const ofAll = [...weights].filter(([name]) => !/(?:own|jpeg-decoder|sweeps)-[\w-]+\.js$/.test(name));
    expect(ofAll.reduce((sum, [, one]) => sum + one, 0)).toBeLessThan(312_000);
    expect([...weights.values()].reduce((sum, one) => sum + one, 0)).toBeLessThan(348_000);
    const html = readFileSync(join(site, "index.html"), "utf8");
    expect(html).toContain('http-equiv="Content-Security-Policy"');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
    expect(html).not.toMatch(/(src|href)="\//);
  });

  test("has a test for each station, in the order of the page", async () => {
    const { page } = await open();
    await page.locator(`#${stationTests.at(-1)!.id}`).waitFor();
    const found = await page.locator("main > section").evaluateAll((sections) => sections.map(({ id }) => id));
    expect(found).toEqual(stationTests.map(({ id }) => id));
  });

  test("has the network at once at a second visit, and trains it anew where what the browser remembers is damaged", {
    timeout: 120_000,
  }, async () => {
    const visit = async () => {
      const { page, said } = await open("#at=layer");
      await page.locator("#layer [data-undecided]").waitFor({ timeout: 60_000 });
      const undecided = await page.locator("#layer [data-undecided]").getAttribute("data-undecided");
      const started = await page.evaluate(() => (window as unknown as { started: string[] }).started);
      expect(said).toEqual([]);
      return { page, undecided, trained: started.includes("train") };
    };
    /** The sum of what is remembered, after something is done to it. */
    const sumIn = (page: Page, change: "nothing" | "damage") =>
      page.evaluate(async (change) => {
        const cache = await caches.open("heaviside-lab");
        const address = (await cache.keys()).find(({ url }) => url.endsWith("/binary"))!;
        const found = (await cache.match(address))!;
        const bytes = new Uint8Array(await found.arrayBuffer());
        bytes[bytes.length >> 1]! ^= 1;
        if (change === "damage") await cache.put(address, new Response(bytes, { headers: found.headers }));
        return found.headers.get("x-sum");
      }, change);
    const first = await visit();
    const sum = await soon(() => sumIn(first.page, "nothing"))
      .toMatch(/^[0-9a-f]{64}$/)
      .then(() => sumIn(first.page, "nothing"));
    const second = await visit();
    expect([second.trained, second.undecided]).toEqual([false, first.undecided]);
    await sumIn(second.page, "damage");
    const third = await visit();
    expect([third.trained, third.undecided]).toEqual([true, first.undecided]);
    await soon(async () => (await visit()).trained).toBe(false);
    expect(await sumIn(third.page, "nothing")).toBe(sum);
  });

  test("says what a browser lacks, and what in a link names a thing twice", async () => {
    const { page, said } = await open("#neuron.estimators=arm+arm");
    await page.getByText("with + between and none twice").waitFor();
    expect(said).toEqual([]);
    await page.addInitScript("delete window.ResizeObserver; delete window.Worker");
    await page.goto(`${server.url}?`);
    await page.getByText("can't run in this browser, which lacks Worker, ResizeObserver.").waitFor();
  });

  test("keeps the station of a link in view while those above it take their place, until the user scrolls", async () => {
    const { page } = await open("#at=train");
    const top = (id: string) =>
      page.locator(`#${id} h2`).evaluate((heading) => Math.round(heading.getBoundingClientRect().top));
    await page.locator("#layer.waits").waitFor({ state: "detached" });
    await page.locator("#draw.waits").waitFor({ state: "detached" });
    await soon(() => top("train")).toBe(80);
    await page.getByRole("link", { name: "See the network" }).click();
    await page.locator("#gradient.waits").waitFor({ state: "detached" });
    await soon(() => top("network")).toBe(80);
    await page.mouse.move(640, 400);
    await page.mouse.wheel(0, 300);
    await soon(() => top("network")).toBe(-220);
    await page.locator("main").evaluate((main) => (main.style.paddingTop = "1px"));
    await soon(() => top("network")).toBeLessThan(-150);
  });

  test("shows a room one station at a time, in larger type, and goes on by the keys of a presenter", async () => {
    const { page, said } = await open("#at=watch");
    await page.locator("#watch h2:focus").waitFor();
    await page.getByRole("link", { name: "For a projector" }).click();
    const shown = () => page.locator("main > section:visible").evaluateAll((sections) => sections.map(({ id }) => id));
    await soon(shown).toEqual(["watch"]);
    expect(await page.locator("html").evaluate((root) => getComputedStyle(root).fontSize)).toBe("20px");
    await page.evaluate(() => scrollTo(0, 0));
    await page.keyboard.press("PageUp");
    await soon(shown).toEqual(["cells"]);
    await page.locator("#cells:not(.waits) h2:focus").waitFor();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.keyboard.press("PageDown");
    await soon(shown).toEqual(["watch"]);
    await page.getByRole("link", { name: "← Neurons and cells" }).click();
    await soon(shown).toEqual(["cells"]);
    expect(page.url()).toContain("view=projector");
    await page.getByRole("link", { name: "All stations" }).click();
    await soon(shown).toEqual(stationTests.map(({ id }) => id));
    expect(page.url()).toMatch(/#at=cells$/);
    expect(said).toEqual([]);
  });

  test("says what its words mean, on a page of its own", async () => {
    const { page, said } = await open();
    await page.getByRole("link", { name: "Glossary" }).click();
    await page.getByText("Binary stochastic neuron: a neuron whose output is 1").waitFor();
    expect(await page.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual([
      "./index.html",
    ]);
    expect(said).toEqual([]);
  });

  test.each(stationTests)("$id looks like its picture in the docs", async (station) => {
    const { page } = await open(`#${station.picture}`);
    const found = await differenceOf(
      await pictureOf(page, station),
      readFileSync(`docs/pictures/lab-${station.id}.png`),
    );
    expect(await page.locator(`#${station.id}`).innerText()).not.toMatch(WRONG);
    // Fonts differ between machines, and some numbers with their speed.
    expect(found.height).toBeLessThan(0.05);
    expect(found.brightness).toBeLessThan(0.015);
  });

  for (const { id, tests } of stationTests) describe(id, () => tests(lab));

  test.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)("has no fault that axe finds, and nothing wider than the page: %s, %i px", async (colorScheme, width) => {
    const { page } = await open(quick, { colorScheme, width });
    for (const station of stationTests) await stationReady(page, station);
    // Where the page is wide, nothing moves when numbers come in.
    if (width === 1280) expect(await shiftIn(page)).toBeLessThan(0.02);
    for (const summary of await page.locator("summary").all()) await summary.click();
    expect(await faultsIn(page)).toEqual([]);
    expect(await page.locator("main").innerText()).not.toMatch(WRONG);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
});
