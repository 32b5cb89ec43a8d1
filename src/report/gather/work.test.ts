import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { gatedMlp, mlp, recurrentNetwork } from "../../models/index.ts";
import { trainingDefaults as training } from "../../train/config.ts";

import { weightTableOf } from "./weight-table.ts";
import { workOf } from "./work.ts";

const backend = referenceBackend();
const dataOf = (values: number, shape = [values]) => {
  const inputs = Array.from({ length: 12 * values }, (_, i) => Math.sin(3 * i));
  const split = labelledSplit(
    "valid",
    inputs,
    Array.from({ length: 12 }, (_, i) => i % 2),
    shape,
  );
  return labelledDataset("small", ["0", "1"], { train: split, valid: split, test: split });
};

it("has each layer's multiply-adds, without those behind closed gates, and they add up to the program's", () => {
  const gated = [
    { blocks: 10, width: 3, output: 4, gater: { name: "dense", hidden: 2 }, gate: "straight-through", open: 0.3 },
    { blocks: 6, width: 2, gater: { name: "dense", hidden: [] }, gate: "straight-through" },
  ] as const;
  const model = gatedMlp({ input: 5, gated, classes: 2 });
  const { accounts, layers } = workOf(model, model.init(4).params, dataOf(5), { backend, training });
  const sum = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  expect(sum(({ dense }) => dense)).toBe(accounts.inference.dense);
  expect(sum(({ done }) => done!)).toBeCloseTo(accounts.inference.done, 6);
  expect(accounts.inference.done).toBeLessThan(accounts.inference.dense);
  expect(layers.find(({ name }) => name === "blocks1")).toMatchObject({ dense: 10 * 3 * (5 + 4) });
});

it("tells no layer's share where it can't be known, as of products with spikes", () => {
  const model = recurrentNetwork({ input: [5, 2], cell: { name: "lif" }, units: 4, classes: 2 });
  const { layers } = workOf(model, model.init(1).params, dataOf(10, [5, 2]), { backend, training });
  expect(layers.every(({ done }) => done === undefined)).toBe(true);
});

it("weights of a table stand by the names of its columns, the largest first", () => {
  const model = mlp({ input: 3, hidden: [{ units: 70, estimator: "disarm" }], classes: 2 });
  const { params } = model.init(1);
  const { data } = params[0]!.weight!;
  for (let unit = 0; unit < 70; unit++)
    [0.1, -5, 1].forEach((w, column) => (data[column * 70 + unit] = w + unit / 1e4));
  const fields = { x: { shape: [3], dtype: "float32", columns: ["mass", "age", "size"] } } as const;
  const found = weightTableOf(model, params, { fields })!;
  expect(found.columns).toEqual(["age", "size", "mass"]);
  expect(found.of).toEqual({ columns: 3, units: 70 });
  expect(found.weights[0]).toHaveLength(64);
  // 64 of 70 units, evenly: the last one is number 68.
  expect(found.weights[2]![63]).toBeCloseTo(0.1 + 68 / 1e4, 6);
  expect(weightTableOf(model, params, { fields: { x: { shape: [3], dtype: "float32" } } })).toBeUndefined();
});
