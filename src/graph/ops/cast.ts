import { dtypeOf } from "../arguments.ts";
import { type DType, isFloat } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";

const toInt = (x: number): number => Math.min(Math.max(Math.trunc(x), -(2 ** 31)), 2 ** 31 - 1) || 0;

export const castOp: Op<DType> = {
  name: "cast",
  spec: ([x], dtype) => ({ shape: x!.shape, dtype }),
  derivative: ({ inputs: [x], attrs }, g) => [isFloat(x!.dtype) && isFloat(attrs) ? cast(g, x!.dtype) : undefined],
  lowering: () => ({ kind: "cast" }),
  reference([x], dtype, output) {
    if (dtype === "int32") for (let i = 0; i < output.data.length; i++) output.data[i] = toInt(x!.data[i]!);
    else output.data.set(x!.data);
  },
};

/**
 * x in another dtype. To int32: truncated towards 0, saturated, NaN to 0; no gradient flows through integers.
 * [...] → [...]. Throws ShapeError for an unknown dtype.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensors("cast", [x]);
  return x.dtype === dtypeOf("cast", dtype) ? x : apply(castOp, [x], dtype);
}
