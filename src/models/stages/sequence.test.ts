/** What stages of sequences accept as sequences. */
import { expect, test } from "vitest";
import { mapNamed } from "../../cells/steps.ts";
import { constant, NdArray, type Shape } from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { stepClasses } from "../heads/step-classes.ts";
import { values } from "../heads/values.ts";
import type { Model } from "../model.ts";
import { network } from "../network.ts";
import { dense } from "./dense.ts";
import { overTime } from "./over-time.ts";
import { perStep } from "./per-step.ts";
import { recurrent } from "./recurrent.ts";

const predicts = values();
const numbers = network({ input: [20, 2], stages: [recurrent({ cell: "lstm", units: 4 }), dense({})], head: predicts });
const spikes = network({
  input: [6, 2],
  stages: [perStep({ units: 3 }), overTime({ reduce: "sum" }), dense({})],
  head: predicts,
});
const outputOf = ({ output, init }: Model, ...shape: number[]): Shape => {
  const params = init(1).params.map((row) => mapNamed(row, (value) => constant(value)));
  return output(params, constant(NdArray.zeros(shape)), "deterministic", key(0)).shape;
};

test("any number of steps of the values that a network was made for, or all of a sequence in one row", () => {
  expect(outputOf(numbers, 1, 20, 2)).toEqual([1, 1]);
  expect(outputOf(numbers, 3, 7, 2)).toEqual([3, 1]);
  expect(outputOf(numbers, 3, 40)).toEqual([3, 1]);
  expect(outputOf(spikes, 3, 9, 2)).toEqual([3, 1]);
  const pixels = network({ input: [784], stages: [recurrent({ cell: "rnn", units: 2 }), dense({})], head: predicts });
  expect(outputOf(pixels, 2, 5)).toEqual([2, 1]);
  expect(outputOf(pixels, 2, 28, 28)).toEqual([2, 1]);
});

test.each([
  ["another number of values a step", [1, 20, 3]],
  ["as many values in other steps", [1, 10, 4]],
  ["a sequence without its batch", [20, 2]],
  ["a row of another number of values", [3, 39]],
  ["a number", []],
])("%s is refused", (_, shape) => {
  const rule = `reads a batch of sequences [B, T, 2], received [${shape.join(", ")}]`;
  expect(() => outputOf(numbers, ...shape)).toThrow(`recurrent1: ${rule}`);
  expect(() => outputOf(spikes, ...shape)).toThrow(`per-step1: ${rule}`);
});

test("a stage behind another reads any number of steps too", () => {
  const labelled = network({
    input: [4, 2],
    stages: [recurrent({ cell: "gru", units: 3, output: "sequence" }), perStep({})],
    head: stepClasses(4, { classes: 2 }),
  });
  expect(outputOf(labelled, 2, 9, 2)).toEqual([2, 9, 2]);
});
