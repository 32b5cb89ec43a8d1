import { sameShape, showSpec } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { inNameOf, shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { less } from "./less.ts";
import { lessEqual } from "./less-equal.ts";
import { logSoftmax } from "./log-softmax.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { oneHot } from "./one-hot.ts";
import { sum } from "./sum.ts";
import { where } from "./where.ts";

/**
 * −log softmax(logits)[label] of each example, in nats; NaN for a label outside of 0 … C − 1. Throws
 * ShapeError for other shapes.
 * @param logits [..., C]
 * @param labels [...]  int32
 * @returns      [...]
 */
export function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  checkTensors("crossEntropy", [logits, labels]);
  if (logits.rank === 0 || labels.dtype !== "int32" || !sameShape(labels.shape, logits.shape.slice(0, -1)))
    throw shapeError(
      `crossEntropy: needs logits [..., C] and int32 labels [...], received ${showSpec(logits)} and ${showSpec(labels)}`,
    );
  const classes = logits.shape.at(-1)!;
  // Chosen and not multiplied, so that a class of probability 0 costs nothing where it isn't the label.
  const chances = inNameOf("crossEntropy", () => logSoftmax(logits));
  const nll = neg(sum(where(oneHot(labels, classes), chances, 0), -1));
  const valid = mul(lessEqual(0, labels), less(labels, classes));
  return where(valid, nll, Number.NaN);
}
