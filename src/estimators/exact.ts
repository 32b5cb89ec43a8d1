import { UserError } from "../errors.ts";
import { add, array, broadcastTo, constant, exp, mul, neg, softplus, sub, sum, type Tensor } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

const MOST_UNITS = 16;

/**
 * L = Σ_b P(b) L(b) over all 2^H patterns b of a layer's binary units: the expected loss as its value, and its exact gradient,
 * also with respect to what the rest of the network is made of. Every call of the rest is live; the key is not used.
 * Throws UserError for more than 16 units.
 */
export const exact: Estimator = {
  card: {
    name: "exact",
    title: "exact enumeration",
    family: "exact",
    summary: "Sums over every pattern that the layer could send: no noise at all, for small layers.",
    formula: String.raw`\sum_b L(b)\,P(b)\,(b-\sigma(a))`,
    source: "The definition of the expectation",
    unbiased: true,
    passes: "2^H",
    readsPath: false,
    readsLoss: true,
  },
  unit: bernoulli,
  estimate(a, _key, downstream, state) {
    const units = a.shape[1]!;
    if (units > MOST_UNITS)
      throw new UserError(
        `exact: enumerates 2^H patterns of at most ${MOST_UNITS} units, received a layer of ${units}`,
      );
    let loss: Tensor | undefined;
    for (let k = 0; k < 2 ** units; k++) {
      const bits = Float64Array.from({ length: units }, (_, i) => (k >> i) & 1);
      const b = broadcastTo(constant(array(bits, { shape: [1, units], dtype: a.dtype })), a.shape);
      const term = mul(probability(a, b), downstream(b));
      loss = loss ? add(loss, term) : term;
    }
    return { loss: loss!, state };
  },
};

/** P(b) = Π σ(±a) = exp(−Σ softplus(∓a)), + where b is 1. a, b [B, H] → [B] */
const probability = (a: Tensor, b: Tensor): Tensor => exp(neg(sum(softplus(mul(a, sub(1, mul(b, 2)))), 1)));
