import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { imageSets } from "../../src/lab/image-sets.ts";
import { filesOf, served } from "../../src/lab/site.ts";
import { chromium } from "../../test/e2e/browser-server.ts";
import type { StationTest } from "./stations/station.ts";

const lab = fileURLToPath(new URL("..", import.meta.url));

/** Whether the page can be built and opened: the packages of lab/ are installed, and there is a browser. */
export const canOpen = chromium !== undefined && existsSync(`${lab}node_modules/.package-lock.json`);

/** Builds the page into a folder. */
export function buildInto(folder: string): void {
  const vite = `${lab}node_modules/vite/bin/vite.js`;
  execFileSync(process.execPath, [vite, "build", lab, "--outDir", folder, "--logLevel", "error"], {
    env: { ...process.env, NODE_ENV: "production" },
  });
}

/** Starts the browser. */
export async function startBrowser(): Promise<Browser> {
  const { chromium: driver } = await import("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"];
  return driver.launch({ executablePath: chromium!, args });
}

/** What a page shows before long, on a busy machine too. */
export const soon = <T>(seen: () => T | Promise<T>, interval = 50) => expect.poll(seen, { timeout: 60_000, interval });

export interface OpenOptions {
  readonly colorScheme?: "light" | "dark";
  /** Of the window, in pixels. */
  readonly width?: number;
  /** The address of another server than the lab's. */
  readonly at?: string;
}

/** Keeps the names of the workers that the page starts. Text, since a function would be compiled with helpers that the page doesn't have. */
const NAMES = `
  window.started = [];
  window.Worker = class extends Worker {
    constructor(address, options) {
      super(address, options);
      started.push(options.name);
    }
  };
`;

let context: Promise<BrowserContext> | undefined;

/** A page, with everything that it and its workers say in the console. */
export async function openPage(
  browser: Browser,
  url: string,
  { colorScheme = "light", width = 1280 }: OpenOptions = {},
): Promise<{ page: Page; said: string[] }> {
  // One for all pages, so that the data are fetched once.
  context ??= browser.newContext();
  const page = await (await context).newPage();
  await page.emulateMedia({ reducedMotion: "reduce", colorScheme });
  await page.setViewportSize({ width, height: 800 });
  const said: string[] = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(error.message));
  await page.addInitScript(NAMES);
  await page.goto(url);
  return { page, said };
}

/** A station by itself: brought into the window, so that it begins, and made ready. */
export async function stationReady(page: Page, { id, ready }: StationTest): Promise<Locator> {
  const station = page.locator(`#${id}`);
  await station.waitFor();
  await station.evaluate((section) => section.scrollIntoView());
  await ready(page);
  return station;
}

/** What axe finds in a page as it is, or in a part of it. */
export async function faultsIn(page: Page, part = "html"): Promise<string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  return page.evaluate(async (part) => {
    const { axe } = window as unknown as {
      axe: { run(part: string): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    return (await axe.run(part)).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }, part);
}

/** A picture of a station, whole. */
export async function pictureOf(page: Page, station: StationTest): Promise<Buffer> {
  const shown = await stationReady(page, station);
  // It would lie over what is scrolled to below it.
  await page.locator("body > #app > header").evaluate((header) => (header.style.position = "static"));
  return shown.screenshot({ animations: "disabled" });
}

/** The page below a path of a server that sends no headers but the type, as a plain host of files does. */
export async function plainHost(folder: string, path: string): Promise<{ url: string; close(): Promise<void> }> {
  const [files, mnist] = [await filesOf(folder), await imageSets().mnist()];
  const server = createServer(async ({ url = "" }, response) => {
    const name = new URL(url, "http://localhost").pathname;
    const within = name.startsWith(path) ? `/${name.slice(path.length)}` : "";
    if (within === "/data/sets.json") return void response.end("{}");
    const image = mnist.get(within.replace(/^\/data\/mnist\/(.*)\.gz$/, "$1"));
    const file = files.get(within) ?? image;
    if (file === undefined) return void response.writeHead(404).end();
    response.setHeader("Content-Type", (await served(file, within)).type);
    response.end(await readFile(file));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
