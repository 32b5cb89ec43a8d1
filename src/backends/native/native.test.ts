import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { full } from "../../../test/support/full.ts";
import { install } from "../../../test/support/installed.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { UserError } from "../../errors.ts";
import { array, gather, matmul, NdArray, type Tensor } from "../../graph/index.ts";
import { allNativeSets, nativeSets } from "../testing/native.ts";
import { type NativeBackend, nativeBackend } from "./native.ts";

const root = new URL("../../../", import.meta.url);

const node = (args: string[], { env = {}, cwd = root }: { env?: Record<string, string>; cwd?: URL | string } = {}) =>
  spawnSync(process.execPath, args, { cwd, encoding: "utf8", timeout: 60_000, env: { ...process.env, ...env } });

/** Where heaviside is installed: a thread or a process that imports the bundle starts in a fraction of the sources' time. */
const cwd = mkdtempSync(join(tmpdir(), "heaviside-native-"));
beforeAll(() => install(cwd));
afterAll(() => rmSync(cwd, { recursive: true }));

describe("without the add-on", () => {
  const bin = "node_modules/heaviside/bin/heaviside.js";
  const elsewhere = { HEAVISIDE_NATIVE: "/nowhere/heaviside.node" };

  test("auto is wasm, with a note that says why", () => {
    const { stdout } = node(
      [
        "--input-type=module",
        "--eval",
        'import { backend } from "heaviside"; console.log(JSON.stringify((await backend()).info()))',
      ],
      { env: elsewhere, cwd },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      name: "wasm",
      note: "native: HEAVISIDE_NATIVE must name an add-on, received /nowhere/heaviside.node",
    });
  });

  test("auto is refused where a precision is asked for that wasm hasn't got", () => {
    const { status, stderr } = node([bin, "train", "--precision", "bfloat16"], { env: elsewhere, cwd });
    expect(status).toBe(1);
    expect(stderr.trim()).toBe(
      "heaviside: native: HEAVISIDE_NATIVE must name an add-on, received /nowhere/heaviside.node",
    );
  });

  test("native by name is refused in one sentence", () => {
    const { status, stderr } = node([bin, "train", "--backend", "native"], { env: elsewhere, cwd });
    expect(status).toBe(1);
    expect(stderr.trim()).toBe(
      "heaviside: native: HEAVISIDE_NATIVE must name an add-on, received /nowhere/heaviside.node",
    );
  });

  test("another library's add-on is refused", () => {
    const folder = fileURLToPath(new URL("node_modules/@resvg/", root));
    const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => path.endsWith(".node"))!;
    const env = { HEAVISIDE_NATIVE: join(folder, file) };
    const { stderr } = node([bin, "train", "--backend", "native"], { env, cwd });
    expect(stderr).toMatch(/^heaviside: native: the add-on doesn't load here: .* is another library's\n$/);
  });

  test("a file that is no add-on is refused with the loader's reason", () => {
    const env = { HEAVISIDE_NATIVE: new URL("package.json", root).pathname };
    const { stderr } = node([bin, "train", "--backend", "native"], { env, cwd });
    expect(stderr).toMatch(/^heaviside: native: the add-on doesn't load here: /);
  });
});

