import { ShapeError } from "../../errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
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
  reference: ([x], _, output) => output.data.set(x!.data),
};

/** The same elements in row-major order under another shape; one length may be −1 and is worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  const known = shape.reduce((n, length, i) => (i === open ? n : n * length), 1);
  const full = open < 0 ? shape : shape.map((n, i) => (i === open ? x.size / known : n));
  return sameShape(full, x.shape) ? x : apply(reshapeOp, [x], full);
}
