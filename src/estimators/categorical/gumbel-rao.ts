import {
  add,
  copyGradient,
  div,
  logSoftmax,
  mul,
  softmax,
  softplus,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { choice, MOST_SAMPLES, number } from "../options/option.ts";
import { gumbel } from "./race.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, temperatureOption, variables } from "./variables.ts";

/**
 * a + G − max(a + G) for Gumbels G whose race the class of h won: 0 for it and below 0 for the others. With E = e^−gumbels, standard
 * exponential, the paper has a + G = log Z − log E_h for the winner and −log(E_j/e^{a_j} + E_h/Z) for the others, Z = Σ e^a;
 * their difference never overflows, and only differences matter to a softmax.
 * @param logits [B, N, C]
 * @param h      [B, N, C]  the winners, one-hot
 * @param gumbels [B, N, C]  standard Gumbel noise of any race
 */
export function behindWinner(logits: Tensor, h: Tensor, gumbels: Tensor): Tensor {
  const winner = sum(mul(h, gumbels), -1, { keep: true });
  return mul(sub(h, 1), softplus(sub(sub(winner, gumbels), logSoftmax(logits))));
}

/** ĝ = J̄ ∂L/∂h, J̄ the mean over K races that the sample would have won of the Gumbel-softmax's Jacobian. */
export const categoricalGumbelRao = configurable({
  card: {
    name: "categorical-gumbel-rao",
    title: "categorical Gumbel–Rao",
    family: "straight-through",
    summary:
      "Straight-through Gumbel-softmax with its Jacobian averaged over K fresh Gumbels given the sample, at no further pass. The paper's text differentiates through the conditional Gumbels too, which is another estimator for any K (derivative total); public code keeps them fixed, as a Rao-Blackwellisation must (derivative logits).",
    formula: String.raw`\frac1K\sum_k\frac{J(z_k)}\tau\,\frac{\partial L}{\partial h},\quad J(z)=\mathrm{diag}(z)-zz^\top,\ z_k=\mathrm{softmax}((a+G^k)/\tau),\ G^k\sim G\mid h`,
    source:
      "Paulus, Maddison and Krause 2021, Rao-Blackwellizing the straight-through Gumbel-softmax gradient estimator, https://arxiv.org/abs/2010.04838",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    categorical: true,
    bias: "That of straight-through Gumbel-softmax, whose mean it has for each sample.",
    use: "In place of straight-through Gumbel-softmax wherever the downstream network costs more than K softmaxes.",
    avoid: "Where that is not so, as in a small network, or where an unbiased estimate is needed.",
  },
  options: {
    classes: classesOption,
    temperature: temperatureOption,
    samples: number(
      10,
      { whole: true, atLeast: 1, atMost: MOST_SAMPLES },
      "conditional Gumbel draws K that the Jacobian is averaged over",
    ),
    derivative: choice(
      ["logits", "total"],
      "logits",
      "logits: at fixed Gumbels; total: through the conditional Gumbels too, as the paper's text says",
    ),
  },
  make: ({ classes, temperature, samples, derivative }) => ({
    unit: oneHotUnit(classes),
    estimate(a, key, downstream, state) {
      const h = oneHotUnit(classes).sample(a, key);
      const [logits, won] = [variables(a, classes), variables(h, classes)];
      const relaxed = Array.from({ length: samples }, (_, k) => {
        const raced = behindWinner(logits, won, gumbel(a, key.fold(k + 1), classes));
        return softmax(div(derivative === "total" ? raced : copyGradient(raced, logits), temperature));
      });
      const total = relaxed.reduce((sum, z) => add(sum, z));
      return { loss: downstream(copyGradient(h, flat(div(total, samples)))), state };
    },
  }),
});
