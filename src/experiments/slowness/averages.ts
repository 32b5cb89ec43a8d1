/** Straight-through × σ′ with less of its noise, or with none: what only an experiment can afford. */
import { UserError } from "../../errors.ts";
import { type Card, type Downstream, type Estimator, estimators } from "../../estimators/index.ts";
import {
  array,
  broadcastTo,
  concat,
  constant,
  copyGradient,
  exp,
  matmul,
  mean,
  mul,
  reshape,
  sigmoid,
  softplus,
  stopGradient,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import { type Key, tile } from "../../random/index.ts";

const { card, unit } = estimators["straight-through-slope"]();
const MOST_UNITS = 12;

const cardOf = (name: string, title: string, summary: string): Card => ({ ...card, name, title, summary });

/** The losses of K independent samples [K·B], each with the gradient of straight-through × σ′. The first is the one of K = 1. */
function sampledLosses(a: Tensor, key: Key, samples: number, downstream: Downstream): Tensor {
  const p = sigmoid(a);
  const drawn = Array.from({ length: samples }, (_, k) => (k === 0 ? key : key.fold(k)).bernoulli(p));
  return downstream(copyGradient(concat(drawn, 0), tile(p, samples)));
}

/**
 * The mean of K estimates by straight-through × σ′ from independent samples, for the units and for the downstream network alike:
 * the same mean, a K-th of the variance.
 */
export const averaged = (samples: number): Estimator => ({
  card: cardOf(
    `straight-through-slope-mean-of-${samples}`,
    `straight-through × σ′, mean of ${samples}`,
    `The mean of ${samples} estimates from independent samples.`,
  ),
  unit,
  estimate: (a, key, downstream, state) => ({
    loss: mean(reshape(sampledLosses(a, key, samples, downstream), [samples, a.shape[0]!]), 0),
    state,
  }),
});

/**
 * K = ∞: the mean over all patterns of the layer of what straight-through × σ′ says. Its bias without its noise.
 * Throws UserError for more than 12 units.
 */
export const expected: Estimator = {
  card: cardOf(
    "straight-through-slope-expected",
    "straight-through × σ′, expected",
    "The mean of the estimate over every pattern that the layer could send.",
  ),
  unit,
  estimate(a, _key, downstream, state) {
    const [batch, units] = a.shape as [number, number];
    if (units > MOST_UNITS)
      throw new UserError(`slowness: enumerates the patterns of at most ${MOST_UNITS} units, received ${units}`);
    const patterns = 2 ** units;
    const table = Float64Array.from({ length: patterns * units }, (_, i) => (Math.floor(i / units) >> (i % units)) & 1);
    const bits = (...shape: number[]) => constant(array(table, { shape, dtype: a.dtype }));
    // log P(b) = Σ_j b_j a_j − softplus(a_j), [2^H, B]
    const log = sub(matmul(bits(patterns, units), transpose(a)), sum(softplus(a), 1));
    const sent = reshape(broadcastTo(bits(patterns, 1, units), [patterns, batch, units]), [patterns * batch, units]);
    const losses = reshape(downstream(copyGradient(sent, tile(sigmoid(a), patterns))), [patterns, batch]);
    return { loss: sum(mul(stopGradient(exp(log)), losses), 0), state };
  },
};
