import { dtypeOf, wholeNumber } from "../arguments.ts";
import { allocate, type DType, NdArray } from "../ndarray.ts";
import type { Tensor } from "../tensor.ts";
import { constant } from "./constant.ts";

/** The constant [0, 1, …, n − 1]. */
export function arange(n: number, dtype: DType = "int32"): Tensor {
  const numbers = allocate(dtypeOf("arange", dtype), wholeNumber("arange", "n", n));
  return constant(
    new NdArray(
      numbers.map((_: number, i: number) => i),
      [n],
    ),
  );
}
