import { expect, test } from "vitest";
import { NdArray } from "../graph/index.ts";
import { predictorOn } from "./predict.ts";
import { predictionOf, type Values } from "./prediction.ts";
import type { PredictionSpec } from "./spec.ts";
import { Passes } from "./uncertainty.ts";

const float32 = "float32" as const;
const spec = (places: readonly number[], classes: number): PredictionSpec => ({
  inputs: [],
  outputs: [
    { name: "probabilities", shape: [...places, classes], dtype: float32 },
    { name: "label", shape: places, dtype: "int32" },
    { name: "value", shape: [2], dtype: float32 },
  ],
  gates: [{ layer: "blocks1", blocks: 3 }],
  deterministic: true,
});

function over(described: PredictionSpec, passes: readonly (readonly number[])[][]): Values {
  const made = new Passes(described, passes.length);
  for (const [probabilities, label, value, gates] of passes)
    made.add([
      Float32Array.from(probabilities!),
      Int32Array.from(label!),
      Float32Array.from(value!),
      Float32Array.from(gates!),
    ]);
  return made.values();
}

test("means, deviations, votes and entropies of passes are what their definitions give", () => {
  const described = spec([], 2);
  const values = over(described, [
    [[0.75, 0.25], [0], [1, 5], [0, 1, 0]],
    [[0.25, 0.75], [1], [3, 5], [0, 0, 0]],
    [[0.25, 0.75], [1], [5, 5], [0, 1, 0]],
  ]);
  const prediction = predictionOf(described, values) as Record<string, never>;
  const h = (p: number): number => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  const mean = 1.25 / 3;
  expect(prediction).toMatchObject({ label: 1, name: "1", gates: [{ layer: "blocks1", open: [1], blocks: 3 }] });
  const uncertainty = values.uncertainty!;
  expect(uncertainty.passes).toBe(3);
  expect([...(uncertainty.votes as Float32Array)]).toEqual([Math.fround(1 / 3), Math.fround(2 / 3)]);
  expect(uncertainty.entropy).toBeCloseTo(h(mean), 12);
  expect(uncertainty.mutualInformation).toBeCloseTo(h(mean) - h(0.25), 12);
  expect([...(uncertainty.deviation.value as Float32Array)]).toEqual([2, 0]);
  expect((uncertainty.deviation.probabilities as Float32Array)[0]).toBeCloseTo(Math.sqrt(1 / 12), 6);
  expect([...values.outputs[0]!]).toEqual([Math.fround(mean), Math.fround(1 - mean)]);
});

test("the label of each step is the class of its mean probabilities, and never one between those that passes chose", () => {
  const described = spec([2], 3);
  const passes = [
    [
      [0.9, 0, 0.1, 0.2, 0.8, 0],
      [0, 1],
      [0, 0],
      [0, 0, 0],
    ],
    [
      [0.2, 0, 0.8, 0.2, 0.8, 0],
      [2, 1],
      [0, 0],
      [0, 0, 0],
    ],
  ];
  const { outputs, uncertainty } = over(described, passes);
  expect([...outputs[1]!]).toEqual([0, 1]);
  expect(uncertainty!.votes).toEqual(new NdArray(Float32Array.of(0.5, 0, 0.5, 0, 1, 0), [2, 3]));
  expect((uncertainty!.mutualInformation as Float32Array)[0]).toBeGreaterThan(0.1);
  expect((uncertainty!.mutualInformation as Float32Array)[1]).toBeCloseTo(0, 6);
});

test("one pass has no deviation", () => {
  const { uncertainty } = over(spec([], 2), [[[0.5, 0.5], [0], [1, 2], [0, 0, 0]]]);
  expect([...(uncertainty!.deviation.value as Float32Array)]).toEqual([0, 0]);
});

test("passes whose noise would repeat are refused before the first", () => {
  const calls: number[] = [];
  const described: PredictionSpec = {
    ...{ inputs: [{ name: "x", shape: [1], dtype: float32 }], gates: [], deterministic: true },
    outputs: [{ name: "value", shape: [1], dtype: float32 }],
  };
  const predict = predictorOn({
    ...{ spec: described, sizes: [2 ** 20], close: async () => {} },
    run: (_, rows, [, place]) => {
      calls.push(place);
      return [new Float32Array(rows)];
    },
  });
  const examples = Array.from({ length: 4295 }, () => [0]);
  expect(() => predict(examples, { passes: 1_000_000 })).toThrow(
    "predict: examples × passes must be at most 4294967296, received 4295 × 1000000, whose noise would repeat: predict fewer examples at a time, each time with another seed",
  );
  expect(calls).toEqual([]);
});
