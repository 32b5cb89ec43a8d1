import { expect, it } from "vitest";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../../src/data/testing.ts";
import { NdArray } from "../../../src/graph/index.ts";
import {
  classes,
  conv,
  dense,
  gatedMlp,
  mlp,
  network,
  normalise,
  pool,
  recurrentNetwork,
  values,
} from "../../../src/models/index.ts";
import type { Model } from "../../../src/models/model.ts";
import { passageOf } from "../../../src/report/gather/passage.ts";
import { MOST_SENT } from "./network-messages.ts";
import { plainNames } from "./network-names.ts";
import { diagramOf, filled, numbersOf } from "./network-steps.ts";

const inputs = Array.from({ length: 30 }, (_, i) => Math.sin(1 + 7 * i) * 2);
const test = labelledSplit("test", inputs, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0], [3]);
const data = labelledDataset("small", ["a", "b", "c"], { train: test, valid: test, test });
const gate = { name: "top-k", k: 2 } as const;
/** It has a parameter that no gradient moves. */
const sparsity = [{ name: "balance", target: 0.3, step: 0.01 }] as const;
const square = labelledSplit("test", Array.from({ length: 2 * 36 }, (_, i) => Math.sin(3 * i)), [0, 2], [6, 6]); // biome-ignore format: one line
const images = labelledDataset("images", ["a", "b", "c"], { train: square, valid: square, test: square });
const models = {
  deep: mlp({ input: 3, hidden: [{ units: 4, estimator: "disarm" }, { units: 5, estimator: "rectifier" }], classes: 3 }), // biome-ignore format: one line
  gated: gatedMlp({ input: 3, gated: [{ blocks: 6, width: 2, gater: { name: "dense", hidden: [] }, gate, sparsity }], classes: 3 }), // biome-ignore format: one line
  conv: network({
    ...{ input: [6, 6], head: classes(3) },
    stages: [
      ...[conv({ features: 4, size: 3 }), pool({}), normalise({ estimator: "straight-through" })],
      ...[dense({ units: 5, estimator: "disarm" }), dense({})],
    ],
  }),
  lstm: recurrentNetwork({ input: [6, 6], cell: { name: "lstm", gates: "straight-through" }, units: 5, classes: 3 }),
  lif: recurrentNetwork({ input: [6, 6], cell: { name: "lif" }, units: 5, classes: 3 }),
} satisfies Record<string, Model>;
const dataOf = (name: keyof typeof models) => (name === "deep" || name === "gated" ? data : images);

it("has a step for all that is computed, from the input to the loss, with shapes", () => {
  const said = (model: Model) =>
    diagramOf(model).steps.map((step) => (step.kind === "map" ? step.formula : `${step.id} ${step.shape.join("×")}`.trim())); // biome-ignore format: one line
  const end = ["s 3", "softmax(s)", "P 3", "L = −log P(label)", "L"];
  expect(said(models.deep)).toEqual([
    "x 3",
    ...["a = W·x + b", "a1 4", "p = σ(a)", "p1 4", "h = 1[u < p]", "h1 4"],
    ...["a = W·h + b", "a2 5", expect.stringMatching(/^h = /), "h2 5"],
    ...["s = W·h + b", ...end],
  ]);
  expect(said(models.gated)).toEqual([
    "x 3",
    ...["a = W·x + b", "a1 6", "h = top-k(a)", "h1 6", "Σₖ hₖ · f(Wₖx + bₖ)Vₖ + c", ...end],
  ]);
  expect(said(models.conv)).toEqual([
    "x 6×6",
    ...["y = W ∗ x + b", "y1 6×6×4", "y = pool(y)", "y2 3×3×4", "a = γ·(y − μ)/σ + β", "a1 3×3×4"],
    ...["p = σ(a)", "p1 3×3×4", "h = 1[u < p]", "h1 3×3×4"],
    ...["a = W·h + b", "a2 5", "p = σ(a)", "p2 5", "h = 1[u < p]", "h2 5", "s = W·h + b", ...end],
  ]);
  expect(said(models.lstm)).toEqual([
    ...["x 6×6", "LSTM(xₜ, hₜ₋₁)", "input1 6×5", "forget1 6×5", "candidate1 6×5", "output1 6×5", "c1 6×5", "h1 6×5"],
    ...["y = h after the last row", "y1 5", "s = W·y + b", ...end],
  ]);
  expect(said(models.lif)).toEqual([
    ...[
      "x 6×6",
      "LIF(xₜ, hₜ₋₁)",
      "current1 6×5",
      "spike1 6×5",
      "V1 6×5",
      "y = mean of sₜ",
      "y1 5",
      "s = W·y + b",
      ...end,
    ],
  ]);
  const regression = network({ input: 3, stages: [dense({ units: 1 })], head: values(1) });
  expect(() => diagramOf(regression)).toThrow("lab: looks into networks that tell classes, received values");
});

