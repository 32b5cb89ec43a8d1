import { sameShape, showShape } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { inNameOf, shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { softplus } from "./softplus.ts";
import { sub } from "./sub.ts";

/**
 * −t log σ(a) − (1 − t) log(1 − σ(a)) = softplus(a) − t·a, element by element, in nats. Throws ShapeError for
 * shapes that differ.
 * @param logits  [...]
 * @param targets [...]  in [0, 1]
 */
export function bernoulliNll(logits: Tensor, targets: Tensor): Tensor {
  checkTensors("bernoulliNll", [logits, targets]);
  if (!sameShape(logits.shape, targets.shape))
    throw shapeError(
      `bernoulliNll: logits and targets must have one shape, received ${showShape(logits.shape)} and ${showShape(targets.shape)}`,
    );
  return inNameOf("bernoulliNll", () => sub(softplus(logits), mul(targets, logits)));
}
