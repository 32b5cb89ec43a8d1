import { add, constant, div, exp, log, mul, square, stopGradient, sub, sum, type Tensor } from "../../graph/index.ts";
import { configurable, family, number } from "../../options/index.ts";

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

/** How the prior follows from the weights. */
export type PriorOf = (weights: readonly Posterior[]) => Prior;

/** The priors by name. */
export const weightPriors = family("weight prior", {
  fitted: configurable("weight prior fitted", {}, (): PriorOf => fittedPrior),
  fixed: configurable(
    "weight prior fixed",
    {
      mean: number({}, "of every weight", { default: 0 }),
      deviation: number({ above: 0 }, "of every weight", { required: true }),
    },
    ({ mean, deviation }): PriorOf =>
      ([first]) => ({
        mean: constant(mean, first!.mean.dtype),
        variance: constant(deviation ** 2, first!.mean.dtype),
      }),
  ),
});

/**
 * The divergence of independent Gaussian weights from their prior, in nats:
 *
 *     KL = Σᵢ ½ (log v − 2ρᵢ + (σᵢ² + (μᵢ − m)²) / v − 1)
 *
 * The divergence has no slope in the mean and variance of a fitted prior. So its numbers are constants here, and the gradient is that of the
 * whole all the same.
 */
export function divergence(weights: readonly Posterior[], priorOf: PriorOf): Tensor {
  const prior = priorOf(weights);
  const [mean, v] = [stopGradient(prior.mean), stopGradient(prior.variance)];
  const terms = weights.map((weight) => {
    const spread = div(add(variance(weight), square(sub(weight.mean, mean))), v);
    return sum(sub(mul(spread, 0.5), weight.logDeviation));
  });
  return add(total(terms), mul(sub(log(v), 1), 0.5 * countOf(weights)));
}
