import { UserError } from "../../errors.ts";
import { abs, add, exp, less, mul, NdArray, sum } from "../../graph/index.ts";
import { configurable, make, number, spec } from "../../options/index.ts";
import { common, noisyPass } from "./noisy-pass.ts";
import { countOf, divergence, type Posterior, weightPriors } from "./posterior.ts";
import { eachNoisy, noisyParameters } from "./samples.ts";
import type { NoisyTraining, Trainable, WeightNoise } from "./weight-noise.ts";

const options = {
  deviation: number({ above: 0 }, "σ of all weights at first", { default: 0.075 }),
  rate: number({ above: 0 }, "factor on the learning rate, for log σ", { default: 1 }),
  prior: spec(weightPriors, "fitted to the weights, or fixed", { default: { name: "fitted" } }),
  ...common,
};

/**
 * Adaptive weight noise: each weight is Gaussian with a mean μ and a deviation σ of its own, and a step goes down E[NLL] + KL / N, for N training
 * examples. Graves, "Practical variational inference for neural networks", 2011.
 *
 * The gradient is that of one sample w = μ + σε: ∂/∂μ = ∂NLL/∂w and ∂/∂ log σ = σε ∂NLL/∂w, which is unbiased (Blundell et al., "Weight
 * uncertainty in neural networks", 2015). That of 2011 puts the square of a gradient in the place of the second derivative, ∂/∂σ² = ½ (∂NLL/∂w)², which
 * needs a square for each example and is exact only for the best of models. The optimizer of the training moves log σ, too.
 *
 * Throws UserError where the number of training examples isn't known.
 */
export const learned = configurable(
  "weight noise learned",
  options,
  (
    { deviation, rate: factor, prior, per, parameters },
    { seed, model, examples, optimizer }: NoisyTraining,
  ): WeightNoise => {
    if (examples === undefined)
      throw new UserError(
        "train: weightNoise learned divides its cost by the number of training examples: give the stream a size",
      );
    const noisy = noisyParameters(model, parameters);
    const priorOf = make("weight noise learned: prior", weightPriors, prior);
    const weightsOf = ({ params, logDeviation }: Trainable): Posterior[] =>
      noisy.map(({ row, name }) => ({ mean: params[row]![name]!, logDeviation: logDeviation[row]![name]! }));
    return {
      init(params) {
        const logDeviation = eachNoisy(params.length, noisy, ({ shape }) => {
          const array = NdArray.zeros(shape);
          array.data.fill(Math.log(deviation));
          return array;
        });
        return { logDeviation, optimizer: optimizer.init(logDeviation) };
      },
      train: noisyPass({ per, seed }, noisy, ({ row, name }, logDeviation) => exp(logDeviation[row]![name]!)),
      cost: (at) => mul(divergence(weightsOf(at), priorOf), 1 / examples),
      update({ logDeviation, optimizer: before }, grads, rate) {
        const next = optimizer.update(logDeviation, grads, before, factor === 1 ? rate : mul(rate, factor));
        return { logDeviation: next.params, optimizer: next.state };
      },
      report(at) {
        const weights = weightsOf(at);
        const kl = divergence(weights, priorOf);
        const below = weights.map(({ mean, logDeviation }) => sum(less(abs(mean), exp(logDeviation))));
        const share = 1 / countOf(weights);
        return {
          kl,
          bitsPerWeight: mul(kl, share / Math.LN2),
          prunable: mul(
            below.reduce((x, y) => add(x, y)),
            share,
          ),
        };
      },
    };
  },
);
