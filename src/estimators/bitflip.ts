import { abs, attachGradient, cast, floor, mul, oneHot, outer, sigmoid, sub, type Tensor } from "../graph/index.ts";
import type { Key } from "../random/index.ts";
import type { Estimator } from "./estimator.ts";
import { send } from "./samples.ts";
import { bernoulli } from "./units/bernoulli.ts";

/** One unit of each example, every unit equally likely: 1 at that unit and 0 elsewhere. [B, H], like b */
export const randomUnit = ({ shape: [examples = 0, units = 0], dtype }: Tensor, key: Key): Tensor =>
  oneHot(cast(floor(mul(key.uniform([examples, 1], { dtype }).reshape([examples]), units)), "int32"), units, dtype);

/** b with the chosen units turned over. */
export const flipped = (b: Tensor, chosen: Tensor): Tensor => abs(sub(b, chosen));

/**
 * H·p(1 − p)(−1)^b (L(flipped) − L(b)) at the chosen unit, 0 at the others: local expectation's estimate at a random unit, times H.
 * @param losses of b and of the flipped sample, [B]
 */
export const bitflipGradient = (a: Tensor, b: Tensor, chosen: Tensor, losses: readonly Tensor[]): Tensor => {
  const slope = mul(mul(sigmoid(a), sigmoid(a.neg())), a.shape[1]!);
  return outer(sub(losses[0]!, losses[1]!), mul(mul(sub(mul(b, 2), 1), slope), chosen));
};

/** ĝ_j = H·p_j(1 − p_j)(L(b_j = 1) − L(b_j = 0)) for one unit j of each example, drawn at random; 0 for the others. */
export const bitflip: Estimator = {
  card: {
    name: "bitflip",
    title: "BitFlip-1",
    family: "local expectation",
    summary:
      "Turns over one unit of each example, drawn at random, and credits that unit alone with the difference in loss.",
    formula: String.raw`H\,p_j(1-p_j)(-1)^{b_j}\left(L(\mathrm{flip}_j\,b)-L(b)\right),\quad j\text{ drawn at random}`,
    source:
      "Kunes, Yin, Land, Haviv, Pe'er and Tavaré 2023, Gradient estimation for binary latent variables via gradient variance clipping, https://arxiv.org/abs/2208.06124",
    unbiased: true,
    passes: 2,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None.",
    use: "Where nearly all units are nearly certain: its variance falls as p², that of the other pairs as p.",
    avoid:
      "In wide layers that are undecided: one unit in H learns from an example, and its estimate is H times as large.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const b = key.bernoulli(sigmoid(a));
    const chosen = randomUnit(b, key.fold(1));
    const { loss, losses } = send(downstream, [b, flipped(b, chosen)], "one");
    return { loss: attachGradient(loss, a, bitflipGradient(a, b, chosen, losses)), state };
  },
};
