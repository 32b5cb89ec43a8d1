/** Two binary units and any loss of theirs, with all expectations by enumeration: what the tests of estimators that read losses share. */

import fc from "fast-check";
import { array, constant, mul, sum, type Tensor } from "../../graph/index.ts";
import type { Draw } from "../../laws/draws.ts";
import { type Estimated, expectedEstimate } from "../../laws/exact.ts";
import { type Axis, gaussCells } from "../../statistics/quadrature.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import type { Estimator, EstimatorState } from "../estimator.ts";

export interface Problem {
  readonly a: readonly [number, number];
  /** L(0,0), L(1,0), L(0,1), L(1,1) */
  readonly table: readonly number[];
}

/** The patterns of two bits in the order of a table. */
export const PATTERNS = [0, 1, 2, 3].map((k) => [k & 1, k >> 1] as const);

/** P(b) at each of the four patterns. */
export const probabilities = ({ a }: Problem): number[] =>
  PATTERNS.map((b) => b.reduce((q, bit, i) => q * (bit ? sigmoid(a[i]!) : 1 - sigmoid(a[i]!)), 1));

/** The table as a function of what the units output. h [N, 2] → [N] */
export function lossOf({ table: [l00, l10, l01, l11] }: Problem): (h: Tensor) => Tensor {
  const part = (...weights: number[]) => constant(array(weights, { dtype: "float64" }));
  return (h) => {
    const x = sum(mul(h, part(1, 0)), 1);
    const y = sum(mul(h, part(0, 1)), 1);
    const single = x.mul(l10! - l00!).add(y.mul(l01! - l00!));
    return single.add(x.mul(y).mul(l11! - l10! - l01! + l00!)).add(l00!);
  };
}

/** ∂E[L]/∂a: Σ_b P(b) L(b) (b − p). */
export const trueGradientOf = (problem: Problem): number[] =>
  problem.a.map((a, i) =>
    probabilities(problem).reduce((t, P, k) => t + P * problem.table[k]! * (PATTERNS[k]![i]! - sigmoid(a)), 0),
  );

/** A unit's draw is cut at p and 1 − p, an example's, which chooses one of the two units, in half. */
const axis = (a: number, { per }: Draw): Axis => gaussCells(per === "unit" ? [sigmoid(a), sigmoid(-a)] : [0.5]);

/** E[ĝ] and E[ĝ²] of an estimator, over all of its noise. */
export function momentsOf(estimator: Estimator, problem: Problem, state?: EstimatorState): Estimated {
  const identity = [
    [1, 0],
    [0, 1],
  ];
  return expectedEstimate(
    { layers: [{ estimator, axis }], weights: [identity], biases: [problem.a, [0, 0]], loss: lossOf(problem) },
    [state],
  );
}

/** E[ĝ²] of each unit. */
export const squaresOf = (estimator: Estimator, problem: Problem): number[] => momentsOf(estimator, problem).square[0]!;

const within = (bound: number) => fc.double({ min: -bound, max: bound, noNaN: true });

/** Any two units, from undecided to nearly certain, and any losses from −3 to 3. */
export const problems: fc.Arbitrary<Problem> = fc.record({
  a: fc.tuple(within(4), within(4)),
  table: fc.tuple(within(3), within(3), within(3), within(3)),
});
