import { add, array, div, maximum, mean, mul, type Shape, square, type Tensor } from "../../graph/index.ts";

/** The two moving averages of each unit, [H] each: of (h − p)² L and of (h − p)². */
export interface MinimumVariance<T = Tensor> {
  readonly numerator: T;
  readonly denominator: T;
  readonly [name: string]: T;
}

/** What both averages start at, so that the first baseline is 1. */
const START = 1e-6;
/** A unit that never changes has a denominator that decays to 0: its baseline must not become 0/0. */
const TINY = 1e-30;

/** The averages before the first step, float32 [H]. */
export const init = (units: Shape) => {
  const start = () => array(new Float32Array(units.reduce((n, length) => n * length, 1)).fill(START), { shape: units });
  return { numerator: start(), denominator: start() };
};

/**
 * The constant that gives (h − p)(L − L̄) the least variance for each unit: L̄ = E[(h − p)² L] / E[(h − p)²], [H].
 * Bengio, Léonard and Courville 2013, Corollary 1, https://arxiv.org/abs/1308.3432
 */
export const baseline = ({ numerator, denominator }: MinimumVariance): Tensor =>
  div(numerator, maximum(denominator, TINY));

/**
 * The averages after a step: decay · old + (1 − decay) · the batch's mean. A step reads the baseline *before* its own update: a
 * constant that depended on this step's noise would bias the gradient.
 * @param deviation [B, H]  h − p
 * @param loss      [B, 1]
 */
export const update = (
  { numerator, denominator }: MinimumVariance,
  deviation: Tensor,
  loss: Tensor,
  decay: number,
): MinimumVariance => {
  const moved = (old: Tensor, batch: Tensor) => add(mul(old, decay), mul(mean(batch, 0), 1 - decay));
  return {
    numerator: moved(numerator, mul(square(deviation), loss)),
    denominator: moved(denominator, square(deviation)),
  };
};
