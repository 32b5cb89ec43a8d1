// npm run lab:measure [-- --minutes N]: how fast the built page is there, how smooth it is and how fast it trains beside the command line, and with
// --minutes how much memory a page takes that trains, draws and is scrolled through for so long. It wants a quiet machine.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { imageSets } from "../src/lab/image-sets.ts";
import { serveLab } from "../src/lab/server.ts";
import { startBrowser } from "./e2e/site.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = join(root, "dist/lab");
const { values } = parseArgs({ options: { minutes: { type: "string" }, rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
const range = (all: readonly number[], digits = 0): string => {
  const [low, high] = [Math.min(...all), Math.max(...all)].map((x) => x.toFixed(digits));
  return `${median(all).toFixed(digits)} (${low} to ${high})`;
};
const say = (what: string, figure: string) => console.log(`${what.padEnd(52)} ${figure}`);

/** Bytes of the page's code as a server sends them, by name, without the page of words. */
const weights = new Map(
  readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(html|js|css|svg)$/.test(name) && name !== "words.html")
    .map((name) => [name, gzipSync(readFileSync(join(site, name))).length]),
);
const kB = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;

async function opened(browser: Browser, url: string, onRequest: (name: string) => void = () => {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on("request", (request) => onRequest(new URL(request.url()).pathname.slice(1)));
  await page.goto(url);
  return page;
}

/** A fresh browser's first visit: when something is painted, and when the first station answers. */
async function visit(browser: Browser, url: string): Promise<{ painted: number; answered: number; code: number }> {
  const asked = new Set(["index.html"]);
  const page = await opened(browser, url, (name) => asked.add(name));
  await page.locator("[data-exact]:not([data-exact='NaN'])").waitFor({ state: "attached" });
  const found = await page.evaluate(() => ({
    answered: performance.now(),
    painted: performance.getEntriesByName("first-contentful-paint")[0]!.startTime,
  }));
  await page.context().close();
  return { ...found, code: [...asked].reduce((sum, name) => sum + (weights.get(name) ?? 0), 0) };
}

const SETTINGS = { limit: 50_000, hidden: 400, epochs: 2 };

/** Text, since a function would be compiled with helpers that the page doesn't have. */
const WATCH = `
  window.seen = { frames: [], long: [] };
  new PerformanceObserver((list) => seen.long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  requestAnimationFrame(function frame(now) {
    seen.frames.push(now);
    requestAnimationFrame(frame);
  });
`;

/** A training in the page: examples a second, and how the page felt meanwhile. */
async function inPage(browser: Browser, url: string, threads: number) {
  const settings = Object.entries({ ...SETTINGS, threads }).map(([name, value]) => `train.${name}=${value}`);
  const page = await opened(browser, `${url}#${settings.join("&")}&at=train`);
  const button = page.getByRole("button", { name: "Train", exact: true });
  await button.waitFor();
  // Other stations that are near may still train their own network.
  await wait(8000);
  await page.evaluate(WATCH);
  await button.click();
  const row = page.locator("[data-result]");
  await row.first().waitFor({ state: "attached", timeout: 300_000 });
  const result: { examplesPerSecond: number } = JSON.parse((await row.first().getAttribute("data-result"))!);
  const { frames, long } = await page.evaluate(
    () => (window as unknown as { seen: { frames: number[]; long: number[] } }).seen,
  );
  await page.context().close();
  const gaps = frames.slice(1).map((at, i) => at - frames[i]!);
  const fps = (1000 * gaps.length) / (frames.at(-1)! - frames[0]!);
  return { speed: result.examplesPerSecond, fps, worst: Math.max(...gaps), long };
}

/** The same training by the command line. */
async function inNode(threads: number): Promise<number> {
  const options = Object.entries({ ...SETTINGS, estimator: "straight-through-slope", rate: 0.3, threads });
  const words = options.flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const args = ["bin/heaviside.js", "train", ...words, "--backend", "wasm", "--no-out", "--json"];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  await new Promise((done) => child.on("close", done));
  return JSON.parse(out).examplesPerSecond;
}

/** MB of all processes below this one, which are the browser's. */
function memoryOfBrowser(): number {
  const parents = new Map<number, number>();
  const resident = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry)))
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)![1]));
      resident.set(Number(name), Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  const isBelow = (pid: number): boolean => pid === process.pid || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  return [...resident].reduce((sum, [pid, kB]) => sum + (pid !== process.pid && isBelow(pid) ? kB : 0), 0) / 1024;
}

/** Keeps a page busy: it trains again and again, draws, and is scrolled through. */
async function stay(browser: Browser, url: string, minutes: number): Promise<void> {
  const page = await opened(browser, `${url}#train.limit=10000&train.epochs=20`);
  const sections = page.locator("main > section");
  const train = page.locator("#train button.main");
  const begun = performance.now();
  for (let minute = 0; minute <= minutes; minute++) {
    while (performance.now() - begun < minute * 60_000) {
      for (const section of await sections.all()) {
        await section.evaluate((element) => element.scrollIntoView());
        await wait(2000);
      }
      await train.click();
    }
    say(`memory after ${minute} minutes`, `${memoryOfBrowser().toFixed(0)} MB`);
  }
  await page.context().close();
}

const server = await serveLab({
  ...{ folder: site, kernels: join(root, "src/backends/wasm") },
  ...{ sets: imageSets(), host: "127.0.0.1", port: 0 },
});
const browser = await startBrowser();
try {
  if (values.minutes !== undefined) await stay(browser, server.url, Number(values.minutes));
  else {
    say("code of the page with all stations, gzipped", kB([...weights.values()].reduce((a, b) => a + b, 0)));
    const visits = [];
    for (let round = 0; round < rounds; round++) visits.push(await visit(browser, server.url));
    say("of it, what the first answer needs", kB(visits[0]!.code));
    say("first paint, ms", range(visits.map(({ painted }) => painted)));
    say("first answer, ms", range(visits.map(({ answered }) => answered)));
    for (const threads of [1, 2]) {
      const pairs = [];
      for (let round = 0; round < rounds; round++)
        pairs.push({ page: await inPage(browser, server.url, threads), node: await inNode(threads) });
      say(`examples/s in the page, threads ${threads}`, range(pairs.map(({ page }) => page.speed)));
      say(`examples/s in Node, threads ${threads}`, range(pairs.map(({ node }) => node)));
      say("the page's share of Node's", range(pairs.map(({ page, node }) => page.speed / node), 2)); // biome-ignore format: one line
      say("frames/s while it trains", range(pairs.map(({ page }) => page.fps)));
      say("longest time between two frames, ms", range(pairs.map(({ page }) => page.worst)));
      const long = pairs.flatMap(({ page }) => page.long);
      say("tasks over 50 ms", long.length === 0 ? "none" : `${long.length}, the longest ${Math.max(...long)} ms`);
    }
  }
} finally {
  await browser.close();
  await server.close();
}
