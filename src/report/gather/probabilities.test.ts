import { expect, it } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { labelledDataset, labelledSplit } from "../../data/testing.ts";
import { mlp } from "../../models/index.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import { BINS, probabilitiesOf } from "./probabilities.ts";

const backend = referenceBackend();
const SIZE = 1200;
const inputs = Array.from({ length: 2 * SIZE }, (_, i) => Math.sin(1 + 7 * i) * 3);
const labels = Array.from({ length: SIZE }, (_, i) => Number(i % 3 === 0));
const test = labelledSplit("test", inputs, labels);
const data = labelledDataset("small", ["no", "yes"], { train: test, valid: test, test });

it("counts the probability of every unit and example, over several calls, and averages it by class", () => {
  const model = mlp({ input: 2, hidden: [{ units: 3, estimator: "disarm" }], classes: 2 });
  const { params } = model.init(5);
  const [{ weight, bias }] = params as [(typeof params)[0]];
  const examples = 1100;
  const [found, ...others] = probabilitiesOf(model, params, data, { backend, examples });
  expect(others).toEqual([]);
  expect(found).toMatchObject({ layer: "hidden1", units: 3, examples });
  const p = Array.from({ length: examples }, (_, i) =>
    [0, 1, 2].map((unit) =>
      sigmoid(bias!.data[unit]! + inputs[2 * i]! * weight!.data[unit]! + inputs[2 * i + 1]! * weight!.data[3 + unit]!),
    ),
  );
  const all = p.flat();
  expect(found!.undecided).toBeCloseTo(all.filter((value) => value >= 0.1 && value <= 0.9).length / all.length, 10);
  expect(found!.undecided).toBeGreaterThan(0.1);
  expect(found!.undecided).toBeLessThan(1);
  const wanted = new Array<number>(BINS).fill(0);
  for (const value of all) wanted[Math.min(BINS - 1, Math.floor(value * BINS))]!++;
  expect([...found!.counts]).toEqual(wanted);
  for (const label of [0, 1])
    for (let unit = 0; unit < 3; unit++) {
      const own = p.flatMap((row, i) => (labels[i] === label ? [row[unit]!] : []));
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      expect(found!.byClass[3 * label + unit]).toBeCloseTo(mean, 5);
    }
});

it("has nothing to say of layers that don't draw", () => {
  const model = mlp({ input: 2, hidden: [{ units: 3, estimator: "rectifier" }], classes: 2 });
  expect(probabilitiesOf(model, model.init(1).params, data, { backend })).toEqual([]);
});
