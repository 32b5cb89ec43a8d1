import { add, constant, div, exp, log, mul, square, stopGradient, sub, sum, type Tensor } from "../../graph/index.ts";
import type { WeightPriorConfig } from "./config.ts";

/**
 * An array of weights, each of them Gaussian and independent of the others: μ and ρ = log σ, of one shape. The deviation is held by its
 * logarithm, so that it stays positive.
 */
export interface Posterior {
  readonly mean: Tensor;
  readonly logDeviation: Tensor;
}

/** The Gaussian that all weights are coded with: [] each. */
export interface Prior {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((x, y) => add(x, y));
const variance = ({ logDeviation }: Posterior): Tensor => exp(mul(logDeviation, 2));

/** W: how many weights there are. */
export const countOf = (weights: readonly { readonly mean: { readonly size: number } }[]): number =>
  weights.reduce((count, { mean }) => count + mean.size, 0);

/**
 * The prior with the smallest divergence from these weights: mean m = Σ μᵢ / W, variance v = Σ (σᵢ² + (μᵢ − m)²) / W. Graves, "Practical
 * variational inference for neural networks", 2011.
 */
export function fittedPrior(weights: readonly Posterior[]): Prior {
  const share = 1 / countOf(weights);
  const mean = mul(total(weights.map((weight) => sum(weight.mean))), share);
  const squares = weights.map((weight) => sum(add(variance(weight), square(sub(weight.mean, mean)))));
  return { mean, variance: mul(total(squares), share) };
}

/**
 * The divergence of independent Gaussian weights from their prior, in nats:
 *
 *     KL = Σᵢ ½ (log v − 2ρᵢ + (σᵢ² + (μᵢ − m)²) / v − 1)
 *
 * A fitted prior is where the divergence has no slope in m and v. So its numbers are constants here, and the gradient is that of the whole all
 * the same.
 */
export function divergence(weights: readonly Posterior[], prior: WeightPriorConfig): Tensor {
  const { mean, variance: v } = priorOf(weights, prior);
  const terms = weights.map((weight) => {
    const spread = div(add(variance(weight), square(sub(weight.mean, mean))), v);
    return sum(sub(mul(spread, 0.5), weight.logDeviation));
  });
  return add(total(terms), mul(sub(log(v), 1), 0.5 * countOf(weights)));
}

function priorOf(weights: readonly Posterior[], config: WeightPriorConfig): Prior {
  if (config.name === "fitted") {
    const { mean, variance } = fittedPrior(weights);
    return { mean: stopGradient(mean), variance: stopGradient(variance) };
  }
  const { dtype } = weights[0]!.mean;
  return { mean: constant(config.mean ?? 0, dtype), variance: constant(config.deviation ** 2, dtype) };
}
