/** Sequences in heads: which of T steps count, and what becomes of one number for each step. */
import { arange, cast, expandDims, less, mean, mul, reciprocal, sum, type Tensor, where } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import type { Batch, FieldNeed } from "../head.ts";

/** Throws UserError unless `steps` is a number of steps. */
export const checkSteps = (kind: string, steps: unknown): void =>
  checkNumber(`${kind}: steps`, steps, { whole: true, atLeast: 1 });

/** The field of lengths as a head needs it: 1 … T for each example. None where sequences have no lengths. */
export const lengthsNeed = (lengths: string | undefined, steps: number): { readonly [field: string]: FieldNeed } =>
  lengths === undefined ? {} : { [lengths]: { shape: [], dtype: "int32", range: [1, steps] } };

/** The lengths [R] of a batch, or undefined where every step counts. */
export const lengthsOf = (batch: Batch<Tensor>, lengths: string | undefined): Tensor | undefined =>
  lengths === undefined ? undefined : batch[lengths]!;

/** Each step's number, and 0 at and beyond a sequence's length, whatever stands there. x [R, T], lengths [R] → [R, T] */
export const counted = (x: Tensor, lengths: Tensor | undefined): Tensor =>
  lengths ? where(less(arange(x.shape[1]!), expandDims(lengths, 1)), x, 0) : x;

/**
 * The loss of each sequence, such that the mean over a batch is the mean over all steps of the batch that count. So every step weighs the same,
 * however long its sequence is, and the unit is nats a step for any padding. Of sequences of one length it is the mean over a sequence's steps.
 * @param x       [R, T]  losses of the steps
 * @param lengths [R]     int32
 * @returns       [R]
 */
export function stepLoss(x: Tensor, lengths: Tensor | undefined): Tensor {
  if (!lengths) return mean(x, 1);
  return mul(sum(counted(x, lengths), 1), reciprocal(mean(cast(lengths, x.dtype))));
}

/**
 * What a metric with `per: "step"` adds up for each sequence, [R, T] → [R]: the sum over the steps that count. Without lengths it is the mean, and the
 * metric a mean over examples.
 */
export const stepScore = (x: Tensor, lengths: Tensor | undefined): Tensor =>
  lengths ? sum(counted(x, lengths), 1) : mean(x, 1);

/** How a head with these lengths scores steps, for its metrics: weighed by steps where sequences have lengths of their own. */
export const perStep = (lengths: string | undefined): { readonly per?: "step" } =>
  lengths === undefined ? {} : { per: "step" };

/** A head's count of steps [B], for those metrics. */
export const countOfSteps = (lengths: string | undefined): { readonly steps?: (batch: Batch<Tensor>) => Tensor } =>
  lengths === undefined ? {} : { steps: (batch) => cast(batch[lengths]!, "float32") };
