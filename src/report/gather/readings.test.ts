import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { NdArray } from "../../graph/index.ts";
import { gatedMlp } from "../../models/index.ts";
import { sharesOf } from "./gate-shares.ts";
import { readingsOf } from "./readings.ts";

const backend = referenceBackend();
const gate = { blocks: 3, gater: { name: "dense", hidden: [] }, gate: "straight-through" } as const;
const model = gatedMlp({ input: 2, gated: [gate], classes: 2 });
// Gate 1 scores x₁, gate 2 scores x₂, gate 3 scores −1: it never opens above the threshold of 0.
const scores = { weight: new NdArray(Float32Array.of(1, 0, 0, 1, 0, 0), [3, 1, 2]), bias: new NdArray(Float32Array.of(0, 0, -1), [3]) }; // biome-ignore format: a table

it("counts for each class the examples that open each gate", () => {
  const { params } = model.init(1);
  const [gater, blocks] = params as [(typeof params)[0], (typeof params)[0]];
  const shape = gater.weight!.shape;
  // Weights are [in, K] or by unit [K, 1, in].
  const weight = shape.length === 3 ? scores.weight : new NdArray(Float32Array.of(1, 0, 0, 0, 1, 0), [2, 3]);
  const own = [{ weight, bias: scores.bias }, blocks];
  const inputs = [1, -1, 2, 1, -1, 3, -2, -2, 5, -1];
  const labels = [0, 0, 1, 1, 0];
  const test = labelledSplit("test", inputs, labels);
  const data = labelledDataset("small", ["left", "right"], { train: test, valid: test, test });
  const found = readingsOf(model, own, data, { backend, readout: "deterministic" })!;
  const open = [0, 1, 2].map((k) => labels.map((_, i) => (k < 2 ? inputs[2 * i + k]! > 0 : false)));
  const counted = [0, 1].flatMap((label) => open.map((of) => of.filter((isOpen, i) => isOpen && labels[i] === label).length)); // biome-ignore format: one line
  expect([...found.opened[0]!]).toEqual(counted);
  expect(counted).toEqual([3, 1, 0, 0, 1, 0]);
  expect(sharesOf(found, found.opened[0]!)).toEqual([
    [1, 1 / 3, 0],
    [0, 1 / 2, 0],
  ]);
  expect([...found.truth]).toEqual(labels);
  expect(found.names).toEqual(["left", "right"]);
});

it("reads a draw of the units with the stochastic readout, another one for each seed, and every example of several batches", () => {
  const size = 1203;
  const test = labelledSplit("test", new Float32Array(2 * size).fill(0.02), Array.from({ length: size }, (_, i) => i % 2)); // biome-ignore format: one line
  const data = labelledDataset("many", ["0", "1"], { train: test, valid: test, test });
  const { params } = model.init(3);
  const [one, other] = [1, 2].map((seed) => readingsOf(model, params, data, { backend, readout: "stochastic", seed })!);
  const opened = [...one!.opened[0]!];
  expect(opened).not.toEqual([...other!.opened[0]!]);
  // Scores near 0 open half of the gates: of 601 or 602 about 301 ± 12 each, five standard deviations.
  expect(opened.every((count) => Math.abs(count - 301) < 65)).toBe(true);
  const [first, again] = [one!, readingsOf(model, params, data, { backend, readout: "stochastic", seed: 1 })!];
  expect([...again.confidence]).toEqual([...first.confidence]);
  // Each batch has noise of its own.
  expect([...first.confidence.subarray(500, 700)]).not.toEqual([...first.confidence.subarray(0, 200)]);
  expect(first.confidence.every((p) => p >= 0.5 && p <= 1)).toBe(true);
});

it("has nothing to say of no examples", () => {
  const none = { ...labelledSplit("test", [], [], [2]), size: 0 };
  expect(readingsOf(model, model.init(1).params, { test: none, fields: {} }, { backend, readout: "deterministic" })).toBeUndefined(); // biome-ignore format: one line
});
