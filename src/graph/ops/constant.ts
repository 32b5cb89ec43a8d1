import { allocate, checkWhole, type DType, NdArray } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** Numbers that are known while tracing. */
export const constantOp: Op<NdArray> = {
  name: "constant",
  spec: (_, value) => ({ shape: value.shape, dtype: value.dtype }),
  reference: (_, value, output) => output.data.set(value.data),
};

/** A tensor with a fixed value: a number (a scalar of `dtype`) or an array, as it is now. Throws UserError where its buffer has gone. */
export function constant(value: number | NdArray, dtype: DType = "float32"): Tensor {
  if (value instanceof NdArray) {
    checkWhole("constant", value);
    return apply(constantOp, [], new NdArray(value.data.slice(), value.shape));
  }
  const data = allocate(dtype, 1);
  data[0] = value;
  return apply(constantOp, [], new NdArray(data, []));
}
