/**
 * A compiled call before any backend was started: the fastest one that is there, or one line that says why not. The built package, in every runtime.
 * And what the package loads on its first use.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAtOnce } from "../src/backends/at-once.ts";
import { nativeSets } from "../src/backends/testing/native.ts";
import libjpeg from "../src/data/images/libjpeg.json" with { type: "json" };
import type { FirstCalls } from "./e2e/first-call.js";
import { install } from "./support/installed.ts";
import { root } from "./support/repository.ts";

const fastest = nativeSets.length > 0 ? "native" : "wasm";
/** Settings under which there is nothing but the reference, nothing native, or everything. */
const reference = { HEAVISIDE_NATIVE: "/nowhere", HEAVISIDE_WASM_DIR: "/nowhere" };
const wasm = { HEAVISIDE_NATIVE: "/nowhere" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heaviside-first-"));
  install(folder);
  await writeFile(join(folder, "package.json"), '{ "type": "module", "dependencies": { "heaviside": "*" } }\n');
  await copyFile(`${root}test/e2e/first-call.js`, join(folder, "first-call.mjs"));
  const program = `
    import * as library from "heaviside/engine";
    import { firstCalls } from "./first-call.mjs";
    console.log(JSON.stringify(firstCalls(library)));`;
  await writeFile(join(folder, "program.mjs"), program);
  await writeFile(
    join(folder, "in-worker.mjs"),
    'import { Worker } from "node:worker_threads"; new Worker(new URL("program.mjs", import.meta.url));',
  );
  await writeFile(
    join(folder, "afterwards.mjs"),
    `import { existsSync, readdirSync } from "node:fs";
     import { mlp, predictor, save } from "heaviside";
     import { array, backend, compile, resident } from "heaviside/engine";
     const threads = () => existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0;
     const state = resident(array([1, 2]));
     const next = compile((x) => ({ state: x.mul(2), sum: x.sum() }));
     next(state);
     const model = mlp({ input: 1, hidden: [], classes: 2 });
     const before = threads();
     const predict = await predictor(save({ model, params: model.init(1).params }));
     const more = threads() - before;
     await predict.close();
     next(state);
     const chosen = await backend("wasm", { threads: 1 });
     console.log(JSON.stringify([state.backend.name, next(state).sum.item(), compile((x) => x)(array(1)).item(), chosen.name, more]));
     await chosen.close();`,
  );
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Heard extends FirstCalls {
  /** Lines of warnings. */
  readonly said: readonly string[];
}
async function firstCall(command: string, words: readonly string[], env: object = {}): Promise<Heard> {
  const { stdout, stderr } = await promisify(execFile)(command, words, {
    cwd: folder,
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  return { ...JSON.parse(stdout), said: stderr.split("\n").filter((line) => line.includes("heaviside")) };
}
const numbers = { values: [12, 8], double: ["float64", 0.2] };
const line =
  /heaviside: this runs on the reference backend, many times slower: none starts here without waiting \(native: .*; wasm backend: .*\); write "await backend\(\)" before the first call, or "await backend\("reference"\)" if that is meant$/;

describe("Node", () => {
  test.each(["program.mjs", "in-worker.mjs"])(
    "starts the fastest, then wasm, and says so where neither is: %s",
    async (program) => {
      const [all, without, none] = await Promise.all(
        [{}, wasm, reference].map((env) => firstCall(process.execPath, [program], env)),
      );
      expect(all).toEqual({ ...numbers, backend: fastest, said: [] });
      expect(without).toEqual({ ...numbers, backend: "wasm", said: [] });
      expect(none).toEqual({ ...numbers, backend: "reference", said: [expect.stringMatching(line)] });
    },
  );

  test("predicts on the same backend, and keeps what was put there when another is started", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["afterwards.mjs"], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual([fastest, 12, 1, "wasm", 0]);
  });
});

const others: Readonly<Record<string, { command: string; flags: readonly string[]; from: string }>> = {
  "Node 24": { command: `${root}test/node24/node_modules/node/bin/node`, flags: [], from: "node24" },
  Deno: {
    command: `${root}test/deno/node_modules/.bin/deno`,
    flags: ["run", "--quiet", "--allow-read", "--allow-env", "--allow-sys"],
    from: "deno",
  },
  Bun: { command: `${root}test/bun/node_modules/.bin/bun`, flags: ["run"], from: "bun" },
};
for (const [name, { command, flags, from }] of Object.entries(others))
  test.skipIf(!existsSync(command))(`${name} does the same [needs npm ci --prefix test/${from}]`, async () => {
    const [without, none] = await Promise.all(
      [wasm, reference].map((env) => firstCall(command, [...flags, "program.mjs"], env)),
    );
    expect(without).toEqual({ ...numbers, backend: "wasm", said: [] });
    expect(none).toEqual({ ...numbers, backend: "reference", said: [expect.stringMatching(line)] });
  });

test("the sources start what the package starts", async () => {
  const started = startAtOnce();
  if (typeof started === "string") throw new Error(started);
  expect(started.name).toBe(fastest);
  await started.close();
});

test("the package loads what reads JPEG files once there is one", async () => {
  const program = `
    import { loadDataset } from "heaviside/data";
    const { train } = await loadDataset("images", { dir: "photos" });
    console.log(JSON.stringify(train.fields.x.shape));`;
  await writeFile(join(folder, "photos.mjs"), program);
  for (const name of ["a", "b"]) {
    await mkdir(join(folder, "photos", name), { recursive: true });
    for (let i = 0; i < 3; i++)
      await writeFile(join(folder, "photos", name, `${i}.jpg`), Buffer.from(libjpeg.progressive.file, "base64"));
  }
  const { stdout } = await promisify(execFile)(process.execPath, ["photos.mjs"], { cwd: folder });
  expect(JSON.parse(stdout)).toEqual([4, 8, 8, 3]);
});
