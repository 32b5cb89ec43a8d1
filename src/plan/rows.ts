/**
 * Rows of a tape. A tape runs over the elements of some shape; besides values with that shape it may hold *columns*, one
 * number for each row along the last axis: what reductions of rows give, and what is spread over rows again.
 */
import { type Shape, sameShape, sizeOf } from "../graph/ndarray.ts";
import { limits } from "./codes.ts";
import { isProduct, isWhole, type Value, type View } from "./value.ts";
import { isContiguous } from "./view.ts";

/** Rows shorter than 2 are columns, longer than a tile they don't fit a register. */
export const fitsRow = (length: number): boolean => length >= 2 && length <= limits.TILE;

/** True for a reduction of rows that a tape can carry out as well as an instruction of its own. */
export function reducesRows({ make, size }: Value): boolean {
  if (make.kind !== "reduce" || make.inner !== 1 || size === 0) return false;
  return make.of.value.dtype === "float32" && make.length === make.of.shape.at(-1) && fitsRow(make.length);
}

const longAxes = (shape: Shape): Shape => shape.filter((n) => n !== 1);

/** What a value of a shape is in a tape over `space`: an element for each element, a number for each row, or neither. */
export function levelIn(space: Shape, shape: Shape): "full" | "column" | undefined {
  if (sameShape(space, shape)) return "full";
  return sameShape(longAxes(space.slice(0, -1)), longAxes(shape)) ? "column" : undefined;
}

/** True where `view` repeats each number of its value along a row of the last axis. */
export function spreadsOverRows({ value, shape, offset, strides }: View): boolean {
  if (strides.at(-1) !== 0 || !fitsRow(shape.at(-1)!)) return false;
  const rows = { shape: shape.slice(0, -1), offset, strides: strides.slice(0, -1) };
  return sizeOf(rows.shape) === value.size && isContiguous(rows);
}

/** True for what tapes are made of. */
export const inTape = (value: Value): boolean => value.make.kind === "elementwise" || reducesRows(value);

/** True where `reader` can take the operand from a register, if one tape makes both. */
export function inRegister(view: View, reader: Value): boolean {
  const { value } = view;
  if (!inTape(reader) || !(inTape(value) || isProduct(value))) return false;
  if (spreadsOverRows(view)) return reader.make.kind === "elementwise";
  if (!isWhole(view)) return false;
  if (sameShape(view.shape, value.shape) && (reader.make.kind === "reduce" || sameShape(value.shape, reader.shape)))
    return true;
  // Columns may differ in axes of length 1.
  return reader.make.kind === "elementwise" && sameShape(longAxes(value.shape), longAxes(reader.shape));
}

/** A reader's strides along the axes of the space that its tape runs over: a column's reader stays where it is along a row. */
export function stridesAlong({ shape, strides }: View, reader: Value, space: Shape): readonly number[] {
  if (reader.make.kind === "reduce" || sameShape(reader.shape, space)) return strides;
  const long = strides.filter((_, axis) => shape[axis] !== 1);
  let next = 0;
  return space.map((n, axis) => (axis === space.length - 1 || n === 1 ? 0 : long[next++]!));
}
