import { UserError } from "../errors.ts";
import type { Mode } from "../estimators/estimator.ts";
import type { Decision } from "./cell.ts";
import { callingOf, isLocal } from "./decide.ts";

/** A training step's graph has every one of these steps: more take minutes to plan, and a deeper recursion than the stack holds. */
const MOST_TRACED = 1000;
/** Operations of those steps' estimates. An estimate that takes derivatives has hundreds, so fewer steps are allowed. */
const MOST_OPERATIONS = 100_000;
/** Copies of the batch, summed over those steps: what the arithmetic costs. */
const MOST_COPIES = 100_000;

/** A run of a cell, whose downstream network begins with the run after it. */
export interface Run {
  readonly decisions: readonly Decision[];
  readonly steps: number;
}

/** What one training step of decisions in time costs. */
export interface Cost {
  /** Steps of a cell that are traced. */
  readonly traced: number;
  /** The same with a step counted for each copy of the batch that it runs on. */
  readonly copies: number;
}

/** Costs of what follows, by how it is called: a live call, a path call, and one without estimators. */
interface Following {
  readonly live: number;
  readonly path: number;
  readonly plain: number;
}

/**
 * What `throughTime` costs for runs one after the other. Each estimator calls all that follows its decision, so a pair of samples at each of T
 * steps takes T²/2, and what asks twice for derivatives 2^T.
 */
export function costThroughTime(runs: readonly Run[]): Cost {
  return { traced: total(runs, () => 1), copies: total(runs, (copies) => copies) };
}

function total(runs: readonly Run[], weight: (copies: number) => number): number {
  let after: Following = { live: 0, path: 0, plain: 0 };
  for (const { decisions, steps } of runs.toReversed()) {
    const asking = decisions.filter((decision) => !isLocal(decision)).toReversed();
    for (let step = 0; step < steps; step++) {
      after = { live: after.live + 1, path: after.path + 1, plain: after.plain + 1 };
      for (const { estimator, units } of asking) {
        const { calls } = callingOf(estimator, units);
        const sum = (within: "live" | "path"): number =>
          calls.reduce((cost, { mode, copies }) => cost + weight(copies) * after[followingOf(mode, within)], 1);
        after = { live: sum("live"), path: sum("path"), plain: after.plain };
      }
    }
  }
  return after.live;
}

const followingOf = (mode: Mode, within: "live" | "path"): keyof Following => {
  if (mode === "live") return within;
  return mode === "path" ? "path" : "plain";
};

/** The most steps that may be traced with these estimators. */
const mostTraced = (asking: readonly Decision[]): number =>
  Math.min(
    MOST_TRACED,
    ...asking.map(({ estimator, units }) => Math.floor(MOST_OPERATIONS / callingOf(estimator, units).operations)),
  );

/** Throws UserError, naming `subject`, where estimators that need all that follows a decision would cost too much for so long a sequence. */
export function checkThroughTime(subject: string, runs: readonly Run[]): void {
  const asking = runs.flatMap(({ decisions }) => decisions.filter((decision) => !isLocal(decision)));
  if (asking.length === 0) return;
  const limit = mostTraced(asking);
  const fits = ({ traced, copies }: Cost): boolean => traced <= limit && copies <= MOST_COPIES;
  const cost = costThroughTime(runs);
  if (fits(cost)) return;
  const steps = runs[0]!.steps;
  const names = [...new Set(asking.map(({ estimator }) => estimator.card.name))].join(", ");
  let most = 0;
  while (fits(costThroughTime(runs.map((run) => ({ ...run, steps: most + 1 }))))) most++;
  const count = (n: number): string => (n < 1e6 ? Math.round(n).toLocaleString("en") : n.toExponential(0));
  const sizes = `${count(cost.traced)} steps on ${count(cost.copies)} copies of the batch`;
  const instead = "a local estimator, such as straight-through-slope, takes any length";
  throw new UserError(
    `${subject}: ${names} runs all later steps again at each step: at most ${count(limit)} steps on ${count(MOST_COPIES)} copies of the batch, received sequences of ${steps} steps, which take ${sizes}; ${most > 0 ? `take at most ${most} steps, or ` : ""}${instead}`,
  );
}
