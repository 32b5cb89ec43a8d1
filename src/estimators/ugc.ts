import { abs, attachGradient, less, neg, sigmoid, where } from "../graph/index.ts";
import { bitflipGradient, flipped, randomUnit } from "./bitflip.ts";
import { disarmGradient } from "./disarm.ts";
import type { Estimator } from "./estimator.ts";
import { send } from "./samples.ts";
import { antithetic, bernoulli } from "./units/bernoulli.ts";

/** BitFlip-1's estimate for the units whose min(p, 1 − p) is below 1/(2H), DisARM's for the others. */
export const ugc: Estimator = {
  card: {
    name: "ugc",
    title: "gradient variance clipping (UGC)",
    family: "antithetic",
    summary: "BitFlip-1 for the units that are nearly certain, DisARM for the others.",
    formula: String.raw`\min(p,1-p)<\tfrac1{2H}\ ?\ \hat g_{\mathrm{BitFlip}}:\hat g_{\mathrm{DisARM}}`,
    source:
      "Kunes, Yin, Land, Haviv, Pe'er and Tavaré 2023, Gradient estimation for binary latent variables via gradient variance clipping, https://arxiv.org/abs/2208.06124",
    unbiased: true,
    passes: 3,
    backward: 1,
    readsPath: false,
    readsLoss: true,
    bias: "None: which of the two a unit gets depends on p, not on the noise.",
    use: "Where some units have become nearly certain and others haven't.",
    avoid: "Early in training, when no unit is below 1/(2H): it is then DisARM with a third pass without effect.",
  },
  unit: bernoulli,
  estimate(a, key, downstream, state) {
    const { b, twin } = antithetic(sigmoid(a), key);
    const chosen = randomUnit(b, key.fold(1));
    const { loss, losses } = send(downstream, [b, twin, flipped(b, chosen)], "one");
    const g = where(
      less(sigmoid(neg(abs(a))), 1 / (2 * a.shape[1]!)),
      bitflipGradient(a, b, chosen, [losses[0]!, losses[2]!]),
      disarmGradient(a, [b, twin], losses),
    );
    return { loss: attachGradient(loss, a, g), state };
  },
};
