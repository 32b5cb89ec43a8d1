import { dtypeOf, wholeNumber } from "../arguments.ts";
import { type DType, showSpec } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import { checkSize } from "../size.ts";
import type { Tensor } from "../tensor.ts";
import { arange } from "./arange.ts";
import { cast } from "./cast.ts";
import { equal } from "./equal.ts";
import { expandDims } from "./expand-dims.ts";

/**
 * 1 at each label's place and 0 elsewhere; a label outside of 0 … classes − 1 gives zeros. Throws ShapeError
 * for labels that are not int32.
 * @param labels [...]  int32
 * @returns      [..., classes]
 */
export function oneHot(labels: Tensor, classes: number, dtype: DType = "float32"): Tensor {
  checkTensors("oneHot", [labels]);
  if (labels.dtype !== "int32") throw shapeError(`oneHot: labels must be int32, received ${showSpec(labels)}`);
  checkSize("oneHot:", [...labels.shape, wholeNumber("oneHot", "classes", classes)]);
  return cast(equal(expandDims(labels, -1), arange(classes)), dtypeOf("oneHot", dtype));
}
