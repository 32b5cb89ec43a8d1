import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { startBackend } from "../backends/select.ts";
import { resident } from "../compile/resident.ts";
import { leaves, mapTree, NdArray, type Tree } from "../graph/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import { adam } from "../optimizers/index.ts";
import { allFinite, checkedAfter, finiteWatch, nameOf } from "./finite.ts";
import { initialState } from "./step.ts";

const model = gatedMlp({
  ...{ input: [3], classes: 2 },
  trunk: [{ units: 4, estimator: "nvil" }],
  gated: [{ blocks: 5, width: 2, gate: "straight-through" }],
});
const state = initialState(model, adam(), 1) as unknown as Tree<NdArray>;
const paths = leaves(state).filter(({ value }) => value.dtype !== "int32");

let on: readonly Backend[];
beforeAll(async () => {
  on = [referenceBackend(), await startBackend("wasm", { threads: 1 })];
});
afterAll(() => Promise.all(on.map((one) => one.close())));

test("finiteWatch finds the one array that holds NaN or an infinite number, at its last place too, on each backend", () => {
  for (const one of on) {
    const watch = finiteWatch(one);
    expect(watch(resident(state as never, { backend: one }))).toBeUndefined();
    for (const [i, { path, value }] of paths.entries()) {
      if (one !== on[1] && i % 6 > 0) continue;
      const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][i % 3]!;
      const data = value.data.slice();
      data[data.length - 1] = bad;
      const spoiled = mapTree(state, (x, at) => (at === path ? new NdArray(data, x.shape) : x));
      expect(watch(resident(spoiled as never, { backend: one })), path).toBe(path);
    }
  }
});

test("of several arrays parameters come first, then what estimators keep, then the optimizer's", () => {
  const watch = finiteWatch(on[0]!);
  const first = (...parts: readonly string[]) => {
    const spoiled = mapTree(state, (x, at) =>
      parts.some((part) => at.startsWith(part)) && x.dtype !== "int32"
        ? new NdArray(x.data.slice().fill(Number.NaN), x.shape)
        : x,
    );
    return watch(resident(spoiled as never, { backend: on[0]! }));
  };
  expect(first("optimizer", "estimators", "params")).toBe("params.0.bias");
  expect(first("optimizer", "estimators")).toMatch(/^estimators\.0\./);
  expect(first("optimizer")).toBe("optimizer.mean.0.bias");
  const unwatched = finiteWatch(on[0]!, (path) => !path.startsWith("params"));
  const spoiled = mapTree(state, (x, at) =>
    at === "params.0.bias" ? new NdArray(x.data.slice().fill(Number.NaN), x.shape) : x,
  );
  expect(unwatched(resident(spoiled as never, { backend: on[0]! }))).toBeUndefined();
});

test("allFinite is true of numbers alone", () => {
  expect(allFinite({ data: Float32Array.of(3.4e38, -3.4e38, 0) })).toBe(true);
  for (const bad of [Number.NaN, Infinity, -Infinity]) expect(allFinite({ data: Float32Array.of(1, bad) })).toBe(false);
});

test("arrays are checked after 1, 2, 4, … steps, then after every 128th", () => {
  const checked = Array.from({ length: 600 }, (_, i) => i + 1).filter(checkedAfter);
  expect(checked).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512]);
});

test("arrays have names that a user knows", () => {
  expect(nameOf("params.0.weight", model)).toBe("the weight of trunk1");
  expect(nameOf("estimators.0.mean", model)).toBe("the mean that the estimator of trunk1 keeps");
  expect(nameOf("optimizer.mean.0.bias", model)).toBe("the optimizer's mean of the bias of trunk1");
  expect(nameOf("optimizer.meanWeight", model)).toBe("the optimizer's meanWeight");
});
