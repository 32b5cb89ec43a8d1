import { expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { resident } from "../compile/resident.ts";
import { partOf } from "../data/dataset.ts";
import { labelledSplit } from "../data/testing.ts";
import { constant, crossEntropy, evaluate, mapTree, NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { mlp } from "../models/mlp.ts";
import type { Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import { evaluator } from "./evaluate.ts";
import { toyData } from "./testing.ts";

const backend = referenceBackend();

function setUp(size: number) {
  const model = mlp({ input: 4, hidden: [{ units: 6, estimator: "straight-through" }], classes: 3 });
  const { params } = model.init(3);
  const { test: split } = toyData({ test: size });
  return { model, params, split, onBackend: resident<Params<Tensor>>(params as never, { backend }) };
}

test("an evaluation is the mean over every example once, whatever the last batch holds", async () => {
  for (const size of [1, 7, 499, 500, 501, 1203]) {
    const { model, params, split, onBackend } = setUp(size);
    const { score } = evaluator(model, backend, { seed: 1, samples: 1 });
    const found = await score(onBackend, split, "deterministic");
    const symbols = mapTree(params as Tree<NdArray>, (x) => constant(x)) as Params<Tensor>;
    const logits = model.output(
      symbols,
      constant(new NdArray(split.fields.x.data, [size, 4])),
      "deterministic",
      key(0),
    );
    const labels = constant(split.fields.label);
    const [nll, classes] = evaluate([crossEntropy(logits, labels), logits.argmax()]);
    const mean = (f: (i: number) => number) =>
      Array.from({ length: size }, (_, i) => f(i)).reduce((a, b) => a + b) / size;
    expect(found.nll).toBeCloseTo(
      mean((i) => nll!.data[i]!),
      12,
    );
    expect(found.error).toBeCloseTo(100 * mean((i) => Number(classes!.data[i] !== split.fields.label.data[i])), 12);
  }
});

test("the stochastic readout has the same noise each time, another with another seed, another for each example and batch", async () => {
  const { model, split, onBackend } = setUp(1000);
  const score = (seed: number, samples = 1, part = split) =>
    evaluator(model, backend, { seed, samples }).score(onBackend, part, "stochastic");
  expect(await score(1)).toEqual(await score(1));
  expect(await score(1)).not.toEqual(await score(2));
  // The same 500 examples twice over: equal scores for both halves would mean equal noise.
  const half = partOf(split, 0, 500);
  const [x, label] = [half.fields.x.data, half.fields.label.data];
  const twice = labelledSplit("test", [...x, ...x], [...label, ...label], [2, 2]);
  expect((await score(1, 1, twice)).nll).not.toBe((await score(1, 1, half)).nll);
});

test("several samples give the mean of their scores", async () => {
  const { model, split, onBackend } = setUp(60);
  const nllOf = async (samples: number) =>
    (await evaluator(model, backend, { seed: 1, samples }).score(onBackend, split, "stochastic")).nll;
  const [one, two, many] = [await nllOf(1), await nllOf(2), await nllOf(400)];
  // The second sample's own score is 2·two − one: it must be near the others, and not be the first again.
  expect(two).not.toBe(one);
  expect(Math.abs(2 * two - one - many)).toBeLessThan(0.2);
});

test("an aborted signal stops an evaluation", async () => {
  const { model, split, onBackend } = setUp(10);
  const { scores } = evaluator(model, backend, { seed: 1, samples: 1, signal: AbortSignal.abort(new Error("enough")) });
  await expect(scores(onBackend, split)).rejects.toThrow("enough");
});
