import { add, div, exp, expandDims, log, logSoftmax, max, mul, oneHot, reshape, slice, sqrt, square, stopGradient, sub, sum, type Tensor, tanh, where } from "../../graph/index.ts"; // biome-ignore format: one line
import type { Key } from "../../random/index.ts";
import { drawClass } from "./draw-class.ts";

/** What a mixture is over: `values` numbers a step; with a pen two of them, correlated, and a bit. */
export interface MixtureForm {
  readonly components: number; // M
  readonly values: number; //     D
  readonly pen: boolean;
}

/** Numbers that a step's mixture is made of: M weights, D·M means, D·M deviations; with a pen M correlations, and its log-odds. */
export const numbersOf = ({ components, values, pen }: MixtureForm): number =>
  components * (1 + 2 * values) + (pen ? components + 1 : 0);

/** A mixture of M normal distributions for each row. All are [..., M] but for the pen's log-odds [...]. */
export interface Mixture {
  readonly logWeights: Tensor;
  /** One for each of D values. */
  readonly means: readonly Tensor[];
  readonly logDeviations: readonly Tensor[];
  /** Of the two values of a mixture with a pen. */
  readonly correlation: Tensor | undefined;
  readonly pen: Tensor | undefined;
}

/** The largest |log σ|: deviations stay within e^±7, from 0.0009 to 1097, so that a step that is hit exactly has no infinite density. */
const BOUND = 7;
/** The largest |ρ|: 1 − ρ² stays above 0.0019. */
const MOST_CORRELATED = 1 - 2 ** -10;

/**
 * The mixture that a network's numbers [..., K] stand for, in the order of `numbersOf`. Weights are a softmax; log deviations are 7 tanh(ŝ / 7), which is ŝ
 * near 0; correlations are (1 − 2⁻¹⁰) tanh(ρ̂).
 * @param bias Graves's b ≥ 0: weights by softmax(ŵ (1 + b)) and deviations divided by eᵇ
 */
export function mixtureOf(output: Tensor, { components, values, pen }: MixtureForm, bias?: Tensor): Mixture {
  const axes = output.rank - 1;
  const part = (from: number, size: number): Tensor => {
    const before = new Array<undefined>(axes).fill(undefined);
    return slice(output, [...before, from], [...before, from + size]);
  };
  const block = (i: number): Tensor => part(i * components, components);
  const end = 1 + 2 * values;
  const logit = pen ? part((end + 1) * components, 1) : undefined;
  return {
    logWeights: logSoftmax(bias ? mul(block(0), add(bias, 1)) : block(0)),
    means: Array.from({ length: values }, (_, d) => block(1 + d)),
    logDeviations: Array.from({ length: values }, (_, d) => {
      const bounded = mul(tanh(div(block(1 + values + d), BOUND)), BOUND);
      return bias ? sub(bounded, bias) : bounded;
    }),
    correlation: pen ? mul(tanh(block(end)), MOST_CORRELATED) : undefined,
    pen: logit && reshape(logit, logit.shape.slice(0, -1)),
  };
}

/**
 * log Σₘ wₘ Nₘ(y): the log density of values y, one [...] for each of D, in nats.
 * A bivariate density is that of the second value times that of the first given the second,
 *
 *     −log N = log 2π + s₁ + s₂ + ½ log(1 − ρ²) + ½ (z₁ − ρ z₂)² / (1 − ρ²) + ½ z₂²,    z = (y − μ) / σ,
 *
 * in which no two large numbers cancel.
 */
export function logDensity(mixture: Mixture, y: readonly Tensor[]): Tensor {
  const { logWeights, means, logDeviations, correlation } = mixture;
  const z = means.map((mean, d) => div(sub(expandDims(y[d]!, -1), mean), exp(logDeviations[d]!)));
  const rest = correlation && sub(1, square(correlation));
  const squares = rest
    ? [div(square(sub(z[0]!, mul(correlation, z[1]!))), rest), square(z[1]!), log(rest)]
    : z.map(square);
  const halves = mul(
    squares.reduce((a, b) => add(a, b)),
    -0.5,
  );
  const logs = logDeviations.reduce((a, b) => add(a, b));
  const each = sub(sub(add(logWeights, halves), logs), (z.length / 2) * Math.log(2 * Math.PI));
  const most = stopGradient(max(each, -1, { keep: true }));
  const above = log(sum(exp(sub(each, most)), -1));
  return add(above, reshape(most, above.shape));
}

/** A draw of each row's mixture: a component by its weight, then its values. Mixtures of rows, [B, M] → D values [B] each. */
export function drawValues({ logWeights, means, logDeviations, correlation }: Mixture, key: Key): Tensor[] {
  const rows = logWeights.shape[0]!;
  const components = logWeights.shape[1]!;
  const chosen = oneHot(drawClass(logWeights, key.fold(0)), components);
  const of = (x: Tensor): Tensor => sum(where(chosen, x, 0), 1);
  const noise = means.map((_, d) => key.fold(1 + d).normal([rows]));
  if (correlation) {
    const rho = of(correlation);
    noise[0] = add(mul(rho, noise[1]!), mul(sqrt(sub(1, square(rho))), noise[0]!));
  }
  return means.map((mean, d) => add(of(mean), mul(exp(of(logDeviations[d]!)), noise[d]!)));
}
