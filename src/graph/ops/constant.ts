import { show } from "../../rules.ts";
import { dtypeOf } from "../arguments.ts";
import { adopted, checkWhole, convert, type DType, NdArray } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { shapeError, withUserCall } from "../site.ts";
import type { Tensor } from "../tensor.ts";

/** Numbers that are known while tracing. */
export const constantOp: Op<NdArray> = {
  name: "constant",
  spec: (_, value) => ({ shape: value.shape, dtype: value.dtype }),
  lowering: ({ attrs: data }) => ({ kind: "constant", data }),
  reference: (_, value, output) => output.data.set(value.data),
};

/** A number as a constant operand of `op`. Throws ShapeError, with the user's line, where the dtype doesn't hold it. */
export const scalar = (op: string, value: number, dtype: DType): Tensor =>
  apply(
    constantOp,
    [],
    new NdArray(
      withUserCall(() => convert(op, [value], dtype)),
      [],
    ),
  );

/**
 * A tensor with a fixed value: a number (a scalar of `dtype`), or the numbers that an array holds at that
 * moment. Throws ShapeError for anything else, and for a number that the dtype doesn't hold: see `array`;
 * UserError where an array's buffer has gone. An array [...] gives a tensor [...], a number one of shape [].
 */
export function constant(value: number | NdArray, dtype: DType = "float32"): Tensor {
  const known = adopted(value);
  if (known instanceof NdArray) {
    checkWhole("constant", known);
    return apply(constantOp, [], new NdArray(known.data.slice(), known.shape));
  }
  if (typeof known !== "number")
    throw shapeError(`constant: needs a number or an NdArray, received ${show(value)}: array(...) makes an NdArray`);
  return scalar("constant", known, dtypeOf("constant", dtype));
}
