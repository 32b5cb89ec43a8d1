import { evaluate } from "../evaluate.ts";
import { array, type DType, type Nested } from "../ndarray.ts";
import { constant } from "../ops/constant.ts";
import type { Tensor } from "../tensor.ts";

/** A constant from nested numbers, float64 unless said. */
export const tensor = (values: Nested, dtype: DType = "float64"): Tensor => constant(array(values, { dtype }));

/** An int32 constant. */
export const ints = (values: Nested): Tensor => tensor(values, "int32");

/** The value of a tensor without inputs, as nested numbers. */
export const run = (x: Tensor): Nested => evaluate([x])[0]!.toNested();
