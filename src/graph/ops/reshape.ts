import { ShapeError } from "../../errors.ts";
import { shapeOf } from "../arguments.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";

export const reshapeOp: Op<Shape> = {
  name: "reshape",
  spec([x], shape) {
    if (shape.some((n) => !Number.isInteger(n) || n < 0) || sizeOf(shape) !== sizeOf(x!.shape))
      throw new ShapeError(
        `reshape: the number of elements must stay, received ${showShape(x!.shape)} (${sizeOf(x!.shape)}) to ${showShape(shape)}`,
      );
    return { shape, dtype: x!.dtype };
  },
  derivative: ({ inputs: [x] }, g) => [reshape(g, x!.shape)],
  lowering: () => ({ kind: "reshape" }),
  zeroWhere: "first",
  reference: ([x], _, output) => output.data.set(x!.data),
};

/**
 * The same elements in row-major order under another shape; one length may be −1 and is computed. [...] →
 * [...shape]. Throws ShapeError where the numbers of elements differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensors("reshape", [x]);
  const open = Array.isArray(shape) ? shape.indexOf(-1) : -1;
  const lengths = shapeOf("reshape", open < 0 ? shape : shape.with(open, 1));
  const known = sizeOf(lengths);
  if (open >= 0 && x.size % known !== 0)
    throw shapeError(
      `reshape: ${x.size} elements of ${showShape(x.shape)} don't fill ${showShape(shape)} whatever -1 stands for`,
    );
  const full = open < 0 ? lengths : lengths.with(open, x.size / known);
  return sameShape(full, x.shape) ? x : apply(reshapeOp, [x], full);
}
