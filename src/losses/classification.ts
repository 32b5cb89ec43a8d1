import { argmax, cast, crossEntropy, notEqual, type Tensor } from "../graph/index.ts";

/** A classifier's quality, one number an example, so that any mean over any set of examples is exact. */
export interface ClassificationLoss {
  /** [B] −log P(label), in nats */
  readonly nll: Tensor;
  /** [B] 1 where the class of the largest score is not the label (the first of equals), else 0 */
  readonly wrong: Tensor;
}

/**
 * @param logits [B, C]
 * @param labels [B]  int32
 */
export const classificationLoss = (logits: Tensor, labels: Tensor): ClassificationLoss => ({
  nll: crossEntropy(logits, labels),
  wrong: cast(notEqual(argmax(logits), labels), "float32"),
});
