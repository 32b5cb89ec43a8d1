import { abs, attachGradient, div, mul, outer, sigmoid, sub, type Tensor } from "../graph/index.ts";
import type { Estimator } from "./estimator.ts";
import { send } from "./samples.ts";
import { antithetic, bernoulli } from "./units/bernoulli.ts";

/**
 * ½(L − L')(b − b') σ(|a|), 0 where the pair agrees: the mean of ARM's estimate over all noise that gives the same pair.
 * @param a      [B, H] pre-activations
 * @param pair   b and its twin b', [B, H]
 * @param losses L and L', [B]
 */
export const disarmGradient = (a: Tensor, [b, twin]: readonly [Tensor, Tensor], losses: readonly Tensor[]): Tensor =>
  outer(div(sub(losses[0]!, losses[1]!), 2), mul(sub(b, twin), sigmoid(abs(a))));

/** ĝ = ½(L − L')(b − b') σ(|a|) for an antithetic pair b, b'. Also known as U2G. */
export const disarm: Estimator = {
  card: {
    name: "disarm",
    title: "DisARM (U2G)",
    family: "antithetic",
    summary: "The difference in loss between an antithetic pair, credited to the units in which the two differ.",
    formula: String.raw`\tfrac12(L(b)-L(b'))\,(b-b')\,\sigma(|a|)`,
    source:
      "Dong, Mnih and Tucker 2020, DisARM: an antithetic gradient estimator for binary latent variables, https://arxiv.org/abs/2006.10680; as U2G in Yin et al. 2020, Probabilistic best subset selection via gradient-based optimization, https://arxiv.org/abs/2006.06448",
    unbiased: true,
    passes: 2,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "Where two passes are affordable: no tuning, no state, any loss.",
    avoid: "Where more than two are: arms makes better use of K passes than K/2 pairs do.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const { b, twin } = antithetic(sigmoid(a), key);
    const { loss, losses } = send(downstream, [b, twin], "one");
    return { loss: attachGradient(loss, a, disarmGradient(a, [b, twin], losses)), state };
  },
};
