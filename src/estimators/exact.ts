import { UserError } from "../errors.ts";
import {
  add,
  array,
  broadcastTo,
  constant,
  exp,
  mul,
  neg,
  reshape,
  softplus,
  sub,
  sum,
  type Tensor,
} from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { bernoulli } from "./units/bernoulli.ts";

const MOST_UNITS = 16;
/** Patterns go to the downstream network many at once, as copies of the batch: this many rows at most, unless one batch has more. */
const MOST_ROWS = 8192;

/**
 * L = Σ_b P(b) L(b) over all 2^H patterns b of a layer's binary units: the expected loss as its value, and its exact gradient,
 * also with respect to what the downstream network is made of. Every call of the rest is live; the key is not used.
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
    backward: "2^H",
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "As the truth for small layers, and to train them without any noise.",
    avoid: "Beyond about 12 units: it doubles with each.",
  },
  unit: bernoulli,
  checkUnits,
  estimate(a, _key, downstream, state) {
    const units = a.shape[1]!;
    checkUnits(units);
    const [batch, patterns] = [a.shape[0]!, 2 ** units];
    const atOnce = Math.max(1, Math.floor(MOST_ROWS / batch));
    let loss: Tensor | undefined;
    for (let from = 0; from < patterns; from += atOnce) {
      const count = Math.min(atOnce, patterns - from);
      const bits = Float64Array.from(
        { length: count * units },
        (_, i) => ((from + Math.floor(i / units)) >> (i % units)) & 1,
      );
      const b = broadcastTo(constant(array(bits, { shape: [count, 1, units], dtype: a.dtype })), [count, batch, units]);
      const losses = reshape(downstream(reshape(b, [count * batch, units])), [count, batch]);
      const term = sum(mul(probability(a, b), losses), 0);
      loss = loss ? add(loss, term) : term;
    }
    return { loss: loss!, state };
  },
};

function checkUnits(units: number): void {
  if (units > MOST_UNITS)
    throw new UserError(`exact: enumerates 2^H patterns of at most ${MOST_UNITS} units, received a layer of ${units}`);
}

/** P(b) = Π σ(±a) = exp(−Σ softplus(∓a)), + where b is 1. a [B, H], b [P, B, H] → [P, B] */
const probability = (a: Tensor, b: Tensor): Tensor => exp(neg(sum(softplus(mul(a, sub(1, mul(b, 2)))), 2)));
