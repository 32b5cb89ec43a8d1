/** Who starts a backend ends it: the current one is the caller's. */
import { existsSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { array, compile, mlp, resident, type Tensor, train, trainer } from "../index.ts";
import { measure } from "../measure/library.ts";
import { measureProblem } from "../measure/measure.ts";
import { toyProblem } from "../measure/toy.ts";
import { toyData } from "../train/testing.ts";
import type { Backend } from "./backend.ts";
import { backend, borrowBackend, currentBackend, startBackend } from "./select.ts";
import { nativeSets } from "./testing/native.ts";

const fast = nativeSets.length > 0 ? "native" : "wasm";
const data = toyData({ train: 12, valid: 6, test: 6 });
const model = mlp({ input: [2, 2], hidden: [{ units: 3, estimator: "straight-through" }], classes: 3 });
const tiny = { epochs: 1, batch: 6, seed: 1 } as const;

/** The threads of this process; of other systems nobody counts them here. */
const threads = (): number => (existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0);

test("a Node that is too old is named, and what is needed", async () => {
  const { getBuiltinModule } = process;
  Object.assign(process, { getBuiltinModule: undefined });
  try {
    await expect(startBackend()).rejects.toThrow(/^backend: needs Node 20\.19 or newer, this is Node \d+\./);
  } finally {
    Object.assign(process, { getBuiltinModule });
  }
});

describe("without a started backend", () => {
  test("a call starts the fastest and closes it; the current one stays none", async () => {
    const { backend: on, end } = await borrowBackend();
    expect([on.name, on.isClosed]).toEqual([fast, false]);
    await end();
    expect(on.isClosed).toBe(true);
    expect(currentBackend().name).toBe("reference");
  });

  test.each([
    ["native", 16],
    ["wasm", 3],
  ] as const)("trainings one after the other leave no thread behind on %s", async (name, count) => {
    if (name === "native" && nativeSets.length === 0) return;
    const once = () => train(model, data, { ...tiny, backend: name, threads: count });
    const first = (await once()).test.deterministic;
    const before = threads();
    for (let i = 0; i < 6; i++) expect((await once()).test.deterministic).toEqual(first);
    expect(threads()).toBeLessThanOrEqual(before);
    expect(currentBackend().name).toBe("reference");
  });

  test("however a training ends: left early, aborted, failed, or refused", async () => {
    const before = threads();
    for await (const event of trainer(model, data, { ...tiny, epochs: 5, backend: "native", threads: 7 }))
      if (event.kind === "epoch") break;
    const aborted = AbortSignal.abort();
    await expect(train(model, data, { ...tiny, backend: "native", threads: 7, signal: aborted })).rejects.toThrow(
      "interrupted",
    );
    const broken = {
      ...model,
      train: () => {
        throw new Error("broken");
      },
    };
    await expect(train(broken, data, { ...tiny, backend: "native", threads: 7 })).rejects.toThrow("broken");
    await expect(train(model, data, { ...tiny, backend: "wasm", precision: "bfloat16" })).rejects.toThrow("bfloat16");
    expect(threads()).toBeLessThanOrEqual(before + 6);
  });

  test("so does a measurement", async () => {
    const before = threads();
    const options = { estimators: ["straight-through"], replicates: 40, warmup: 0 } as const;
    for (let i = 0; i < 2; i++) await measureProblem(toyProblem({ target: 0.4, units: 2, logit: 0 }), options);
    await measure({ model, data, batch: 4, ...options });
    expect(threads()).toBeLessThanOrEqual(before);
    expect(currentBackend().name).toBe("reference");
  });
});

describe("with a backend of the caller's", () => {
  const started: Backend[] = [];
  afterEach(() => Promise.all(started.splice(0).map((on) => on.close())));

  test("calls that name none use it, and neither replace nor close it", async () => {
    const mine = await backend("wasm", { threads: 1 });
    started.push(mine);
    const sum = compile((x: Tensor) => ({ state: x.add(1), sum: x.sum() }));
    const before = resident(array([1, 2]));
    for (const given of [undefined, "auto"] as const) {
      const { backend: on, end } = await borrowBackend(given);
      expect(on).toBe(mine);
      await end();
      expect(mine.isClosed).toBe(false);
    }
    const result = await train(model, data, tiny);
    expect(result.history).toHaveLength(1);
    expect(currentBackend()).toBe(mine);
    const after = resident(array([3, 4]));
    expect([sum(before).sum.item(), sum(after).sum.item()]).toEqual([3, 7]);
    expect(compile((x: Tensor, y: Tensor) => x.add(y))(before, after).toNested()).toEqual([6, 8]);
  });

  test("a name, threads or a precision start another for the call, which is closed", async () => {
    const mine = await backend("wasm", { threads: 1 });
    started.push(mine);
    for (const [name, options] of [
      ["wasm", {}],
      ["auto", { threads: 1 }],
    ] as const) {
      const { backend: own, end } = await borrowBackend(name, options);
      expect(own).not.toBe(mine);
      await end();
      expect([own.isClosed, mine.isClosed]).toEqual([true, false]);
    }
    await train(model, data, { ...tiny, backend: "wasm", threads: 1 });
    expect(currentBackend()).toBe(mine);
  });

  test("one that is handed over stays open, and one that was closed is as good as none", async () => {
    const given = await startBackend("wasm", { threads: 1 });
    started.push(given);
    await train(model, data, { ...tiny, backend: given });
    expect(given.isClosed).toBe(false);
    const mine = await backend("wasm", { threads: 1 });
    await mine.close();
    const { backend: own, end } = await borrowBackend();
    expect(own.isClosed).toBe(false);
    await end();
    expect(() => compile((x: Tensor) => x.add(1))(array([1]))).toThrow("wasm: this backend was closed");
  });
});
