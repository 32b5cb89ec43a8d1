import type { Figure } from "../../statistics/figure.ts";
import { holm } from "../../statistics/holm.ts";
import { bySeed, paired } from "../../statistics/paired.ts";
import { mean, median } from "../../statistics/sample.ts";
import { meanInterval, meanTest } from "../../statistics/student.ts";
import { type HandInput, type HandUnit, handInput, handTrace, handUnits, type Trace } from "./hand.ts";
import type { NeuronsPlan } from "./plan.ts";
import { measureOf, nameOf, type Problem, SOLVED } from "./problems.ts";
import { chosenRate, type NeuronsRecord } from "./study.ts";
import type { LearnedTrace } from "./trained.ts";
import type { VariantName } from "./variants.ts";

/** Who all others are compared with. */
export const REFERENCE: VariantName = "lstm";

/** A variant on one problem, over the seeds. */
export interface CellResult {
  readonly problem: string;
  readonly variant: VariantName;
  readonly rate: number;
  /** Test errors as the task measures them, in the order of the seeds. A training that diverged has the baseline's. */
  readonly errors: readonly number[];
  readonly diverged: number;
  /** The geometric mean of the test errors as shares of the baseline's. */
  readonly share: number;
  /** Whether it is a tenth of the baseline's or less in every seed, and in how many. */
  readonly solved: boolean;
  readonly solvedSeeds: number;
  /** The median of the training steps until a validation was solved, over the seeds in which one was. */
  readonly solvedAt: number | undefined;
  /** The medians over the seeds. */
  readonly seconds: number;
  readonly sequencesPerSecond: number;
  readonly parameters: number;
  /** How many times the reference's error, seed by seed; the p-value is Holm's over the variants of a problem. Undefined for the reference. */
  readonly against: { readonly ratio: Figure; readonly p: number } | undefined;
  readonly curve: readonly { readonly step: number; readonly error: number }[];
}

/** A problem with its baseline and all variants. */
export interface ProblemResult {
  readonly problem: Problem;
  readonly name: string;
  readonly measures: string;
  readonly baseline: number;
  readonly cells: readonly CellResult[];
}

/** The time constants of a trained variant. */
export interface TimesResult {
  readonly variant: VariantName;
  readonly marked: readonly number[];
  readonly elsewhere: readonly number[];
  /** How many times as short it is where a value is to be remembered, and the p-value of "not at all"; paired by seed. */
  readonly shorter: Figure;
  readonly p: number;
  /** Of the first seed. */
  readonly shown: LearnedTrace;
}

export interface NeuronsResults {
  readonly plan: NeuronsPlan;
  readonly problems: readonly ProblemResult[];
  readonly hand: { readonly input: HandInput; readonly traces: Readonly<Record<HandUnit, Trace>> };
  readonly times: readonly TimesResult[];
}

/** What the records of all tasks say. */
export function resultsOf(records: readonly NeuronsRecord[], plan: NeuronsPlan): NeuronsResults {
  const input = handInput();
  const traces = Object.fromEntries(handUnits.map((name) => [name, handTrace(name, input)]));
  return {
    plan,
    problems: plan.problems.map((problem) => problemResult(records, plan, problem)),
    hand: { input, traces: traces as Record<HandUnit, Trace> },
    times: plan.variants.flatMap((variant) => timesResult(records, variant)),
  };
}

const runsOf = (records: readonly NeuronsRecord[], problem: string, variant: VariantName): NeuronsRecord[] =>
  records
    .filter((r) => r.kind === "run" && r.problem === problem && r.variant === variant)
    .sort((a, b) => a.seed - b.seed);

function problemResult(records: readonly NeuronsRecord[], plan: NeuronsPlan, problem: Problem): ProblemResult {
  const { measures, baseline } = measureOf(problem);
  const name = nameOf(problem);
  const logs = (variant: VariantName) =>
    bySeed(runsOf(records, name, variant), (run) => Math.log(errorOf(run, baseline)));
  const compared = plan.variants.filter((variant) => variant !== REFERENCE);
  const differences = plan.variants.includes(REFERENCE)
    ? compared.map((variant) => paired(logs(variant), logs(REFERENCE)))
    : [];
  const ps = holm(differences.map(meanTest));
  const against = new Map(
    differences.map((values, i) => [compared[i]!, { ratio: exponential(meanInterval(values)), p: ps[i]! }]),
  );
  const cells = plan.variants.map((variant): CellResult => {
    const runs = runsOf(records, name, variant);
    const errors = runs.map((run) => errorOf(run, baseline));
    const solvedSeeds = errors.filter((error) => error <= SOLVED * baseline).length;
    const times = runs.flatMap(({ solvedAt }) => (solvedAt === null ? [] : [solvedAt]));
    const over = (of: (run: NeuronsRecord) => number): number => median(runs.map(of));
    return {
      ...{ problem: name, variant, rate: chosenRate(records, plan, name, variant), errors },
      diverged: runs.filter(({ test }) => test === null).length,
      share: Math.exp(mean(errors.map((error) => Math.log(error / baseline)))),
      ...{ solved: solvedSeeds === runs.length, solvedSeeds },
      solvedAt: times.length > 0 ? median(times) : undefined,
      seconds: over(({ seconds }) => seconds),
      sequencesPerSecond: over(({ sequencesPerSecond }) => sequencesPerSecond),
      parameters: over(({ parameters }) => parameters),
      against: against.get(variant),
      curve: meanCurve(runs),
    };
  });
  return { problem, name, measures, baseline, cells };
}

/** An error of exactly 0 has no logarithm: this is below what a test set can tell from it. */
const LEAST = 1e-9;

const errorOf = ({ test }: NeuronsRecord, baseline: number): number =>
  test === null ? baseline : Math.max(test, LEAST * baseline);

const exponential = ({ value, low, high }: Figure): Figure => ({
  value: Math.exp(value),
  low: Math.exp(low),
  high: Math.exp(high),
});

/** The geometric mean over the seeds at each validation that all of them have. */
function meanCurve(runs: readonly NeuronsRecord[]): CellResult["curve"] {
  const curves = runs.map(({ curve }) => curve).filter((curve) => curve.length > 0);
  return (curves[0] ?? []).flatMap(({ step }, i) => {
    const errors = curves.flatMap((curve) => (curve[i] ? [curve[i].error] : []));
    return errors.length === curves.length ? [{ step, error: Math.exp(mean(errors.map(Math.log))) }] : [];
  });
}

function timesResult(records: readonly NeuronsRecord[], variant: VariantName): TimesResult[] {
  const traces = records
    .filter((r) => r.kind === "run" && r.variant === variant)
    .sort((a, b) => a.seed - b.seed)
    .flatMap(({ trace }) => (trace ? [trace] : []));
  const [shown] = traces;
  if (!shown) return [];
  const ratios = traces.map(({ times }) => Math.log(times.elsewhere / times.marked));
  return [
    {
      variant,
      marked: traces.map(({ times }) => times.marked),
      elsewhere: traces.map(({ times }) => times.elsewhere),
      ...{ shorter: exponential(meanInterval(ratios)), p: meanTest(ratios), shown },
    },
  ];
}
