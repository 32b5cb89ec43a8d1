import { ShapeError, UserError } from "../../errors.ts";
import { showSpec, sizeOf } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { scatterAdd } from "./scatter-add.ts";

/** Throws UserError unless 0 ≤ index < rows. */
export function checkRow(op: string, index: number, rows: number): number {
  if (index >= 0 && index < rows) return index;
  throw rowError(op, index, rows);
}

/** What every backend says of an index that names no row. */
export const rowError = (op: string, index: number, rows: number): UserError =>
  new UserError(
    rows > 0
      ? `${op}: an index must be a whole number from 0 to ${rows - 1}, received ${index}`
      : `${op}: a table without rows has no index, received ${index}`,
  );

export const gatherOp: Op = {
  name: "gather",
  spec([table, index]) {
    if (index!.dtype !== "int32" || table!.shape.length === 0)
      throw new ShapeError(
        `gather: needs a table [rows, ...] and an int32 index, received ${showSpec(table!)} and ${showSpec(index!)}`,
      );
    return { shape: [...index!.shape, ...table!.shape.slice(1)], dtype: table!.dtype };
  },
  derivative: ({ inputs: [table, index] }, g) => [scatterAdd(g, index!, table!.shape[0]!), undefined],
  lowering: () => ({ kind: "gather" }),
  reference([table, index], _, output) {
    const inner = sizeOf(table!.shape.slice(1));
    index!.data.forEach((row, i) => {
      const at = checkRow("gather", row, table!.shape[0]!) * inner;
      output.data.set(table!.data.subarray(at, at + inner), i * inner);
    });
  },
};

/**
 * Rows of a table, as an embedding looks them up. Throws UserError when it runs with an index outside of the table; of a result without elements, the
 * reference backend alone looks at the indices.
 * @param table [rows, ...inner]
 * @param index [...]  int32
 * @returns     [..., ...inner]
 */
export const gather = (table: Tensor, index: Tensor): Tensor => apply(gatherOp, [table, index], undefined);
