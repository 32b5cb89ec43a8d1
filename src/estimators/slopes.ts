/** Surrogate slopes: what stands for the derivative of a step, which is 0 almost everywhere. */
import {
  abs,
  add,
  copyGradient,
  customGradient,
  div,
  maximum,
  mul,
  reciprocal,
  sigmoid,
  square,
  sub,
  type Tensor,
} from "../graph/index.ts";
import type { Values } from "../options/index.ts";
import { choice, number } from "./options/option.ts";

/** A slope of its own for each name, with the steepness k that its source uses. Its value at a = 0 is the largest. */
interface Slope {
  /** [B, H] → [B, H] */
  readonly of: (a: Tensor, k: number) => Tensor;
  readonly usual: number;
  /** The same, in TeX; with k as a letter where it is not given. */
  readonly tex: (k?: number) => string;
}

/** A factor in TeX: none where it is 1, and k where it is not given. */
const bare = (k: number): string => (k === 1 ? "" : Number.isNaN(k) ? "k" : String(k));

/**
 * k σ′(k a), the derivative of σ(k a). 1/(1 + k|a|)²: fast sigmoid, of Zenke and Ganguli 2018, with snnTorch's k. (k/2)/(1 + (π k a/2)²), the derivative
 * of arctan(π k a/2)/π: Fang et al. 2021, with their k; snnTorch and SpikingJelly compute the same. max(0, 1 − k|a|): triangle, of Esser et al. 2016.
 * Bellec et al. 2018 multiply it by γ = 0.3, so that gradients do not explode over many steps.
 */
const slopes = {
  sigmoid: {
    usual: 1,
    tex: (k) => (k === 1 ? String.raw`\sigma'(a)` : String.raw`${k ?? "k"}\,\sigma'(${k ?? "k"}a)`),
    of: (a, k) => {
      const p = sigmoid(mul(a, k));
      return mul(mul(p, sub(1, p)), k);
    },
  },
  "fast-sigmoid": {
    usual: 25,
    tex: (k = NaN) => `(1+${bare(k)}|a|)^{-2}`,
    of: (a, k) => reciprocal(square(add(mul(abs(a), k), 1))),
  },
  arctan: {
    usual: 2,
    tex: (k) =>
      k === undefined
        ? String.raw`\tfrac k2\left(1+(\tfrac\pi2ka)^2\right)^{-1}`
        : String.raw`${bare(k / 2)}(1+(${bare(k / 2)}\pi\,a)^2)^{-1}`,
    of: (a, k) => div(k / 2, add(square(mul(a, (Math.PI * k) / 2)), 1)),
  },
  triangle: {
    usual: 1,
    tex: (k = NaN) => String.raw`\max(0,1-${bare(k)}|a|)`,
    of: (a, k) => maximum(sub(1, mul(abs(a), k)), 0),
  },
} satisfies Readonly<Record<string, Slope>>;

export type SlopeName = keyof typeof slopes;
const names = Object.keys(slopes) as SlopeName[];

/** The formulas of the slopes, in TeX, for the cards. */
export const slopeFormulas = String.raw`\psi(a)=\gamma\cdot\begin{cases}${Object.entries<Slope>(slopes)
  .map(([name, { tex }]) => String.raw`${tex()}&\text{${name}}`)
  .join(String.raw`\\`)}\end{cases}`;

/** The formula of one variant, in TeX, with its numbers. */
export function slopeFormula({ slope, steepness, dampening }: Values<typeof slopeOptions>): string {
  const given: Slope = slopes[slope];
  const damped = dampening === 1 ? "" : String.raw`${dampening}\,`;
  return String.raw`\frac{\partial L}{\partial h}\,${damped}${given.tex(steepness)}`;
}

export const slopeSources =
  "Zenke and Ganguli 2018, SuperSpike, https://arxiv.org/abs/1705.11146 (fast-sigmoid); Fang et al. 2021, https://arxiv.org/abs/2007.05785 (arctan); Esser et al. 2016, https://arxiv.org/abs/1603.08270 (triangle)";

/** The titles of an estimator's variants: its own where the slope is σ′. */
export const slopeTitle = (title: string, name: string, slope: SlopeName): string =>
  slope === "sigmoid" ? title : `${name}, ${slope} slope`;

/** The options of an estimator that goes backward by a surrogate slope. */
export const slopeOptions = {
  slope: choice(names, "sigmoid", "ψ: what stands for the derivative of the step"),
  steepness: number(
    ({ slope }) => slopes[slope as SlopeName].usual,
    { above: 0 },
    "k: the larger, the narrower (fast-sigmoid: 25, arctan: 2)",
  ),
  dampening: number(1, { above: 0 }, "γ: a factor on the slope, such as 0.3"),
};

/**
 * `sent` going forward; going backward, its gradient times γ ψ(a) flows to `a`.
 * @param sent [B, H] what the units output
 * @param a    [B, H] pre-activations
 * @param p    [B, H] σ(a), where the caller has it
 */
export function alongSlope(
  sent: Tensor,
  a: Tensor,
  { slope, steepness, dampening }: Values<typeof slopeOptions>,
  p = sigmoid(a),
): Tensor {
  if (slope === "sigmoid" && steepness === 1 && dampening === 1) return copyGradient(sent, p);
  const factor = slopes[slope].of(a, steepness);
  const damped = dampening === 1 ? factor : mul(factor, dampening);
  return customGradient(sent, [a], (grad) => [mul(grad, damped)]);
}
