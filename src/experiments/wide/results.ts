import { errorOfRate } from "../../cost/matched-width.ts";
import type { Figure } from "../../statistics/figure.ts";
import { bySeed, paired } from "../../statistics/paired.ts";
import { meanInterval } from "../../statistics/student.ts";
import { type Arm, armsOn, type WidePlan } from "./plan.ts";
import type { TimingRecord, TrainingRecord, WideRecord } from "./study.ts";

/** An arm on one data set. Errors are in per cent, seeds in order. */
export interface ArmResult {
  readonly data: string;
  readonly arm: Arm;
  readonly rate: number;
  readonly valid: readonly number[];
  readonly test: readonly number[];
  readonly mean: number;
  /** What it has against the dense network; absent for that one itself. */
  readonly against?: {
    /** Its test errors minus the dense network's, over the seeds. */
    readonly difference: Figure;
    /** The standard error of one test error of the dense network: what as many examples can tell. */
    readonly standardError: number;
    /** Whether it errs at most one such standard error more. */
    readonly equal: boolean;
  };
}

export interface WideResults {
  readonly plan: WidePlan;
  readonly arms: readonly ArmResult[];
  readonly times: readonly Omit<TimingRecord, "kind">[];
}

/** What the records of a whole study say. `testSize`: examples of each test set. */
export function resultsOf(records: readonly WideRecord[], plan: WidePlan, testSize: number): WideResults {
  const runs = records.filter((record): record is TrainingRecord => record.kind === "run");
  const runsOf = (data: string, arm: Arm): readonly TrainingRecord[] =>
    runs.filter((run) => run.data === data && run.arm === arm).sort((a, b) => a.seed - b.seed);
  const errorsOf = (data: string, arm: Arm) => bySeed(runsOf(data, arm), ({ test }) => test!);
  const found = plan.data.flatMap((data) =>
    armsOn(plan, data).map((arm): ArmResult => {
      const own = runsOf(data, arm);
      const test = own.map((run) => run.test!);
      const mean = test.reduce((sum, error) => sum + error / test.length, 0);
      return { ...{ data, arm, rate: own[0]!.rate, valid: own.map((run) => run.valid) }, ...{ test, mean } };
    }),
  );
  const compared = found.map((result): ArmResult => {
    if (result.arm === "dense") return result;
    const dense = found.find(({ data, arm }) => data === result.data && arm === "dense")!;
    const difference = meanInterval(paired(errorsOf(result.data, result.arm), errorsOf(result.data, "dense")));
    const standardError = errorOfRate(dense.mean, testSize);
    return { ...result, against: { difference, standardError, equal: result.mean - dense.mean <= standardError } };
  });
  const times = records
    .flatMap((record) => (record.kind === "times" ? [record] : []))
    .map(({ kind: _, ...rest }) => rest);
  return { plan, arms: compared, times };
}
