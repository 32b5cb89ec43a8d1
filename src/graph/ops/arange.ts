import { allocate, type DType, NdArray } from "../ndarray.ts";
import type { Tensor } from "../tensor.ts";
import { constant } from "./constant.ts";

/** The constant [0, 1, …, n − 1]. */
export const arange = (n: number, dtype: DType = "int32"): Tensor =>
  constant(
    new NdArray(
      allocate(dtype, n).map((_: number, i: number) => i),
      [n],
    ),
  );
