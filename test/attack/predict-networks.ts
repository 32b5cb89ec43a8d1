import type { Backend } from "../../src/backends/backend.ts";
import { array } from "../../src/graph/index.ts";
import { remembered } from "../../src/models/feed.ts";
import { values } from "../../src/models/heads/values.ts";
import { mlp } from "../../src/models/mlp.ts";
import type { Model } from "../../src/models/model.ts";
import { network } from "../../src/models/network.ts";
import { dense } from "../../src/models/stages/dense.ts";
import type { Predictor } from "../../src/predict/predict.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import { predictor } from "../../src/predict/predictor.ts";
import { save } from "../../src/predict/save.ts";
import { numberNames, type TableColumn } from "../../src/tables/columns.ts";

/** A network of one affine map, whose predictions are known without it. */
export interface Linear {
  readonly bytes: Uint8Array;
  readonly predict: Predictor<Prediction>;
  /** Numbers of an example. */
  readonly size: number;
  readonly shape: readonly number[];
  /** The columns that it knows by name. */
  readonly table?: readonly TableColumn[];
  /** What it predicts for an example: probabilities, or values. */
  expected(x: readonly number[]): readonly number[];
}

const OUTPUTS = 3;
const names = ["yes", "no", 'a, "b"\n'];
export const targets: readonly string[] = ["y", "__proto__", "a,b"];

export const table: readonly TableColumn[] = [
  { name: "a", fill: 2.5 },
  { name: "kind", texts: ["red", "two words", "1"], missing: true },
  { name: "b" },
  { name: "grün", texts: ["x", 'say "x"'], other: true },
  { name: "constructor", fill: -1, missing: true },
];

async function made(
  model: Model,
  shape: readonly number[],
  known: Parameters<typeof remembered>[1],
  on: Backend,
  isSoft: boolean,
): Promise<Linear> {
  // biome-ignore format: one line
  const size = shape.reduce((product, length) => product * length, 1);
  const weight = Float32Array.from({ length: size * OUTPUTS }, (_, i) => (((i * 37) % 23) - 11) / 16);
  const bias = Float32Array.of(0.25, -0.5, 0.125);
  const params = [{ weight: array(weight, { shape: [size, OUTPUTS] }), bias: array(bias) }];
  const bytes = save({ model, params, fields: remembered(model, known) });
  const predict = await predictor<Prediction>(bytes, { backend: on });
  const expected = (x: readonly number[]): number[] => {
    const sums = Array.from(bias, (start, k) =>
      x.reduce((sum, value, i) => sum + Math.fround(value) * weight[i * OUTPUTS + k]!, start),
    );
    if (!isSoft) return sums;
    const most = Math.max(...sums);
    const powers = sums.map((sum) => Math.exp(sum - most));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  };
  return { bytes, predict, size, shape, expected };
}

/** A network of each kind of input that a command may be given: a table's row, plain numbers, an image. */
export async function linearNetworks(on: Backend): Promise<{ table: Linear; numbers: Linear; image: Linear }> {
  const columns = numberNames(table);
  const regression = network({ input: columns.length, stages: [dense({})], head: values(OUTPUTS) }) as Model;
  const classifier = (input: number | readonly number[]): Model =>
    mlp({ input, hidden: [], classes: OUTPUTS }) as Model;
  const label = { classes: names };
  return {
    table: { ...(await made(regression, [columns.length], { x: { columns, table }, y: { columns: targets } }, on, false)), table }, // biome-ignore format: one line
    numbers: await made(classifier(4), [4], { label }, on, true),
    image: await made(classifier([3, 3]), [3, 3], { label }, on, true),
  };
}