const names = Object.keys(models) as (keyof typeof models)[];
it.each(names)("an example has values for every step of %s, of the step's shape, and each id once", (name) => {
  const model = models[name];
  const { params } = model.init(3);
  const diagram = diagramOf(model);
  const found = filled(diagram, params, passageOf(model, referenceBackend())!(params, dataOf(name), 1, 1));
  const valued = diagram.steps.flatMap((step) => (step.kind === "map" ? step.parameters : step.id === "L" ? [] : [step, ...step.parts])); // biome-ignore format: one line
  const ids = diagram.steps.flatMap((step) => (step.kind === "map" ? [step, ...step.parameters] : [step, ...step.parts])).map(({ id }) => id); // biome-ignore format: one line
  expect(new Set(ids).size).toBe(ids.length);
  expect(Object.keys(found.values).sort()).toEqual(valued.map(({ id }) => id).sort());
  for (const { id, letter, shape } of valued) {
    const size = shape.reduce((n, length) => n * length, 1);
    expect(found.values[id]!.data, id).toHaveLength(size);
    if (["p", "P", "u"].includes(letter)) continue;
    expect(found.slopes[id]!.data, id).toHaveLength(size);
    expect(found.slopes[id]!.counts.reduce((sum, count) => sum + count)).toBe(size);
  }
  const { label, predicted, loss } = found;
  expect(label).toBe(name === "deep" || name === "gated" ? 1 : 2);
  expect(loss).toBeCloseTo(-Math.log(found.values.P!.data[label]!), 5);
  expect(found.values.P!.data[predicted]).toBe(found.values.P!.most);
});

it("values and derivatives of convolutions and of a cell are the library's for the same image", () => {
  for (const [name, pairs] of [
    ["conv", { y1: [0, "sent"], y2: [1, "sent"], a1: [2, "a"], h1: [2, "sent"], a2: [3, "a"], s: [4, "sent"] }],
    ["lstm", { input1: [0, "input"], forgeta1: [0, "forget:a"], c1: [0, "c"], h1: [0, "h"], y1: [0, "sent"] }],
    ["lif", { spike1: [0, "spike"], spikea1: [0, "spike:a"], V1: [0, "V"], y1: [1, "sent"] }],
  ] as const) {
    const model: Model = models[name];
    const { params } = model.init(3);
    const passage = passageOf(model, referenceBackend())!(params, images, 0, 9);
    const found = filled(diagramOf(model), params, passage);
    for (const [id, [stage, inside]] of Object.entries(pairs)) {
      const { value, slope } = passage.stages[stage]![inside]!;
      expect([...found.values[id]!.data], id).toEqual([...value.data]);
      // What neurons output is judged by the network behind them, whatever their estimator does in training.
      const behind = passage.units.find((units) => units.stage === stage && id.startsWith("h"))?.slopeOfH ?? slope;
      expect([...found.slopes[id]!.data], id).toEqual([...behind.data]);
    }
  }
  const { params } = models.lstm.init(3);
  const passage = passageOf(models.lstm, referenceBackend())!(params, images, 0, 9);
  const { values: of } = filled(diagramOf(models.lstm), params, passage);
  of.forgeta1!.data.forEach((a, i) => expect(of.forgetp1!.data[i]).toBeCloseTo(1 / (1 + Math.exp(-a)), 6));
});

it("calls layers by plain names", () => {
  const namesOf = (name: keyof typeof models) => plainNames(models[name]);
  expect(namesOf("deep")).toEqual({ hidden1: "first hidden layer", hidden2: "second hidden layer", output: "class scores" }); // biome-ignore format: one line
  expect(namesOf("gated")).toEqual({ gater1: "gater", blocks1: "blocks" });
  expect(namesOf("conv")).toMatchObject({ conv1: "convolution", pool1: "convolution", normalise1: "convolution", dense1: "hidden layer" }); // biome-ignore format: one line
  expect(namesOf("lstm")).toMatchObject({ recurrent1: "cell" });
});

it("sends the numbers themselves only where they are few, and counts all of them", () => {
  const few = numbersOf(new NdArray(Float32Array.of(-1, 0, 3), [3]));
  expect([...few.data, few.least, few.most]).toEqual([-1, 0, 3, -1, 3]);
  const many = numbersOf(NdArray.zeros([MOST_SENT + 1]));
  expect(many.data).toHaveLength(0);
  expect(many.counts.reduce((sum, count) => sum + count)).toBe(MOST_SENT + 1);
});
