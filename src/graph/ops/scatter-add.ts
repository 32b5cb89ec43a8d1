import { ShapeError } from "../../errors.ts";
import { wholeNumber } from "../arguments.ts";
import { isFloat, sameShape, showSpec, sizeOf } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { checkRow, gather } from "./gather.ts";

export interface ScatterAddAttrs {
  readonly rows: number;
}

export const scatterAddOp: Op<ScatterAddAttrs> = {
  name: "scatterAdd",
  spec([update, index], { rows }) {
    if (!isFloat(update!.dtype) || index!.dtype !== "int32")
      throw new ShapeError(
        `scatterAdd: needs a floating-point update and an int32 index, received ${showSpec(update!)} and ${showSpec(index!)}`,
      );
    const rank = index!.shape.length;
    if (!sameShape(update!.shape.slice(0, rank), index!.shape))
      throw new ShapeError(
        `scatterAdd: needs update [...index, ...inner] and a number of rows, received ${showSpec(update!)}, ${showSpec(index!)} and ${rows}`,
      );
    return { shape: [rows, ...update!.shape.slice(rank)], dtype: update!.dtype };
  },
  derivative: ({ inputs: [, index] }, g) => [gather(g, index!), undefined],
  lowering: () => ({ kind: "scatterAdd" }),
  reference([update, index], { rows }, output) {
    const inner = sizeOf(output.shape.slice(1));
    const totals = new Float64Array(output.data.length);
    index!.data.forEach((row, i) => {
      const at = checkRow("scatterAdd", row, rows) * inner;
      for (let j = 0; j < inner; j++) totals[at + j]! += update!.data[i * inner + j]!;
    });
    output.data.set(totals);
  },
};

/**
 * A table of zeros to whose row index[i] update[i] is added, for every i: the transpose of gather.
 * Throws UserError when it runs with an index outside of the table; of a result without elements, the reference backend alone looks at the indices.
 * @param update [..., ...inner]
 * @param index  [...]  int32
 * @returns      [rows, ...inner]
 */
export const scatterAdd = (update: Tensor, index: Tensor, rows: number): Tensor =>
  apply(scatterAddOp, [update, index], { rows: wholeNumber("scatterAdd", "rows", rows) });
