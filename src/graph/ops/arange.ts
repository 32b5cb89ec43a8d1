import { type DType, NdArray } from "../ndarray.ts";
import { checkSize } from "../size.ts";
import type { Tensor } from "../tensor.ts";
import { constant } from "./constant.ts";

/** The constant [0, 1, …, n − 1]. Throws UserError where that is too long for an array, or for the machine. */
export function arange(n: number, dtype: DType = "int32"): Tensor {
  checkSize("arange:", [n]);
  const { data, shape } = NdArray.zeros([n], dtype);
  for (let i = 0; i < n; i++) data[i] = i;
  return constant(new NdArray(data, shape));
}
