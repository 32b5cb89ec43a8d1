import { shapeOf } from "../arguments.ts";
import { type Shape, sameShape, showShape } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";

/**
 * Sums away what broadcasting from `shape` added: the derivative of broadcasting. [...] → [...shape]. Throws
 * ShapeError for a shape that does not broadcast to that of x.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  checkTensors("sumTo", [x]);
  const to = shapeOf("sumTo", shape);
  if (sameShape(x.shape, to)) return x;
  const extra = x.rank - to.length;
  if (extra < 0 || to.some((n, i) => n !== 1 && n !== x.shape[i + extra]))
    throw shapeError(`sumTo: ${showShape(to)} must broadcast to ${showShape(x.shape)}`);
  const axes = x.shape.map((_, i) => i).filter((i) => i < extra || (to[i - extra] === 1 && x.shape[i] !== 1));
  return reshape(axes.length ? sum(x, axes) : x, to);
}
