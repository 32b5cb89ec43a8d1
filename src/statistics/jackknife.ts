import { philoxWords } from "../random/index.ts";
import type { Figure } from "./figure.ts";
import { mean } from "./sample.ts";

/** Replicates are kept in this many groups: what is said about an estimator is jackknifed over them. */
export const GROUPS = 20;
/** 97.5 % point of Student's t with GROUPS − 1 degrees of freedom. */
export const STUDENT = 2.093;

/**
 * What everything else is computed from, for a mean estimate m = E[ĝ] and the true gradient g. The three inner products are means
 * over pairs of different groups, so that noise adds nothing to them on average.
 */
export interface Moments {
  readonly mm: number; // ‖m‖²
  readonly mg: number; // ⟨m, g⟩
  readonly gg: number; // ‖g‖²
  readonly variance: number; // Σ Var ĝᵢ over all components
}

/** The moments of all groups, and of all but one for each group: as plain numbers, to be kept in a file. */
export interface Jackknife {
  readonly all: Moments;
  readonly without: readonly Moments[];
  /** Probability of a bias estimate as large as this one where there is no bias. */
  readonly p: number;
}

/** One group of replicates. */
export interface Group {
  /** Mean of the estimates, [D]. */
  readonly mean: Float64Array;
  /** Sum over the components of the estimates' variance. */
  readonly variance: number;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
};

/** The inner products of all pairs: [G][G] */
const gram = (a: readonly Float64Array[], b: readonly Float64Array[]): number[][] =>
  a.map((x) => b.map((y) => dot(x, y)));

/** The mean of m[s][t] over s ≠ t, for all groups and without each one. */
function offDiagonal(m: readonly (readonly number[])[]): { all: number; without: number[] } {
  const n = m.length;
  const cross = m.map((row, s) => row.reduce((t, x, k) => (k === s ? t : t + x + m[k]![s]!), 0));
  const total = cross.reduce((t, x) => t + x, 0) / 2;
  return { all: total / (n * (n - 1)), without: cross.map((own) => (total - own) / ((n - 1) * (n - 2))) };
}

/**
 * The moments of groups of estimates, against the true gradient (one vector for all groups) or against the groups of an independent
 * unbiased reference, whose error then widens all intervals: group s meets the reference's group s. A bias is looked for in the
 * components that are testable (default: all).
 */
export function jackknife(
  groups: readonly Group[],
  truth: readonly Float64Array[],
  testable: (component: number) => boolean = () => true,
): Jackknife {
  const means = groups.map(({ mean }) => mean);
  const truths = truth.length === 1 ? groups.map(() => truth[0]!) : truth;
  const mm = offDiagonal(gram(means, means));
  const mg = offDiagonal(gram(means, truths));
  const gg = truth.length === 1 ? { all: dot(truth[0]!, truth[0]!) } : offDiagonal(gram(truths, truths));
  const variance = groups.reduce((t, group) => t + group.variance, 0);
  const all = { mm: mm.all, mg: mg.all, gg: gg.all, variance: variance / groups.length };
  const without = groups.map((group, s) => ({
    mm: mm.without[s]!,
    mg: mg.without[s]!,
    gg: "without" in gg ? gg.without[s]! : gg.all,
    variance: (variance - group.variance) / (groups.length - 1),
  }));
  return {
    all,
    without,
    p: signFlip(means.map((mean, s) => mean.map((x, i) => (testable(i) ? x - truths[s]![i]! : 0)))),
  };
}

const FLIPS = 1999;
/** Keeps these signs apart from all other draws ("SIGN"). */
const SIGNS = 0x5349474e;

/**
 * A test of "the mean of these vectors is 0" that is exact for any symmetric distribution, such as that of means of many replicates:
 * how many of the sign changes of the vectors give a sum as long as theirs.
 */
export function signFlip(deviations: readonly Float64Array[]): number {
  const products = gram(deviations, deviations);
  const word = philoxWords([0, 0], SIGNS);
  const sum = (signs: readonly number[]): number => {
    let total = 0;
    for (let s = 1; s < signs.length; s++)
      for (let t = 0; t < s; t++) total += signs[s]! * signs[t]! * products[s]![t]!;
    return total;
  };
  const observed = sum(deviations.map(() => 1));
  // A tie, as where all deviations are 0, counts as not smaller; roundings of the sum don't break it.
  const tolerance = 1e-12 * Math.abs(observed);
  let asLarge = 1;
  for (let flip = 0; flip < FLIPS; flip++) {
    const bits = word();
    if (sum(deviations.map((_, s) => ((bits >>> s) & 1 ? 1 : -1))) >= observed - tolerance) asLarge++;
  }
  return asLarge / (FLIPS + 1);
}

/** A statistic of the moments with its interval: jackknife standard error times Student's t. */
export function figure({ all, without }: Pick<Jackknife, "all" | "without">, of: (m: Moments) => number): Figure {
  const [value, error] = [of(all), standardError(without.map(of))];
  return { value, low: value - STUDENT * error, high: value + STUDENT * error };
}

/** The same for a statistic that is positive: symmetric on a logarithmic scale, exactly 0 where it is 0. */
export function positiveFigure(jack: Pick<Jackknife, "all" | "without">, of: (m: Moments) => number): Figure {
  const value = of(jack.all);
  if (!(value > 0 && Number.isFinite(value))) return { value, low: value, high: value };
  const { low, high } = figure(jack, (m) => Math.log(of(m)));
  return { value, low: Math.exp(low), high: Math.exp(high) };
}

const standardError = (without: readonly number[]): number => {
  const n = without.length;
  const centre = mean(without);
  return Math.sqrt(((n - 1) / n) * without.reduce((t, x) => t + (x - centre) ** 2, 0));
};

/** ‖m − g‖² / ‖g‖² */
export const squaredBias = ({ mm, mg, gg }: Moments): number => (mm - 2 * mg + gg) / gg;
/** ⟨m, g⟩ / ‖m‖‖g‖ */
export const cosine = ({ mm, mg, gg }: Moments): number => mg / Math.sqrt(mm * gg);
/** The c that brings c·m nearest to g. */
export const bestScale = ({ mm, mg }: Moments): number => mg / mm;
/** min over c of ‖c·m − g‖² / ‖g‖² */
export const squaredResidual = ({ mm, mg, gg }: Moments): number => 1 - (mg * mg) / (mm * gg);
/** ‖m‖ / √variance */
export const signalToNoise = ({ mm, variance }: Moments): number => Math.sqrt(Math.max(0, mm) / variance);
/** Variance of c·ĝ as a share of ‖g‖². */
export const relativeVariance = ({ variance, gg }: Moments, scale = 1): number => (scale * scale * variance) / gg;
/** √E‖m̂ − g‖² of the mean m̂ of independent estimates: √(‖bias‖² + variance / estimates). A measured squared bias below 0 counts as 0. */
export const errorOfMean = ({ mm, mg, gg, variance }: Moments, estimates: number): number =>
  Math.sqrt(Math.max(0, mm - 2 * mg + gg) + variance / estimates);
