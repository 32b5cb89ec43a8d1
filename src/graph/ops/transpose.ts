import { ShapeError } from "../../errors.ts";
import { shapeOf } from "../arguments.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";

/** attrs: axis i of the output is axis attrs[i] of the input. */
export const transposeOp: Op<readonly number[]> = {
  name: "transpose",
  spec([x], order) {
    if (
      order.length !== x!.shape.length ||
      new Set(order).size !== order.length ||
      order.some((a) => x!.shape[a] === undefined)
    )
      throw new ShapeError(
        `transpose: the order must name each axis of ${showShape(x!.shape)} once, received ${showShape(order)}`,
      );
    return { shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  derivative: ({ attrs }, g) => [
    transpose(
      g,
      attrs.map((_, i) => attrs.indexOf(i)),
    ),
  ],
  lowering: ({ attrs: order }) => ({ kind: "transpose", order }),
  reference([x], order, output) {
    const steps = order.map((axis) => stridesOf(x!.shape)[axis]!);
    const index = new Array<number>(order.length).fill(0);
    for (let i = 0, at = 0; i < sizeOf(output.shape); i++) {
      output.data[i] = x!.data[at]!;
      for (let axis = order.length - 1; axis >= 0; axis--) {
        index[axis]!++;
        at += steps[axis]!;
        if (index[axis]! < output.shape[axis]!) break;
        index[axis] = 0;
        at -= steps[axis]! * output.shape[axis]!;
      }
    }
  },
};

/**
 * Axes in another order; without `order` the last two are swapped. [n, m] → [m, n]. Throws ShapeError for an
 * order that is no permutation of the axes.
 */
export function transpose(x: Tensor, order?: Shape): Tensor {
  checkTensors("transpose", [x]);
  const axes = x.shape.map((_, i) => i);
  if (order === undefined && x.rank < 2)
    throw shapeError(`transpose: needs at least two axes, received ${showShape(x.shape)}`);
  return apply(
    transposeOp,
    [x],
    order !== undefined ? shapeOf("transpose", order, "order") : [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!],
  );
}
