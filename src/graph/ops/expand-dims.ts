import { resolveAxis } from "../axes.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import { reshape } from "./reshape.ts";

/**
 * x with a new axis of length 1 at `axis` of the result: [B] at −1 becomes [B, 1]. Throws ShapeError for an
 * axis that there is not.
 */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensors("expandDims", [x]);
  const at = resolveAxis("expandDims", [...x.shape, 1], axis);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
