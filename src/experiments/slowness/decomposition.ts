import type { Figure } from "../../statistics/figure.ts";
import { bySeed, paired } from "../../statistics/paired.ts";
import { ratioInterval } from "../../statistics/ratio.ts";
import { meanRow } from "../../statistics/sample.ts";
import { meanInterval } from "../../statistics/student.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import type { ArmName } from "./arms.ts";
import type { PartName } from "./plan.ts";
import type { StudyRecord, TrialRecord } from "./study.ts";
import type { Outcome, Point } from "./trial.ts";

/** The three reasons that the question names. */
export const reasons = ["quantisation", "bias", "noise"] as const;
export type Reason = (typeof reasons)[number];

/**
 * From the sigmoid network to the binary one, one reason at a time. Bias is only there once units decide, so these are all the orders
 * in which the reasons can come. Each step's arm differs from the one before in that reason alone.
 */
export const routes: readonly (readonly (readonly [Reason, ArmName])[])[] = [
  [
    ["quantisation", "exact"],
    ["bias", "expected"],
    ["noise", "k1"],
  ],
  [
    ["quantisation", "exact"],
    ["noise", "exactNoise"],
    ["bias", "k1"],
  ],
  [
    ["noise", "sigmoidNoise"],
    ["quantisation", "exactNoise"],
    ["bias", "k1"],
  ],
];

/** Arms that the routes pass. */
export const routeArms: readonly ArmName[] = ["sigmoid", "sigmoidNoise", "exact", "exactNoise", "expected", "k1"];

/** One number of a trial, lower is better. */
export type Metric = (outcome: Outcome) => number;

/** The results (not the choice of rates) of one arm, in the order of the seeds. */
export const finals = (records: readonly StudyRecord[], part: PartName, arm: ArmName): readonly TrialRecord[] =>
  records
    .filter((r): r is TrialRecord => r.kind === "trial" && r.part === part && r.arm === arm && r.seed < TUNING_SEED)
    .sort((a, b) => a.seed - b.seed);

/** What a reason adds to the gap, and its share of it. */
export interface Share {
  readonly reason: Reason;
  readonly step: Figure;
  readonly share: Figure;
}

export interface Decomposition {
  /** The metric of each arm at the ends, and their difference. */
  readonly from: Figure;
  readonly to: Figure;
  readonly gap: Figure;
  /** One list of shares for each route. The steps of a route add up to the gap, seed by seed. */
  readonly routes: readonly (readonly Share[])[];
  /** The mean over the routes, in the order of `reasons`. */
  readonly shares: readonly Share[];
}

/** @param value each arm's metric, a number for each seed */
export function decompose(value: (arm: ArmName) => readonly number[]): Decomposition {
  const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x - b[i]!);
  const gap = minus(value("k1"), value("sigmoid"));
  const steps = routes.map((route) =>
    route.map(([reason, arm], i) => ({
      reason,
      step: minus(value(arm), value(i === 0 ? "sigmoid" : route[i - 1]![1])),
    })),
  );
  const shareOf = (reason: Reason, step: readonly number[]): Share => ({
    reason,
    step: meanInterval(step),
    share: ratioInterval(step, gap),
  });
  return {
    from: meanInterval(value("sigmoid")),
    to: meanInterval(value("k1")),
    gap: meanInterval(gap),
    routes: steps.map((route) => route.map(({ reason, step }) => shareOf(reason, step))),
    shares: reasons.map((reason) => {
      const found = steps.map((route) => route.find((s) => s.reason === reason)!.step);
      return shareOf(reason, meanRow(found));
    }),
  };
}

/** The step at which a curve first is at or under a level, between points by a straight line; ∞ where it never is. */
export function stepsTo(level: number, curve: readonly Point[], of: (point: Point) => number): number {
  const at = curve.findIndex((point) => of(point) <= level);
  if (at < 0) return Number.POSITIVE_INFINITY;
  if (at === 0) return curve[0]!.step;
  const [before, after] = [curve[at - 1]!, curve[at]!];
  const part = (of(before) - level) / (of(before) - of(after));
  return before.step + part * (after.step - before.step);
}

/**
 * log of the steps that each arm takes to the best level that all of these arms reach with a seed: its differences are logs of how many
 * times as many steps one takes. One list for each arm, a number for each seed.
 */
export function logSteps(
  records: readonly StudyRecord[],
  part: PartName,
  names: readonly ArmName[],
  of: (point: Point) => number,
): (arm: ArmName) => readonly number[] {
  const curves = new Map(names.map((arm) => [arm, finals(records, part, arm).map(({ outcome }) => outcome.curve)]));
  const seeds = curves.get(names[0]!)!.length;
  const levels = Array.from({ length: seeds }, (_, i) =>
    Math.max(...names.map((arm) => Math.min(...curves.get(arm)![i]!.map(of)))),
  );
  return (arm) => curves.get(arm)!.map((curve, i) => Math.log(stepsTo(levels[i]!, curve, of)));
}

/** The differences of two arms of a part, seed by seed. */
export const differences = (
  records: readonly StudyRecord[],
  part: PartName,
  arm: ArmName,
  than: ArmName,
  metric: Metric,
): number[] => {
  const of = (name: ArmName) => bySeed(finals(records, part, name), ({ outcome }) => metric(outcome));
  return paired(of(arm), of(than));
};
