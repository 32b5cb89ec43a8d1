/** The packed library in every runtime that it supports: each trains and predicts, with the numbers of this one. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasm.ts";
import * as library from "../../src/index.ts";
import { learn, type Seen } from "../e2e/learn.js";
import { installPacked } from "../support/packed.ts";
import { root } from "../support/repository.ts";

/** A runtime's program, with what stands before the script, the folder of test/ that brings it, and whether it has relaxed SIMD. */
const runtimes: Readonly<
  Record<string, { command: string; flags?: readonly string[]; from?: string; relaxed?: boolean }>
> = {
  "the oldest supported Node": { command: process.execPath },
  "Node 22": { command: `${root}test/node22/node_modules/node/bin/node`, from: "node22" },
  "Node 24": { command: `${root}test/node24/node_modules/node/bin/node`, from: "node24" },
  Deno: {
    command: `${root}test/deno/node_modules/.bin/deno`,
    flags: ["run", "--quiet", "--allow-read", "--allow-write=.", "--allow-env", "--allow-sys"],
    from: "deno",
  },
  Bun: { command: `${root}test/bun/node_modules/.bin/bun`, flags: ["run"], from: "bun", relaxed: false },
};

let folder: string;
interface Numbers {
  readonly threads: number;
  readonly seen: Seen;
  readonly inference: readonly number[];
}
/** With fused multiply-adds, and without. */
let wanted: { readonly relaxed: Numbers; readonly plain: Numbers };

async function numbers(relaxed: boolean): Promise<Numbers> {
  const backend = await wasmBackend({ threads: 1, relaxed });
  const { bytes, seen } = await learn(library, backend);
  const predict = await library.predictor(bytes, { backend });
  const x = Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(1 + i)));
  const inference = [...predict(x).probabilities];
  await backend.close();
  return { threads: 2, seen, inference };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-runtimes-"));
  installPacked(folder);
  for (const file of ["runtimes/program.js", "e2e/learn.js"])
    await copyFile(`${root}test/${file}`, join(folder, file.split("/")[1]!));
  await writeFile(join(folder, "package.json"), '{ "type": "module", "dependencies": { "heaviside": "*" } }\n');
  wanted = { relaxed: await numbers(true), plain: await numbers(false) };
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

for (const [name, { command, flags = [], from, relaxed = true }] of Object.entries(runtimes)) {
  const needs = from ? ` [needs npm ci --prefix test/${from}]` : "";
  test.skipIf(!existsSync(command))(`${name} trains with two threads and predicts${needs}`, async () => {
    const { stdout, stderr } = await promisify(execFile)(command, [...flags, "program.js", "model.safetensors"], {
      cwd: folder,
      timeout: 60_000,
    });
    expect(JSON.parse(stdout)).toEqual(wanted[relaxed ? "relaxed" : "plain"]);
    expect(stderr).toBe("");
  });
}
