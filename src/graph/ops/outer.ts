import { sameShape, showShape } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import { inNameOf, shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { reshape } from "./reshape.ts";

/**
 * One number an example, times every unit of that example. Throws ShapeError for other shapes.
 * @param examples [B]
 * @param units    [B, ...]
 * @returns        [B, ...]
 */
export function outer(examples: Tensor, units: Tensor): Tensor {
  checkTensors("outer", [examples, units]);
  if (!sameShape(examples.shape, units.shape.slice(0, examples.rank)))
    throw shapeError(
      `outer: needs examples [B] and units [B, ...], received ${showShape(examples.shape)} and ${showShape(units.shape)}`,
    );
  const spread = reshape(examples, [...examples.shape, ...units.shape.slice(examples.rank).map(() => 1)]);
  return inNameOf("outer", () => mul(spread, units));
}
