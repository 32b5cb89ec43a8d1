import { ShapeError } from "../../errors.ts";
import { shapeOf } from "../arguments.ts";
import { broadcastShapes, forEachRow } from "../broadcast.ts";
import { type Shape, sameShape, showShape } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import { sumTo } from "./sum-to.ts";

export const broadcastToOp: Op<Shape> = {
  name: "broadcastTo",
  spec([x], shape) {
    if (!sameShape(broadcastShapes("broadcastTo", x!.shape, shape), shape))
      throw new ShapeError(`broadcastTo: ${showShape(x!.shape)} does not broadcast to ${showShape(shape)}`);
    return { shape, dtype: x!.dtype };
  },
  derivative: ({ inputs: [x] }, g) => [sumTo(g, x!.shape)],
  lowering: () => ({ kind: "broadcast" }),
  reference([x], shape, output) {
    forEachRow(shape, [x!.shape], (start, length, [at], [step]) => {
      for (let j = 0; j < length; j++) output.data[start + j] = x!.data[at! + j * step!]!;
    });
  },
};

/**
 * x repeated along its axes of length 1, and along new axes at the left, to the given shape. [...] →
 * [...shape]. Throws ShapeError where the shapes do not fit.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensors("broadcastTo", [x]);
  const own = shapeOf("broadcastTo", shape);
  return sameShape(x.shape, own) ? x : apply(broadcastToOp, [x], own);
}
