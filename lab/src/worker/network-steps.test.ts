import { expect, it } from "vitest";
import { referenceBackend } from "../../../src/backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../../src/data/testing.ts";
import { NdArray } from "../../../src/graph/index.ts";
import { dense, gatedMlp, mlp, network, values } from "../../../src/models/index.ts";
import { passageOf } from "../../../src/report/gather/passage.ts";
import { MOST_SENT } from "./network-messages.ts";
import { filled, numbersOf, stepsOf } from "./network-steps.ts";

const inputs = Array.from({ length: 30 }, (_, i) => Math.sin(1 + 7 * i) * 2);
const test = labelledSplit("test", inputs, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0], [3]);
const data = labelledDataset("small", ["a", "b", "c"], { train: test, valid: test, test });
const gate = { name: "top-k", k: 2 } as const;
/** It has a parameter that no gradient moves. */
const sparsity = [{ name: "balance", target: 0.3, step: 0.01 }] as const;
const models = {
  deep: mlp({ input: 3, hidden: [{ units: 4, estimator: "disarm" }, { units: 5, estimator: "rectifier" }], classes: 3 }), // biome-ignore format: one line
  gated: gatedMlp({ input: 3, gated: [{ blocks: 6, width: 2, gater: { name: "dense", hidden: [] }, gate, sparsity }], classes: 3 }), // biome-ignore format: one line
};

it("has a step for all that is computed, from the input to the loss, with shapes", () => {
  const said = (model: (typeof models)["deep"]) =>
    stepsOf(model).map((step) => (step.kind === "map" ? step.formula : `${step.id} ${step.shape.join("×")}`.trim()));
  expect(said(models.deep)).toEqual([
    "x 3",
    ...["a = W·x + b", "a1 4", "p = σ(a)", "p1 4", "h = 1[u < p]", "h1 4"],
    ...["a = W·h + b", "a2 5", expect.stringMatching(/^h = /), "h2 5"],
    ...["s = W·h + b", "s 3", "softmax(s)", "P 3", "L = −log P(label)", "L"],
  ]);
  expect(said(models.gated)).toEqual([
    "x 3",
    ...["a = W·x + b", "a1 6", "h = top-k(a)", "h1 6", "Σₖ hₖ · f(Wₖx + bₖ)Vₖ + c", "s 3"],
    ...["softmax(s)", "P 3", "L = −log P(label)", "L"],
  ]);
  const regression = network({ input: 3, stages: [dense({ units: 1 })], head: values(1) });
  expect(() => stepsOf(regression)).toThrow("lab: looks into networks that tell classes, received values");
});

it.each(["deep", "gated"] as const)("an example has values for every step of %s, of the step's shape", (name) => {
  const model = models[name];
  const { params } = model.init(3);
  const found = filled(model, params, passageOf(model, referenceBackend())!(params, data, 4, 1));
  const valued = stepsOf(model).flatMap((step) => (step.kind === "map" ? step.parameters : step.id === "L" ? [] : [step])); // biome-ignore format: one line
  expect(Object.keys(found.values).sort()).toEqual(valued.map(({ id }) => id).sort());
  for (const { id, shape } of valued) {
    const size = shape.reduce((n, length) => n * length, 1);
    expect(found.values[id]!.data, id).toHaveLength(size);
    if (/^[pPu]/.test(id)) continue;
    expect(found.slopes[id]!.data, id).toHaveLength(size);
    expect(found.slopes[id]!.counts.reduce((sum, count) => sum + count)).toBe(size);
  }
  const { label, predicted, loss } = found;
  expect(label).toBe(1);
  expect(loss).toBeCloseTo(-Math.log(found.values.P!.data[label]!), 5);
  expect(found.values.P!.data[predicted]).toBe(found.values.P!.most);
});

it("sends the numbers themselves only where they are few, and counts all of them", () => {
  const few = numbersOf(new NdArray(Float32Array.of(-1, 0, 3), [3]));
  expect([...few.data, few.least, few.most]).toEqual([-1, 0, 3, -1, 3]);
  const many = numbersOf(NdArray.zeros([MOST_SENT + 1]));
  expect(many.data).toHaveLength(0);
  expect(many.counts.reduce((sum, count) => sum + count)).toBe(MOST_SENT + 1);
});
