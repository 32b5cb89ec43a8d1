import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { constant, evaluate, mapTree, NdArray } from "../../graph/index.ts";
import { gatedMlp, mlp, recurrentNetwork } from "../../models/index.ts";
import { key } from "../../random/index.ts";
import { rastersOf } from "./raster.ts";

const on = { backend: referenceBackend() };
const inputs = Array.from({ length: 40 }, (_, i) => Math.sin(1 + 7 * i) * 2);
const [names, labels] = [["no", "yes"], Array.from({ length: 20 }, (_, i) => Number(i % 3 === 0))];
const test = labelledSplit("test", inputs, labels);
const data = labelledDataset("small", names, { train: test, valid: test, test });

it("has a row for each unit and a group of examples for each class, of what units output", () => {
  const model = mlp({ input: 2, hidden: [{ units: 3, estimator: "rectifier" }], classes: 2 });
  const { params } = model.init(2);
  const [raster] = rastersOf(model, params, data, on);
  const [{ weight, bias }] = params as [(typeof params)[0]];
  const places = [0, 1].flatMap((label) => labels.flatMap((own, i) => (own === label ? [i] : [])).slice(0, 8));
  expect(raster!.groups).toEqual([
    { name: "no", columns: 8 },
    { name: "yes", columns: 7 },
  ]);
  expect(raster).toMatchObject({ layer: "hidden1", along: "examples", shows: "outputs", noun: "units", units: 3 });
  raster!.rows.forEach((row, unit) => {
    const expected = places.map((i) =>
      Math.max(
        0,
        bias!.data[unit]! + inputs[2 * i]! * weight!.data[unit]! + inputs[2 * i + 1]! * weight!.data[3 + unit]!,
      ),
    );
    expected.forEach((value, i) => expect(row[i]).toBeCloseTo(value, 5));
  });
});

it("calls the units of blocks gates, and shows 48 of many", () => {
  const gated = [{ blocks: 100, gater: { name: "dense", hidden: [] }, gate: "straight-through" }] as const;
  const model = gatedMlp({ input: 2, gated, classes: 2 });
  const [raster] = rastersOf(model, model.init(1).params, data, on);
  expect(raster).toMatchObject({ noun: "gates", units: 100 });
  expect(raster!.rows).toHaveLength(48);
  expect(raster!.rows.flatMap((row) => [...row]).every((value) => value === 0 || value === 1)).toBe(true);
});

it("shows the spikes of a recurrent layer at each step: their number is the share that the network reports", () => {
  const sequences = labelledSplit("test", Array.from({ length: 6 * 10 }, (_, i) => 3 * Math.cos(5 * i)), [0, 0, 1, 0, 1, 1], [5, 2]); // biome-ignore format: one line
  const all = labelledDataset("steps", names, { train: sequences, valid: sequences, test: sequences });
  for (const direction of ["forward", "both"] as const) {
    const model = recurrentNetwork({ input: [5, 2], cell: { name: "lif" }, units: 4, direction, classes: 2 });
    const { params } = model.init(3);
    const [raster] = rastersOf(model, params, all, on);
    const units = direction === "both" ? 8 : 4;
    expect(raster).toMatchObject({ layer: "recurrent1", along: "steps", shows: "spikes", units });
    // The first examples of each class come first, then the others.
    expect(raster!.groups.map(({ name }) => name)).toEqual(["no", "yes", "no", "no"]);
    const places = [0, 2, 1, 3];
    const x = new NdArray(sequences.fields.x.data, [6, 5, 2]);
    const { observed } = model.predict(mapTree(params, (p) => constant(p)), constant(x), "stochastic", key(0)); // biome-ignore format: one line
    const [shares] = evaluate(observed) as [NdArray];
    raster!.rows.forEach((row, unit) => {
      places.forEach((place, i) => {
        const spikes = row.subarray(5 * i, 5 * i + 5).reduce((total, s) => total + s, 0);
        expect(spikes / 5).toBeCloseTo(shares.data[place * units + unit]!, 6);
      });
    });
    expect(raster!.rows.some((row) => row.some((s) => s === 1))).toBe(true);
  }
});

it("has nothing to show of a network without units, or without examples", () => {
  const linear = mlp({ input: 2, hidden: [], classes: 2 });
  expect(rastersOf(linear, linear.init(1).params, data, on)).toEqual([]);
  const none = { ...labelledSplit("test", [], [], [2]), size: 0 };
  const model = mlp({ input: 2, hidden: [{ units: 3, estimator: "rectifier" }], classes: 2 });
  expect(rastersOf(model, model.init(1).params, { ...data, test: none }, on)).toEqual([]);
});
