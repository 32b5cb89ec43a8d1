import type { Figure } from "../../statistics/figure.ts";
import { bySeed } from "../../statistics/paired.ts";
import { mean, variance } from "../../statistics/sample.ts";
import { meanInterval } from "../../statistics/student.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import { type Judged, judge, type Values } from "./claims.ts";
import type { Plan } from "./plan.ts";
import { type Published, type RowName, rowNamed, type Setting } from "./rows.ts";
import { chosenSetting, type TrialRecord } from "./study.ts";
import type { Outcome } from "./trial.ts";

/** A number over the seeds. */
export interface Spread extends Figure {
  /** Standard deviation between seeds; 0 for a single one. */
  readonly sd: number;
  /** By seed, in order. */
  readonly values: readonly number[];
}

/** A row of the table: what its trainings gave. Errors and rates in per cent, NLL in nats. */
export interface RowResult {
  readonly row: RowName;
  readonly title: string;
  readonly published?: Published;
  readonly setting: Setting;
  /** Validation errors by which the setting was chosen, in the order of the row's settings. */
  readonly tried: readonly { readonly label: string; readonly valid: number }[];
  readonly seeds: readonly number[];
  /** Training NLL, geometric mean over the seeds, with the interval of the mean log. */
  readonly nll: Spread;
  readonly valid: Spread;
  /** Noise off, gates open where they pass the threshold. */
  readonly test: Spread;
  /** Gates sampled, as in training. */
  readonly sampled: Spread;
  /** Share of gates that are open on the test set, sampled and in the deterministic readout behind the threshold. */
  readonly on: Spread;
  readonly open: Spread;
  /** The selected epoch. */
  readonly epoch: Spread;
  readonly secondsPerEpoch: number;
  /** Multiply-adds of one example at test: all of them, and those of open gates alone. */
  readonly multiplyAdds: { readonly dense: number; readonly done: number };
}

export interface Results {
  readonly plan: Plan;
  readonly rows: readonly RowResult[];
  readonly claims: readonly Judged[];
}

export function spread(values: readonly number[]): Spread {
  return { ...meanInterval(values), sd: values.length > 1 ? Math.sqrt(variance(values)) : 0, values };
}

/** The geometric mean: training NLLs differ by factors. */
function geometric(values: readonly number[]): Spread {
  const { value, low, high, sd } = spread(values.map(Math.log));
  return { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high), sd: Math.exp(value) * sd, values };
}

/** The final trainings of a row (not those that chose its setting), by seed. */
export const finalsOf = (records: readonly TrialRecord[], row: RowName): TrialRecord[] =>
  records.filter((record) => record.row === row && record.seed < TUNING_SEED).sort((a, b) => a.seed - b.seed);

/** The table and the verdicts from whatever trainings there are: rows without a final training are omitted. */
export function resultsOf(records: readonly TrialRecord[], plan: Plan): Results {
  const rows = plan.rows.flatMap((name) => {
    const finals = finalsOf(records, name);
    return finals.length === 0 ? [] : [rowResult(name, finals, records, plan)];
  });
  const values: Values = (row, measure) =>
    bySeed(finalsOf(records, row), ({ outcome }) =>
      measure === "test error" ? outcome.test!.thresholded.error : Math.log(outcome.train.nll),
    );
  return { plan, rows, claims: judge(values) };
}

function rowResult(
  name: RowName,
  finals: readonly TrialRecord[],
  records: readonly TrialRecord[],
  plan: Plan,
): RowResult {
  const { title, published, settings } = rowNamed(name);
  const of = (value: (outcome: Outcome) => number): Spread => spread(finals.map(({ outcome }) => value(outcome)));
  const { setting, tried } = chosenSetting(records, name, plan);
  return {
    row: name,
    title,
    ...(published && { published }),
    setting: settings[setting]!,
    tried: tried.map((valid, i) => ({ label: settings[i]!.label, valid })),
    seeds: finals.map(({ seed }) => seed),
    nll: geometric(finals.map(({ outcome }) => outcome.train.nll)),
    valid: of(({ valid }) => valid.error),
    test: of(({ test }) => test!.thresholded.error),
    sampled: of(({ test }) => test!.stochastic.error),
    on: of(({ test }) => test!.on),
    open: of(({ test }) => test!.open),
    epoch: of(({ epoch }) => epoch),
    secondsPerEpoch: mean(finals.map(({ outcome }) => outcome.secondsPerEpoch)),
    multiplyAdds: {
      dense: finals[0]!.outcome.multiplyAdds.dense,
      done: mean(finals.map(({ outcome }) => outcome.multiplyAdds.done)),
    },
  };
}
