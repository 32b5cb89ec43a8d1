/** The packed library, bundled for the browser by the bundlers that people use, in a real browser. */

import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasm.ts";
import * as library from "../../src/index.ts";
import { chromium, type Server, serve } from "../e2e/browser-server.ts";
import { learn, type Seen } from "../e2e/learn.js";
import { installPacked } from "../support/packed.ts";
import { root } from "../support/repository.ts";
import { bundlers } from "./bundlers.js";

const pages = `${root}test/bundlers/pages/`;
const isHere = chromium !== undefined && existsSync(`${root}test/bundlers/node_modules`);

interface Wanted {
  /** What the pages have to report: the numbers of Node. */
  readonly seen: Seen;
  readonly inference: { readonly one: number[]; readonly passes: number[] };
}
let folder: string;
let bytes: Uint8Array;
let wanted: Wanted;
let server: Server;
/** Which project is served, and whether isolated. */
let served: { readonly project: string; readonly isolated: boolean };

beforeAll(async () => {
  if (!isHere) return;
  folder = await mkdtemp(join(tmpdir(), "heaviside-bundlers-"));
  installPacked(folder);
  const backend = await wasmBackend({ threads: 1 });
  const learned = await learn(library, backend);
  bytes = learned.bytes;
  const predict = await library.predictor(bytes, { backend });
  const x = Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(1 + i)));
  wanted = {
    seen: learned.seen,
    inference: {
      one: [...predict(x).probabilities],
      passes: [...predict(x, { passes: 20, seed: 3 }).probabilities],
    },
  };
  await backend.close();
  server = await serve({
    isIsolated: () => served.isolated,
    fileOf: (path) => join(served.project, "dist", path === "/" ? "index.html" : path),
  });
}, 120_000);

afterAll(async () => {
  if (!isHere) return;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A project with one of the pages, built by a bundler: its folder, and what the bundler warns of. */
async function built(name: string, page: string): Promise<{ project: string; warnings: string[] }> {
  const { build, copies } = bundlers[name]!;
  const project = join(folder, `${name}-${page}`);
  await mkdir(join(project, "src"), { recursive: true });
  await cp(`${pages}index.html`, join(project, "index.html"));
  await cp(`${root}test/e2e/learn.js`, join(project, "src/learn.js"));
  const program = await readFile(`${pages}${page}.js`, "utf8");
  const options = "const options = {};";
  expect(program).toContain(options);
  // How a page says where the kernels are, for bundlers that copy no files.
  const given = copies ? program : program.replace(options, 'const options = { wasm: "wasm/" };');
  await writeFile(join(project, "src/index.js"), given);
  const warnings = await build(project);
  await writeFile(join(project, "dist/model.safetensors"), bytes);
  return { project, warnings };
}

/** Words of the trainer, of an estimator's card and of an optimizer. */
const TRAINING = ["silent units hardly learn", "Bengio, L", "momentum"];

/** Which of those words are in the scripts that the page asked for. */
async function trainingIn(project: string): Promise<string[]> {
  const asked = server.requested.filter((path) => path.endsWith(".js"));
  const texts = await Promise.all(asked.map((path) => readFile(join(project, "dist", path), "utf8")));
  return TRAINING.filter((words) => texts.some((text) => text.includes(words)));
}
const kernels = (): string[] => server.requested.filter((path) => path.endsWith(".wasm"));

const needsBundlers = isHere ? test : test.skip;

describe.each(Object.keys(bundlers))("%s", (name) => {
  needsBundlers(
    "bundles heaviside/inference: Node's numbers, one wasm file, no code that trains [needs chromium and npm install --prefix test/bundlers]",
    async () => {
      const { project, warnings } = await built(name, "inference");
      expect(warnings).toEqual([]);
      served = { project, isolated: false };
      expect(await server.open("/")).toEqual(wanted.inference);
      expect(kernels()).toHaveLength(1);
      expect(await trainingIn(project)).toEqual([]);
    },
  );

  needsBundlers(
    "bundles heaviside: trains with two threads where the page is isolated, with one where it isn't [needs chromium and npm install --prefix test/bundlers]",
    async () => {
      const { project, warnings } = await built(name, "train");
      expect(warnings).toEqual([]);
      for (const isolated of [true, false]) {
        served = { project, isolated };
        expect(await server.open("/")).toEqual({ threads: isolated ? 2 : 1, ...wanted.seen });
        expect(kernels()).toHaveLength(1);
        expect(await trainingIn(project)).toEqual(TRAINING);
      }
    },
  );
});
