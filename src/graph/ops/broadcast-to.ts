import { ShapeError } from "../../errors.ts";
import { broadcastShapes, forEachBroadcast } from "../broadcast.ts";
import { type Shape, sameShape, showShape } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
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
  reference([x], shape, output) {
    forEachBroadcast(shape, [x!.shape], (i, [at]) => (output.data[i] = x!.data[at!]!));
  },
};

/** x repeated along its axes of length 1, and along new axes at the left, to the given shape. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(broadcastToOp, [x], shape);
