import { add, mean, mul, NdArray, type Tensor } from "../../graph/index.ts";

/** The loss's moving average over the steps, one number. */
export interface MovingAverage<T = Tensor> {
  readonly mean: T; // []
  readonly [name: string]: T;
}

/** The average before the first step: 0, float32 []. */
export const init = (): MovingAverage<NdArray> => ({ mean: NdArray.zeros([]) });

/** decay · old + (1 − decay) · now, both []. */
export const moved = (old: Tensor, now: Tensor, decay: number): Tensor => add(mul(old, decay), mul(now, 1 - decay));

/**
 * The average after a step. A step reads the average *before* its own update: a constant that depended on this step's noise
 * would bias the gradient.
 * @param loss [B]
 */
export const update = (average: MovingAverage, loss: Tensor, decay: number): MovingAverage => ({
  mean: moved(average.mean, mean(loss), decay),
});
