import { permutation } from "../../data/batches.ts";
import type { SplitName } from "../../data/dataset.ts";
import { datasetFromArrays } from "../../data/from-arrays.ts";
import { NdArray } from "../../graph/index.ts";
import { fitPreprocess } from "../../layers/preprocess/index.ts";
import { classes as classesHead } from "../../models/heads/classes.ts";
import { values as valuesHead } from "../../models/heads/values.ts";
import { network as networkOf } from "../../models/network.ts";
import { dense } from "../../models/stages/dense.ts";
import { philoxWords } from "../../random/index.ts";
import { train as trainNetwork } from "../../train/train.ts";
import type { Around, Baseline, Problem } from "./baseline.ts";

const UNITS = 64;
/** Steps of training at most, rows of a step, and the share of the rows that choose the epoch. */
const [STEPS, BATCH, VALID] = [2000, 20, 1 / 6];
/** Keeps the words of the division apart from all other draws ("VALI"). */
const VALID_DOMAIN = 0x56414c49;

/** What `npx heaviside train` makes of a table, with fewer steps. */
export const network: Baseline = {
  names: { classes: "64 neurons that fire", values: "64 neurons that fire" },
  summary: "a hidden layer of 64 binary neurons (straight-through-slope), Adam at 0.01, at most 2,000 steps of 20 rows",
  error(problem, test, around) {
    const order = permutation(problem.train.length, philoxWords([0, 0], VALID_DOMAIN)).map((i) => problem.train[i]!);
    const validated = Math.max(1, Math.round(VALID * order.length));
    const splits = { valid: order.slice(0, validated), train: order.slice(validated), test };
    return problem.classes > 0 ? classified(problem, splits, around) : regressed(problem, splits, around);
  },
};

type Splits = Readonly<Record<SplitName, Int32Array>>;

const epochsFor = (rows: number): number => Math.max(1, Math.min(100, Math.floor((STEPS * BATCH) / rows)));

const settings = (rows: number, { backend, signal }: Around) => ({
  ...{ epochs: epochsFor(rows), batch: Math.min(BATCH, rows), optimizer: { name: "adam" as const, rate: 0.01 } },
  ...{ backend, signal, onWarning: () => {} },
});

const stages = () => [dense({ units: UNITS, estimator: "straight-through-slope" }), dense({})];

/** The rows of each split. */
const each = <T>(splits: Splits, of: (rows: Int32Array) => T): Record<SplitName, T> => ({
  train: of(splits.train),
  valid: of(splits.valid),
  test: of(splits.test),
});

function inputs({ x, width }: Problem, rows: Int32Array): NdArray {
  const data = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(x.subarray(row * width, (row + 1) * width), i * width);
  return new NdArray(data, [rows.length, width]);
}

async function classified(problem: Problem, splits: Splits, around: Around): Promise<number> {
  const { classes, target, width } = problem;
  const arrays = each(splits, (rows) => ({
    x: inputs(problem, rows),
    label: Int32Array.from(rows, (row) => target[row]!),
  }));
  const data = datasetFromArrays(arrays, { classes: { label: classes } });
  const model = networkOf({ input: width, stages: stages(), head: classesHead(classes) });
  const { test } = await trainNetwork(model, data, settings(splits.train.length, around));
  return test.deterministic.error;
}

async function regressed(problem: Problem, splits: Splits, around: Around): Promise<number> {
  const { target, width } = problem;
  const arrays = each(splits, (rows) => ({
    x: inputs(problem, rows),
    y: new NdArray(
      Float32Array.from(rows, (row) => target[row]!),
      [rows.length, 1],
    ),
  }));
  const data = datasetFromArrays(arrays);
  const scale = fitPreprocess("standardise", data.train.fields.y);
  const model = networkOf({ input: width, stages: stages(), head: valuesHead(1, { scale }) });
  const { test } = await trainNetwork(model, data, settings(splits.train.length, around));
  return test.deterministic.rmse;
}
