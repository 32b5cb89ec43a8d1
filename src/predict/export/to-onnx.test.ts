import { describe, expect, test } from "vitest";
import { nodesOf, readOnnx, unknownNames } from "../../../test/onnx/reader.ts";
import { conv2dTranspose, type NdArray, reshape } from "../../graph/index.ts";
import { fitPreprocess } from "../../layers/preprocess/index.ts";
import { remembered } from "../../models/feed.ts";
import { classes } from "../../models/heads/classes.ts";
import { values } from "../../models/heads/values.ts";
import type { Model } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import { defineStage } from "../../models/own-stage.ts";
import { conv } from "../../models/stages/conv.ts";
import { dense } from "../../models/stages/dense.ts";
import { gated } from "../../models/stages/gated.ts";
import { gatedConv } from "../../models/stages/gated-conv.ts";
import { recurrent } from "../../models/stages/recurrent.ts";
import { models, named } from "../testing.ts";
import { toOnnx } from "./to-onnx.ts";

const written = (model: Model, sample = false) => readOnnx(toOnnx({ model, params: model.init(1).params }, { sample }));
const opsOf = (model: Model, sample?: boolean): string[] => nodesOf(written(model, sample).graph).map(({ op }) => op);
const net = (input: number | number[], stages: Parameters<typeof network>[0]["stages"]) =>
  network({ input, stages: [...stages, dense({})], head: classes(3) }) as Model;

describe.each(Object.entries(models))("a network of %s", (kind, make) => {
  test.each([...(kind === "latents" ? [] : [false]), true])(
    "reads no name before it is made, with sample: %s",
    (sample) => {
      const { graph, format, opsets } = written(make(), sample);
      expect([format, opsets]).toEqual([8, [17]]);
      expect(unknownNames(graph)).toEqual([]);
    },
  );
});

test("inputs and outputs say what they are, and the metadata what the classes are called", () => {
  const { x } = named.train.fields;
  const model = network({
    ...{ input: 6, preprocess: fitPreprocess("standardise", x as NdArray) },
    ...{ stages: [dense({})], head: classes(3) },
  }) as Model;
  const fields = remembered(model, named.fields);
  const { graph, metadata } = readOnnx(toOnnx({ model, params: model.init(1).params, fields }));
  expect(graph.inputs).toEqual({ x: [1, "batch", 6] });
  expect(graph.outputs).toEqual({ probabilities: [1, "batch", 3], label: [6, "batch"] });
  expect(JSON.parse(metadata.classes!)).toEqual(named.fields.label!.classes);
  expect(JSON.parse(metadata.network!)).toMatchObject({ preprocess: { name: "standardise" } });
  expect(metadata.reading).toBe("deterministic");
});

test("a parameter is held once, by its name", () => {
  const { arrays } = written(net(6, [dense({ units: 5, estimator: "tanh" })])).graph;
  const floats = Object.values(arrays).reduce((sum, bytes) => sum + bytes, 0) / 4;
  expect(arrays).toMatchObject({ "dense1.weight": 4 * 30, "dense1.bias": 4 * 5 });
  expect(floats).toBeLessThan(30 + 5 + 15 + 3 + 20);
});

test("convolutions are nodes of their own", () => {
  const ops = opsOf(net([8, 8], [conv({ features: 4, size: 3 }), conv({ features: 2, size: 3, stride: 2 })]));
  expect(ops.filter((op) => op === "Conv")).toHaveLength(2);
});

test("a loop is written once, however long it is", () => {
  const sizes = [5, 50].map((T) => opsOf(net([T, 2], [recurrent({ cell: "gru", units: 3 })])).length);
  expect(sizes[0]).toBe(sizes[1]);
  expect(opsOf(net([5, 2], [recurrent({ cell: "gru", units: 3 })])).filter((op) => op === "Scan")).toHaveLength(1);
});

test("each block has a product of its own, which gets the rows of its open examples", () => {
  const { graph } = written(net(6, [gated({ blocks: 4, width: 3, output: 5, gate: { name: "top-k", k: 1 } })]));
  const splits = graph.nodes.filter(({ op, outputs }) => op === "Split" && outputs.length === 4);
  expect(splits).toHaveLength(2);
  const parts = new Set(splits.flatMap(({ outputs }) => outputs));
  const products = graph.nodes.filter(({ op, inputs }) => op === "MatMul" && parts.has(inputs[0]!));
  expect(products.map(({ inputs }) => graph.arrays[inputs[1]!])).toEqual([
    ...Array(4).fill(4 * 18),
    ...Array(4).fill(4 * 15),
  ]);
});

test("a convolution behind gates runs only within an If, on weights that are gathered", () => {
  const { graph } = written(
    net([6, 6], [gatedConv({ features: 8, blocks: 4, size: 3, gate: { name: "top-k", k: 1 } })]),
  );
  expect(graph.nodes.some(({ op }) => op === "Conv")).toBe(false);
  const [decision] = nodesOf(graph).filter(({ op }) => op === "If");
  const [open, closed] = decision!.graphs;
  expect(open!.nodes.map(({ op }) => op)).toEqual(expect.arrayContaining(["Gather", "Conv", "ScatterND"]));
  expect(closed!.nodes.map(({ op }) => op)).toEqual(["Expand"]);
});

test("binary units read their probability, and draw where samples are asked for", () => {
  const model = net(6, [dense({ units: 5, estimator: "disarm" })]);
  expect(opsOf(model)).not.toContain("RandomUniformLike");
  expect(opsOf(model, true).filter((op) => op === "RandomUniformLike")).toHaveLength(1);
  expect(written(model, true).metadata.reading).toBe("stochastic");
});

const enlarge = defineStage("enlarge", (_: object, { input: [features] }) => ({
  units: features! * 2,
  parameters: { taps: [1, 2, 1, 1] },
  apply: ({ taps }, x) =>
    reshape(conv2dTranspose(reshape(x, [-1, 1, features!, 1]), taps!, { stride: [1, 2] }), [-1, features! * 2]),
}));

test.each<[string, () => unknown]>([
  [
    "save: ONNX has no conv2dTranspose, which the stage enlarge1 computes: save it as .safetensors",
    () => written(network({ input: 3, stages: [dense({ units: 4 }), enlarge({})], head: values(8) }) as Model),
  ],
  [
    "toOnnx: this network scores samples of its units alone: ask for a file that samples",
    () => written(models.latents!()),
  ],
  ["toOnnx: needs { model, params }, as train and loadModel give them, received 5", () => toOnnx(5 as never)],
  ["toOnnx: sample must be true or false, received 3", () => written(models.classes!(), 3 as never)],
])("refuses: %s", (message, act) => {
  expect(act).toThrow(message);
});
