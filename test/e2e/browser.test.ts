/** The built package in a real browser: threads where the page is cross-origin isolated, one thread where it isn't, Node's numbers in both. */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasm.ts";
import { inputAndClasses } from "../../src/data/dataset.ts";
import * as engine from "../../src/entries/engine.ts";
import * as library from "../../src/index.ts";
import { toyData } from "../../src/train/testing.ts";
import { chromium } from "./browser-server.ts";
import type { FirstCalls } from "./first-call.js";
import { type Reading, read } from "./gated.js";
import { type Site, site } from "./site.ts";
import { train } from "./train.js";

interface Report {
  /** Compiled calls before a backend was started, in the page and in a worker of it, and the warnings that they gave. */
  readonly first: FirstCalls & { said: string[] };
  readonly inWorker: FirstCalls & { said: string[] };
  readonly error?: string;
  readonly isolated: boolean;
  readonly info: { threads: number; instructionSet: string; note?: string };
  readonly losses: number[];
  readonly weights: number[];
}

let pages: Site;
const open = async (path: string): Promise<Report> => (await pages.open(path)) as Report;

beforeAll(async () => {
  if (chromium) pages = await site();
}, 120_000);

afterAll(async () => {
  if (chromium) await pages.close();
});

/** The same training in Node. */
async function onNode(): Promise<{ losses: number[]; weights: number[] }> {
  const backend = await wasmBackend({ threads: 1 });
  const result = train(engine, backend);
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
  for (const { said, ...first } of [seen.first, seen.inWorker]) {
    expect(first).toEqual({ values: [12, 8], double: ["float64", 0.2], backend: "reference" });
    expect(said).toEqual([
      'heaviside: this runs on the reference backend, many times slower: none was started, and in a browser a compiled call can\'t wait for one; write "await backend()" before the first call, or "await backend("reference")" if that is meant',
    ]);
  }
});

needsBrowser(
  "a network with gates that Node trained is read with Node's scores, bit for bit, and never touches blocks that are closed [needs chromium]",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "heaviside-gated-"));
    const data = toyData();
    const backend = await wasmBackend({ threads: 1 });
    const model = library.gatedMlp({
      ...inputAndClasses(data),
      gated: [{ blocks: 40, width: 9, activation: "tanh", gate: "straight-through", open: 0.1 }],
    });
    await library.train(model, data, { epochs: 2, batch: 10, backend, runFolder: join(folder, "run") });
    const checkpoint = join(folder, "run", "checkpoint.safetensors");
    const bytes = await readFile(checkpoint);
    const wanted = read({ ...library, ...engine }, backend, bytes);
    await copyFile(checkpoint, join(pages.given, "checkpoint.safetensors"));
    await backend.close();
    await rm(folder, { recursive: true });

    // Some blocks are closed for all examples, some are open, and the scores are not all the same.
    expect(wanted.closed).toBeGreaterThan(5);
    expect(wanted.closed).toBeLessThan(wanted.blocks);
    expect(new Set(wanted.scores).size).toBeGreaterThan(5);
    for (const path of ["/isolated/gated.html", "/plain/gated.html"]) {
      const seen = (await pages.open(path)) as Reading & { error?: string };
      expect(seen.error).toBeUndefined();
      expect(seen.scores).toEqual(wanted.scores);
      expect(seen.closed).toBe(wanted.closed);
      expect(seen.poisoned).toEqual(wanted.scores);
    }
  },
);
