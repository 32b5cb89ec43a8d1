import { expect, test } from "vitest";
import { workOf } from "../cost/work.ts";
import { constant, evaluate, mapTree, NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { everythingEvaluated } from "./everything-evaluated.ts";
import { gatedMlp } from "./gated-mlp.ts";
import { classes } from "./heads/classes.ts";
import type { Model, Params } from "./model.ts";
import { network } from "./network.ts";
import { dense as affine } from "./stages/dense.ts";
import { recurrent } from "./stages/recurrent.ts";

const model = gatedMlp({
  ...{ input: 6, classes: 3 },
  gated: [{ blocks: 8, width: 2, activation: "tanh", gate: { name: "top-k", k: 3 } }],
});
const dense = everythingEvaluated(model);
const paramsOf = (net: Model) =>
  mapTree(net.init(3).params as unknown as Tree<NdArray>, (p) => constant(p)) as unknown as Params<Tensor>;
const x = constant(
  new NdArray(
    Float32Array.from({ length: 30 }, (_, i) => Math.sin(i)),
    [5, 6],
  ),
);
const labels = constant(new NdArray(Int32Array.of(0, 1, 2, 0, 1), [5]));

test("scores and losses are those of the network that skips, to a rounding, and nothing is behind gates", () => {
  const outputs = [model, dense].map((net) => [
    net.output(paramsOf(net), x, "deterministic", key(1)),
    net.train(paramsOf(net), { x, label: labels }, key(1), net.init(3).states as never).loss,
  ]);
  const [skips, all] = outputs.map((tensors) => evaluate(tensors).map(({ data }) => [...data]));
  all!.forEach((values, i) => values.forEach((value, j) => expect(value).toBeCloseTo(skips![i]![j]!, 5)));
  expect(outputs.map((tensors) => workOf(tensors).behind.size > 0)).toEqual([true, false]);
});

test.each(["lif", "skip"] as const)("so are they of two layers of a recurrent network of %s cells", (cell) => {
  const stages = [
    recurrent({ cell: cell === "lif" ? { name: cell, threshold: 0.1 } : cell, units: 4, output: "sequence" }),
    recurrent({ cell, units: 4 }),
    affine({}),
  ];
  const net = network({ input: [5, 2], stages, head: classes(3) });
  const batch = {
    x: constant(
      new NdArray(
        Float32Array.from({ length: 50 }, (_, i) => Math.sin(i)),
        [5, 5, 2],
      ),
    ),
    label: labels,
  };
  const of = (model: Model) => [
    model.output(paramsOf(model), batch.x, "deterministic", key(1)),
    model.losses(paramsOf(model), batch, "deterministic", key(1)),
    model.examine(paramsOf(model), batch, "deterministic", key(1)).observed[0]!,
    model.train(paramsOf(model), batch, key(1), net.init(3).states as never).loss,
  ];
  const [own, all] = [net, everythingEvaluated(net)].map(of);
  const [skips, whole] = [own!, all!].map((tensors) => evaluate(tensors).map(({ data }) => [...data]));
  whole!.forEach((values, i) => values.forEach((value, j) => expect(value).toBeCloseTo(skips![i]![j]!, 5)));
  expect(all!.map((tensor) => workOf([tensor]).behind.size)).toEqual([0, 0, 0, 0]);
  // A skip cell's threshold reads in training what skipped steps would have come to.
  expect(own!.map((tensor) => workOf([tensor]).behind.size > 0)).toEqual([true, true, true, cell === "lif"]);
});

test("the network itself skips as before, also when tracing the other one failed", () => {
  expect(() => dense.output(paramsOf(dense), constant(0), "deterministic", key(1))).toThrow();
  expect(workOf([model.output(paramsOf(model), x, "deterministic", key(1))]).behind.size).toBe(1);
});

test("its table and its parameters agree: a dense layer's weights, as many numbers as before", () => {
  const shapes = (net: Model) =>
    net.init(1).params.map((layer) => Object.entries(layer).map(([name, { shape }]) => `${name} ${shape}`));
  expect(shapes(dense)).toEqual(
    dense.layers.map(({ parameters }) => parameters.map(({ name, shape }) => `${name} ${shape}`)),
  );
  expect(shapes(dense).flat()).toContain("weight 6,16");
  expect(shapes(model).flat()).toContain("weight 8,2,6");
});

test("a gater that learns from open gates alone has its weights turned as well, and the same scores", () => {
  const net = gatedMlp({
    input: 6,
    classes: 3,
    gated: [{ blocks: 8, gate: "noisy-rectifier", gater: { name: "dense", hidden: 5 } }],
  });
  const plain = everythingEvaluated(net);
  expect([net, plain].map(({ layers }) => layers[1]!.parameters[0]!.shape)).toEqual([
    [8, 1, 5],
    [5, 8],
  ]);
  const [a, b] = [net, plain].map(
    (n) => evaluate([n.train(paramsOf(n), { x, label: labels }, key(1), n.init(3).states as never).loss])[0]!.data,
  );
  b!.forEach((value, i) => expect(value).toBeCloseTo(a![i]!, 5));
});