describe.skipIf(nativeSets.length === 0)("native", () => {
  test("the add-on is what the sources build to", () => {
    // Where it comes from elsewhere, there is nothing to compare.
    if (process.env.HEAVISIDE_NATIVE) return;
    expect(node(["native/build.js", "--check"]).stdout).toContain("is what the sources build to");
  });

  test("bad options are refused by name, rule and value", async () => {
    await expect(nativeBackend({ threads: 0 })).rejects.toThrow(
      new UserError("threads: must be a whole number from 1 to 64, received 0"),
    );
    await expect(nativeBackend({ instructionSet: "sse9" })).rejects.toThrow(
      `native: instructionSet must be one of ${allNativeSets.join(", ")} on this processor, received "sse9"`,
    );
    await expect(nativeBackend({ precision: "half" as never })).rejects.toThrow(
      new UserError('native: precision must be one of float32, bfloat16, received "half"'),
    );
  });

  test.each(nativeSets)(
    "%s in bfloat16: what it is rounded by is told, and where that is slow",
    async (instructionSet) => {
      const backend = await nativeBackend({ threads: 1, instructionSet, precision: "bfloat16" });
      const { instructionSet: title, note } = backend.info();
      expect(title).toMatch(/, bfloat16 products( by AMX)?$/);
      expect(note !== undefined).toBe(!title.endsWith("by AMX"));
      // 1 + 2⁻⁹ has 10 significant bits.
      const x = new NdArray(new Float32Array(64 * 64).fill(1 + 2 ** -9), [64, 64]);
      expect(compile((a: Tensor) => matmul(a, a), { backend })(x).data[0]).toBe(64);
      expect(compile((a: Tensor) => matmul(a, a).mul(a), { backend })(x).data[0]).toBe(64 * (1 + 2 ** -9));
      const exact = await nativeBackend({ threads: 1, instructionSet });
      expect(exact.info()).toEqual({ name: "native", threads: 1, instructionSet: title.replace(/, bfloat16.*/, "") });
      expect(compile((a: Tensor) => matmul(a, a), { backend: exact })(x).data[0]).toBe(64 * (1 + 2 ** -9) ** 2);
      await Promise.all([backend.close(), exact.close()]);
    },
  );

  test("an index out of range is reported, and the next run is sound", async () => {
    const backend = await nativeBackend({ threads: 2 });
    const pick = compile((table: Tensor, index: Tensor) => gather(table.add(1), index), { backend });
    const table = array(Float32Array.from({ length: 50_000 }, (_, i) => i));
    expect(() => pick(table, array(Int32Array.of(50_000)))).toThrow(/0 to 49999, received 50000/);
    expect(pick(table, array(Int32Array.of(49_999))).item()).toBe(50_000);
    await backend.close();
  });

  test("threads that wait don't keep a process from ending", () => {
    // Nothing is closed.
    const program = `
      import { backend, compile, mean, mul, NdArray } from "heaviside/engine";
      const x = new NdArray(new Float32Array(300_000).fill(2), [300_000]);
      const native = await backend("native", { threads: 3 });
      console.log(compile((t) => mean(mul(t, t)), { backend: native })(x).item());`;
    const { status, stdout, signal } = node(["--input-type=module", "--eval", program], { cwd });
    expect([status, signal, stdout.trim()]).toEqual([0, null, "4"]);
  });

  test("engines in several threads of one process know nothing of each other", async () => {
    const results = await Promise.all(
      [1, 2, 3].map(
        (n) =>
          new Promise((resolve, reject) => {
            const program = `
              const { workerData, parentPort } = require("node:worker_threads");
              import(workerData.heaviside).then(async ({ backend, compile, NdArray }) => {
                const native = await backend("native", { threads: 2 });
                const run = compile((x) => x.matmul(x).sum(), { backend: native });
                const x = new NdArray(new Float32Array(200 * 200).fill(workerData.n), [200, 200]);
                let sum = 0;
                for (let i = 0; i < 50; i++) sum += run(x).item();
                parentPort.postMessage(sum);
              });`;
            const heaviside = pathToFileURL(join(cwd, "node_modules/heaviside/dist/engine.js")).href;
            const worker = new Worker(program, { eval: true, workerData: { n, heaviside } });
            worker.once("message", (sum) => worker.terminate().then(() => resolve(sum)));
            worker.once("error", reject);
          }),
      ),
    );
    expect(results).toEqual([1, 2, 3].map((n) => 50 * n * n * 200 ** 3));
  });

  test.skipIf(!["x64", "arm64"].includes(process.arch))(
    "results too small to be normal are 0 on every thread, and JavaScript keeps its own",
    async () => {
      const backend = await nativeBackend({ threads: 3 });
      const decay = compile((v: Tensor) => ({ state: v.mul(0.9) }), { backend });
      const small = new NdArray(new Float32Array(300_000).fill(1.2e-38), [300_000]);
      const velocity = resident(small, { backend });
      // Workers take part once they have started.
      await new Promise((resume) => setTimeout(resume, 100));
      for (let i = 0; i < 30; i++) {
        velocity.write(small);
        decay(velocity);
        expect(velocity.read().data.every((v) => v === 0)).toBe(true);
      }
      expect(Math.fround(velocity.read().data[0]! + 1e-40)).toBeGreaterThan(0);
      expect(Number.MIN_VALUE * (1 + velocity.read().data[0]!)).toBe(5e-324);
      await backend.close();
    },
  );

  test.skipIf(!full)("memory of arrays and plans that nobody holds is used again", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const backend = (await nativeBackend({ threads: 1 })) as NativeBackend;
    const big = (): void => {
      const s = resident(NdArray.zeros([1000, 1000]), { backend });
      compile((t: Tensor) => ({ state: t.mul(2) }), { backend })(s);
    };
    for (let i = 0; i < 60; i++) {
      big();
      gc();
      await new Promise((resume) => setTimeout(resume, 1)); // finalizers run between tasks
    }
    // 60 arrays of 4 MB would be 240 MB.
    expect(backend.heap.bytes).toBeLessThan(120e6);
  });
});
