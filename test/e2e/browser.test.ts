/** The built package in a real browser: threads where the page is cross-origin isolated, one thread where it isn't, Node's numbers in both. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasm.ts";
import * as library from "../../src/index.ts";
import { train } from "./train.js";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const types: Record<string, string> = { ".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm" };

interface Report {
  readonly error?: string;
  readonly isolated: boolean;
  readonly info: { threads: number; instructionSet: string; note?: string };
  readonly losses: number[];
  readonly weights: number[];
}

let folder: string;
let server: Server;
let report: (value: Report) => void = () => {};

beforeAll(async () => {
  if (!chromium) return;
  folder = await mkdtemp(join(tmpdir(), "heaviside-e2e-"));
  execFileSync(process.execPath, ["scripts/build.js", join(folder, "dist")]);
  server = createServer(async ({ url = "/", method }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (method === "GET" && pathname === "/report") {
      report(JSON.parse(searchParams.get("value")!));
      response.end();
      return;
    }
    // Only the isolated page gets the headers that let workers share memory.
    if (pathname.startsWith("/isolated"))
      response
        .setHeader("Cross-Origin-Opener-Policy", "same-origin")
        .setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const path = pathname.replace(/^\/(isolated|plain)\//, "/");
    const file = path.startsWith("/dist/") ? join(folder, path) : resolve("test/e2e", `.${path}`);
    try {
      const body = await readFile(file);
      response.setHeader("Content-Type", types[extname(file)] ?? "text/plain").end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
}, 120_000);

afterAll(async () => {
  if (!chromium) return;
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a page and gives what it reports. */
async function open(path: string): Promise<Report> {
  const profile = await mkdtemp(join(tmpdir(), "heaviside-profile-"));
  const { port } = server.address() as AddressInfo;
  const flags =
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage";
  const browser = spawn(
    chromium!,
    [...flags.split(" "), `--user-data-dir=${profile}`, `http://127.0.0.1:${port}${path}`],
    {
      stdio: "ignore",
    },
  );
  try {
    return await new Promise<Report>((done, failed) => {
      report = done;
      browser.on("exit", (code) => failed(new Error(`the browser ended with code ${code} before the page reported`)));
    });
  } finally {
    const ended = new Promise((done) => browser.on("exit", done));
    browser.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The same training in Node. */
async function onNode(): Promise<{ losses: number[]; weights: number[] }> {
  const backend = await wasmBackend({ threads: 1 });
  const result = train(library, backend);
  await backend.close();
  return result;
}

const needsBrowser = chromium ? test : test.skip;

needsBrowser(
  "a cross-origin isolated page trains with threads and gets Node's numbers, bit for bit [needs chromium]",
  async () => {
    const seen = await open("/isolated/page.html");
    expect(seen.error).toBeUndefined();
    expect(seen.isolated).toBe(true);
    expect(seen.info.threads).toBe(2);
    const wanted = await onNode();
    expect(seen.losses).toEqual(wanted.losses);
    expect(seen.weights).toEqual(wanted.weights);
  },
);

needsBrowser("any other page trains with one thread, says so, and gets the same numbers [needs chromium]", async () => {
  const seen = await open("/plain/page.html");
  expect(seen.error).toBeUndefined();
  expect(seen.isolated).toBe(false);
  expect(seen.info.threads).toBe(1);
  expect(seen.info.note).toMatch(/cross-origin isolated/);
  expect(seen.weights).toEqual((await onNode()).weights);
});
