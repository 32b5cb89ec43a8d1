/** A training step holds little more than it must: parameters, state, examples, and what is needed at once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { nativeBackend } from "../backends/native/native.ts";
import { nativeSets } from "../backends/testing/native.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import type { SplitName } from "../data/dataset.ts";
import { labelledDataset, labelledSplit } from "../data/testing.ts";
import { mlp } from "../models/mlp.ts";
import { resolveTraining } from "../train/index.ts";
import { stepMemoryOf } from "./step-memory.ts";

const backends: Backend[] = [];
beforeAll(async () => {
  backends.push(await wasmBackend({ threads: 1 }));
  if (nativeSets.length > 0) backends.push(await nativeBackend({ threads: 2 }));
});
afterAll(async () => {
  for (const backend of backends) await backend.close();
});

const PIXELS = 784;
const split = (name: SplitName, size: number) =>
  labelledSplit(
    name,
    new Float32Array(size * PIXELS),
    Int32Array.from({ length: size }, (_, i) => i % 10),
  );
const names = Array.from({ length: 10 }, (_, i) => `${i}`);
const data = labelledDataset("images", names, {
  train: split("train", 120),
  valid: split("valid", 10),
  test: split("test", 10),
});
const hidden = (...units: number[]) => units.map((n) => ({ units: n, estimator: "straight-through-slope" }) as const);

test.each([
  ["784-400-10", mlp({ input: PIXELS, hidden: hidden(400), classes: 10 }), 784 * 400 + 400 + 4010, 1.1],
  ["784-500-500-500-10", mlp({ input: PIXELS, hidden: hidden(500, 500, 500), classes: 10 }), 898_510, 1.1],
] as const)("%s", (_, model, parameters, most) => {
  for (const backend of backends)
    for (const optimizer of ["sgd", "adam"] as const) {
      const training = resolveTraining({ optimizer: { name: optimizer, rate: 0.1 }, batch: 500 });
      const memory = stepMemoryOf({ model, training }, data, backend);
      // There are no more examples to take.
      expect(memory).toMatchObject({ batch: 120, parameters: 4 * parameters });
      expect(memory.state - (optimizer === "adam" ? 8 : 0) * parameters).toBeLessThan(40);
      expect(memory.use.handed).toBe(4 * 120 * (PIXELS + 1));
      expect(memory.use.peak / memory.use.bound).toBeGreaterThanOrEqual(1);
      expect(memory.use.peak / memory.use.bound).toBeLessThan(most);
    }
});
