import { UserError } from "../errors.ts";
import { type Figure, within } from "../statistics/figure.ts";
import { figure, type Moments, relativeVariance, squaredResidual } from "../statistics/jackknife.ts";
import { isUnbiased, judgedScale, type Row } from "./row.ts";

/** What a step may cost: in times of the cheapest step, in forward passes, or in seconds. */
export interface Budget {
  /** What the budget is counted in. */
  readonly unit: "times the cheapest step" | "forward passes" | "seconds";
  /** How many of them. */
  readonly value: number;
}

/** An estimator that fits: how many of its estimates a step can average, and the expected squared error of that mean over ‖g‖². */
export interface Ranked {
  /** The estimator's name. */
  readonly estimator: string;
  /** Estimates that a step can average within the budget. */
  readonly averaged: number;
  /** The expected squared error of their mean, as a share of ‖g‖². */
  readonly error: Figure;
}

/** The estimator that a budget suggests, and those that it was chosen from. */
export interface Choice {
  /** The budget that was given. */
  readonly budget: Budget;
  /** Left out where the choice is abstained from. */
  readonly chosen?: string;
  /** Those whose intervals overlap the best one's, the best one first; one name where there is a choice. */
  readonly tied: readonly string[];
  /** By error. */
  readonly ranked: readonly Ranked[];
  /** Estimators that do not fit, and why. */
  readonly excluded: readonly { readonly estimator: string; readonly reason: string }[];
}

const units: Readonly<Record<string, readonly [Budget["unit"], number]>> = {
  x: ["times the cheapest step", 1],
  evals: ["forward passes", 1],
  eval: ["forward passes", 1],
  s: ["seconds", 1],
  ms: ["seconds", 1e-3],
  us: ["seconds", 1e-6],
};

/**
 * Reads 2x, 4evals, 5ms. Throws UserError for anything else.
 * @param subject what is read, for errors
 */
export function parseBudget(text: string, subject = "budget"): Budget {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-z]+)\s*$/.exec(text) ?? [];
  const found = unit === undefined ? undefined : units[unit];
  if (!found || !(Number(number) > 0 && Number(number) < Infinity))
    throw new UserError(
      `${subject}: must be a number above 0 with x (times the cheapest step), evals (forward passes), ms or s, as in 2x, 4evals, 5ms; received ${text}`,
    );
  return { unit: found[0], value: Number(number) * found[1] };
}

/**
 * Which estimator has the gradient with the lowest expected squared error where a step averages as many estimates as the budget has
 * room for (each at the price of a whole step):
 *
 *     min_c ‖c E ĝ − g‖² / ‖g‖²  +  c² variance / n / ‖g‖²
 *
 * with c = 1 and no first term for unbiased ones. Abstains where the best one's 95 % interval overlaps another's.
 * Throws UserError where nothing fits into the budget.
 */
export function choose(rows: readonly Row[], budget: Budget): Choice {
  const cheapest = Math.min(...rows.map(({ seconds }) => seconds.value));
  const room = (row: Row, seconds: number): number =>
    Math.floor(
      budget.unit === "forward passes"
        ? budget.value / row.forward
        : (budget.unit === "seconds" ? budget.value : budget.value * cheapest) / seconds + 1e-9,
    );
  const ranked: Ranked[] = [];
  const excluded: { estimator: string; reason: string }[] = [];
  for (const row of rows) {
    const { estimator, seconds } = row;
    const averaged = room(row, seconds.value);
    if (!row.sameUnits) excluded.push({ estimator, reason: "it trains units of another kind" });
    else if (averaged < 1) excluded.push({ estimator, reason: "one step costs more than the budget" });
    else {
      // What the clock isn't sure of widens the interval; an estimate that fits is always one.
      const [fewest, most] = [seconds.high, seconds.low].map((at) => Math.max(1, room(row, at))) as [number, number];
      const error = errorOf(row, averaged);
      ranked.push({
        estimator,
        averaged,
        error: { value: error.value, low: errorOf(row, most).low, high: errorOf(row, fewest).high },
      });
    }
  }
  const order = (x: number): number => (Number.isNaN(x) ? Infinity : x);
  ranked.sort((a, b) => order(a.error.value) - order(b.error.value));
  const [best] = ranked;
  if (!best)
    throw new UserError(
      `budget: no estimator fits: ${excluded.map(({ estimator, reason }) => `${estimator}: ${reason}`).join("; ")}`,
    );
  const tied = ranked.filter(({ error }) => !(error.low > best.error.high)).map(({ estimator }) => estimator);
  return { budget, ...(tied.length === 1 && { chosen: best.estimator }), tied, ranked, excluded };
}

function errorOf(row: Row, averaged: number): Figure {
  const of = (m: Moments): number =>
    (isUnbiased(row) ? 0 : Math.max(0, squaredResidual(m))) + relativeVariance(m, judgedScale(row, m)) / averaged;
  return within(figure(row.jackknife, of), 0, Infinity);
}
