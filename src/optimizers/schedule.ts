import { add, cast, constant, cos, div, exp, floor, minimum, mul, type Tensor } from "../graph/index.ts";
import type { PartCard } from "../options/index.ts";
import { checkNumber } from "../rules.ts";

/** What a page says about each schedule, by the name of its function. */
export const cards = {
  constantRate: {
    title: "constant rate",
    summary: "The rate does not change.",
    formula: "1",
  },
  stepDecay: {
    title: "decay in steps",
    summary: "The rate falls by a factor at regular intervals.",
    formula: "\\mathrm{factor}^{\\lfloor t / \\mathrm{every}\\rfloor}",
  },
  exponential: {
    title: "exponential decay",
    summary: "The rate falls by a factor in each epoch, a little at each step.",
    formula: "\\mathrm{factor}^{t}",
  },
  cosine: {
    title: "half a cosine",
    summary: "The rate falls slowly, then fast, then slowly, over the whole training.",
    formula: "\\mathrm{final} + \\tfrac12(1 - \\mathrm{final})(1 + \\cos(\\pi\\,t / T))",
    source:
      "Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts, https://arxiv.org/abs/1608.03983",
  },
  warmup: {
    title: "warm-up",
    summary: "The rate first grows from 0, beside any schedule. Adam's averages are noisy in the first steps.",
    formula: "\\min(1, (t + 1) / \\mathrm{warmup})",
  },
} as const satisfies Record<string, PartCard>;

/** The factor on the learning rate at step t = 0, 1, …: int32 [] → float32 []. */
export type Schedule = (step: Tensor) => Tensor;

const real = (step: Tensor): Tensor => cast(step, "float32");

/** The factor 1 at each step: the rate does not change. int32 [] → float32 [] */
export const constantRate = (): Schedule => () => constant(1);

/** factor^⌊t / every⌋. Throws UserError unless every > 0 and 0 < factor ≤ 1. */
export function stepDecay({ every, factor }: { every: number; factor: number }): Schedule {
  checkNumber("step-decay: every", every, { above: 0 });
  checkNumber("step-decay: factor", factor, { above: 0, atMost: 1 });
  return (step) => exp(mul(floor(div(real(step), every)), Math.log(factor)));
}

/** factor^(t / every). Throws UserError unless every > 0 and 0 < factor ≤ 1. */
export function exponential({ every, factor }: { every: number; factor: number }): Schedule {
  checkNumber("exponential: every", every, { above: 0 });
  checkNumber("exponential: factor", factor, { above: 0, atMost: 1 });
  return (step) => exp(mul(real(step), Math.log(factor) / every));
}

/**
 * From 1 to `final` along half a cosine, then flat: final + (1 − final)·½(1 + cos(π·min(1, t/steps))).
 * Throws UserError unless steps > 0 and 0 ≤ final ≤ 1. Loshchilov and Hutter, "SGDR", 2017.
 */
export function cosine({ steps, final = 0 }: { steps: number; final?: number | undefined }): Schedule {
  checkNumber("cosine: steps", steps, { above: 0 });
  checkNumber("cosine: final", final, { atLeast: 0, atMost: 1 });
  return (step) => {
    const angle = mul(minimum(div(real(step), steps), 1), Math.PI);
    return add(mul(add(cos(angle), 1), (1 - final) / 2), final);
  };
}

/**
 * `schedule` times min(1, (t + 1)/steps): the rate grows linearly over the first steps. Throws UserError unless steps > 0.
 * Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.
 */
export function warmup(schedule: Schedule, steps: number): Schedule {
  checkNumber("warmup: steps", steps, { above: 0 });
  return (step) => mul(schedule(step), minimum(div(add(real(step), 1), steps), 1));
}
