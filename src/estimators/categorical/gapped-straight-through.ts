import {
  add,
  copyGradient,
  div,
  exp,
  log,
  max,
  maximum,
  mul,
  rectifier,
  sigmoid,
  softmax,
  softplus,
  sub,
  sum,
  type Tensor,
  where,
} from "../../graph/index.ts";
import { configurable } from "../options/configurable.ts";
import { choice, number } from "../options/option.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { classesOption, flat, temperatureOption, variables } from "./variables.ts";

/**
 * By how much a race of Gumbels is won on average, given the winner's probability π: −log(1 − π)/π.
 * logits, h [B, N, C] → [B, N, 1]
 */
export function expectedGap(logits: Tensor, h: Tensor): Tensor {
  const keep = { keep: true };
  const others = where(h, -Infinity, logits);
  const most = max(others, -1, keep);
  const behind = add(most, log(sum(exp(sub(others, most)), -1, keep))); // log Σ e^a over the classes that did not win
  // log π/(1 − π). Below −20 the gap is 1 to nine digits.
  const odds = maximum(sub(sum(mul(h, logits), -1, keep), behind), -20);
  return div(softplus(odds), sigmoid(odds));
}

/**
 * The logits moved as little as makes the winner lead by `gap`: a + m₁ − m₂, m₁ = (max a − a)h, m₂ = max(0, a + gap − max a)(1 − h).
 * logits, h [B, N, C], gap a number or [B, N, 1] → [B, N, C]
 */
export function gapped(logits: Tensor, h: Tensor, gap: Tensor | number): Tensor {
  const top = max(logits, -1, { keep: true });
  const lowered = sub(logits, rectifier(sub(add(logits, gap), top)));
  return where(h, top, lowered);
}

/** ĝ = J ∂L/∂h, J the Jacobian of the softmax of logits that were moved so that the sampled class leads by a gap. */
export const categoricalGappedStraightThrough = configurable({
  card: {
    name: "categorical-gapped-straight-through",
    title: "categorical gapped straight-through",
    family: "straight-through",
    summary:
      "Straight-through Gumbel-softmax with a deterministic shift in place of the noise: the logits are moved so that the sampled class leads by a gap.",
    formula: String.raw`\frac{J(q)}\tau\,\frac{\partial L}{\partial h},\quad J(q)=\mathrm{diag}(q)-qq^\top,\ q=\mathrm{softmax}((a+m_1-m_2)/\tau),\ m_1=(\max a-a)\,h,\ m_2=(a+g-\max a)_+(1-h)`,
    source:
      "Fan, Chi, Rudnicky and Ramadge 2022, Training discrete deep generative models via gapped straight-through estimator, https://arxiv.org/abs/2206.07235; m₁ and m₂ are constants, and gap probability is there, as in the authors' code, https://github.com/chijames/GST",
    unbiased: false,
    passes: 1,
    backward: 1,
    readsPath: true,
    readsLoss: false,
    categorical: true,
    bias: "That of a Jacobian taken elsewhere than at the probabilities; zero for a constant loss.",
    use: "As straight-through Gumbel-softmax without its noise: one softmax, and no draws but the sample's.",
    avoid: "Where the size of the gradient matters as well as its direction: the gap sets it.",
  },
  options: {
    classes: classesOption,
    temperature: temperatureOption,
    gap: choice(
      ["fixed", "probability"],
      "fixed",
      "what the sampled class leads by, at least; fixed: `width`; probability: −log(1 − π)/π with π its probability, the mean lead of a winner in a race of Gumbels, whatever the width",
    ),
    width: number(1, { atLeast: 0 }, "the fixed gap"),
  },
  make: ({ classes, temperature, gap, width }) => ({
    unit: oneHotUnit(classes),
    estimate(a, key, downstream, state) {
      const h = oneHotUnit(classes).sample(a, key);
      const [logits, won] = [variables(a, classes), variables(h, classes)];
      const moved = gapped(logits, won, gap === "probability" ? expectedGap(logits, won) : width);
      // The shifts are constants: the gradient goes to the logits as if nothing had been moved.
      const q = softmax(div(copyGradient(moved, logits), temperature));
      return { loss: downstream(copyGradient(h, flat(q))), state };
    },
  }),
});
