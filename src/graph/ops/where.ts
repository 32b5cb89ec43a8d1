import { ShapeError } from "../../errors.ts";
import { broadcastShapes, commonDtype, forEachRow } from "../broadcast.ts";
import { lift } from "../elementwise.ts";
import { isFloat, showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { sumTo } from "./sum-to.ts";

export const whereOp: Op = {
  name: "where",
  spec([mask, a, b]) {
    if (!isFloat(mask!.dtype))
      throw new ShapeError(
        `where: the mask must be floating-point, as comparisons give it, received ${showSpec(mask!)}`,
      );
    return { shape: broadcastShapes("where", mask!.shape, a!.shape, b!.shape), dtype: commonDtype("where", a!, b!) };
  },
  derivative: ({ inputs: [mask, a, b] }, g) => [
    undefined,
    sumTo(where(mask!, g, 0), a!.shape),
    sumTo(where(mask!, 0, g), b!.shape),
  ],
  lowering: () => ({ kind: "elementwise", codes: { float32: "WHERE", int32: "WHERE" } }),
  zeroWhere: "chosen",
  reference([mask, a, b], _, output) {
    forEachRow(output.shape, [mask!.shape, a!.shape, b!.shape], (start, length, [m, p, q], [r, s, t]) => {
      for (let j = 0; j < length; j++)
        output.data[start + j] = mask!.data[m! + j * r!] !== 0 ? a!.data[p! + j * s!]! : b!.data[q! + j * t!]!;
    });
  },
};

/**
 * a where the mask isn't 0, else b, with broadcasting. No gradient flows to the mask, nor to what was not
 * chosen. [...], [...] and [...] → [...].
 */
export const where = (mask: Tensor, a: TensorLike, b: TensorLike): Tensor =>
  apply(whereOp, [mask, ...lift("where", a, b)], undefined);
