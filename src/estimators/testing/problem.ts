/** Two binary units and any loss of theirs, with all expectations by enumeration: what the tests of estimators that read losses share. */
import fc from "fast-check";
import { array, constant, mul, sum, type Tensor } from "../../graph/index.ts";
import type { Axis } from "../../laws/axis.ts";
import type { Draw } from "../../laws/draws.ts";
import { type Estimated, expectedEstimate } from "../../laws/exact.ts";
import { gaussLegendre } from "../copulas/gauss-legendre.ts";
import type { Estimator, EstimatorState } from "../estimator.ts";

export interface Problem {
  readonly a: readonly [number, number];
  /** L(0,0), L(1,0), L(0,1), L(1,1) */
  readonly table: readonly number[];
}

export const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

/** Φ(x), to about 1e-16: ½ + φ(x) (x + x³/3 + x⁵/15 + …). */
export function normalDistribution(x: number): number {
  let [term, total] = [x, x];
  for (let n = 3; n < 400; n += 2) total += term *= x ** 2 / n;
  return 0.5 + (total * Math.exp(-(x ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The patterns of two bits in the order of a table. */
export const PATTERNS = [0, 1, 2, 3].map((k) => [k & 1, k >> 1] as const);

/** P(b) at each of the four patterns. */
export const probabilities = ({ a }: Problem): number[] =>
  PATTERNS.map((b) => b.reduce((q, bit, i) => q * (bit ? sigmoid(a[i]!) : 1 - sigmoid(a[i]!)), 1));

/** The table as a function of what the units send. h [N, 2] → [N] */
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

/** Two-point Gauss–Legendre on the cells of (0, 1) between `cuts`: exact for cubics, such as the square of what is linear in u. */
export function gaussCells(cuts: readonly number[]): Axis {
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < 1).sort((a, b) => a - b), 1];
  const widths = edges.slice(1).map((end, i) => end - edges[i]!);
  const at = [-1, 1].map((side) => 0.5 + (side * 0.5) / Math.sqrt(3));
  return {
    nodes: widths.flatMap((width, i) => at.map((x) => edges[i]! + width * x)),
    weights: widths.flatMap((width) => at.map(() => width / 2)),
  };
}

/** Six-point Gauss–Legendre on `panels` equal parts of each piece between two `edges`: for what is smooth there. */
export function gaussPanels(edges: readonly number[], panels: number): Axis {
  const ends = edges.slice(1).flatMap((right, i) => {
    const [left, width] = [edges[i]!, (right - edges[i]!) / panels];
    return Array.from({ length: panels }, (_, k) => ({ from: left + k * width, width }));
  });
  return {
    nodes: ends.flatMap(({ from, width }) => SIX.map(({ at }) => from + width * at)),
    weights: ends.flatMap(({ width }) => SIX.map(({ weight }) => width * weight)),
  };
}

/** On (0, 1). */
const SIX = gaussLegendre(6).map(({ at, weight }) => ({ at: (1 + at) / 2, weight: weight / 2 }));

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
