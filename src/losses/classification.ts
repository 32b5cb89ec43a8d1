import { argmax, cast, crossEntropy, max, maximum, mul, notEqual, type Tensor } from "../graph/index.ts";

/** A classifier's quality, one number an example, so that any mean over any set of examples is exact. */
export interface ClassificationLoss {
  /** [B] −log P(label), in nats */
  readonly nll: Tensor;
  /** [B] as wrongClass */
  readonly wrong: Tensor;
}

/**
 * @param logits [B, C]
 * @param labels [B]  int32
 */
export const classificationLoss = (logits: Tensor, labels: Tensor): ClassificationLoss => ({
  nll: crossEntropy(logits, labels),
  wrong: wrongClass(logits, labels),
});

/**
 * 1 where the class of the largest score is not the label (the first of equals), else 0. An example whose largest score isn't a finite
 * number has no class, and counts as wrong: NaN would otherwise stand for the class at its place.
 * @param scores [B, C]
 * @param labels [B]  int32
 * @returns      [B]
 */
export function wrongClass(scores: Tensor, labels: Tensor): Tensor {
  const other = cast(notEqual(argmax(scores), labels), "float32");
  // x·0 is 0 for every finite x, and NaN otherwise.
  return maximum(other, cast(notEqual(mul(max(scores, -1), 0), 0), "float32"));
}
