import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { NdArray } from "../../graph/index.ts";
import { autoencoder, mlp } from "../../models/index.ts";
import { mistakesOf } from "./mistakes.ts";
import { readingsOf } from "./readings.ts";

const on = { backend: referenceBackend(), readout: "deterministic" } as const;
const inputs = [3, 0, 0, 2, 1, 0, 0, 5];
const test = labelledSplit("test", inputs, [0, 0, 1, 0]);
const data = labelledDataset("small", ["left", "right"], { train: test, valid: test, test });
const linear = mlp({ input: 2, hidden: [], classes: 2 });
// The class scores are the inputs.
const same = [{ weight: new NdArray(Float32Array.of(1, 0, 0, 1), [2, 2]), bias: NdArray.zeros([2]) }];

it("lists the test examples whose largest score is another class's, the most certain first, with their inputs and classes' names", () => {
  const { count, examples, shown, confusion } = mistakesOf(readingsOf(linear, same, data, on)!, linear, data);
  // Of three in the class left two are taken for right, and the one in right for left.
  expect(confusion).toEqual({ names: ["left", "right"], counts: [[1, 2], [1, 0]] }); // biome-ignore format: one line
  expect([count, examples]).toEqual([3, 4]);
  expect(shown.map(({ example, truth, predicted, input }) => [example, truth, predicted, [...input]])).toEqual([
    [3, "left", "right", [0, 5]],
    [1, "left", "right", [0, 2]],
    [2, "right", "left", [1, 0]],
  ]);
  [5, 2, 1].forEach((away, i) => expect(shown[i]!.probability).toBeCloseTo(1 / (1 + Math.exp(-away)), 6));
});

it("shows as many as are asked for, and counts all", () => {
  const { count, shown } = mistakesOf(readingsOf(linear, same, data, on)!, linear, data, 1);
  expect(count).toBe(3);
  expect(shown.map(({ example }) => example)).toEqual([3]);
});

it("counts examples beyond the first batch", () => {
  const many = labelledSplit(
    "test",
    Array.from({ length: 1402 }, (_, i) => i % 2),
    Array.from({ length: 701 }, (_, i) => (i === 650 ? 0 : 1)),
  );
  const all = labelledDataset("many", ["0", "1"], { train: many, valid: many, test: many });
  const found = mistakesOf(readingsOf(linear, same, all, on)!, linear, all);
  expect([found.count, found.examples, found.shown[0]!.example]).toEqual([1, 701, 650]);
});

it("has nothing to say of a network that tells no classes", () => {
  const model = autoencoder({ mean: [0.5, 0.5], network: "linear", latents: 3, estimator: "disarm" });
  expect(readingsOf(model, model.init(1).params, data, on)).toBeUndefined();
});
