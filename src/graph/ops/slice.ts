import { ShapeError } from "../../errors.ts";
import { show } from "../../rules.ts";
import { showShape, sizeOf, stridesOf } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { pad } from "./pad.ts";

export interface SliceAttrs {
  readonly start: readonly number[];
  readonly size: readonly number[];
}

/** Calls `visit(offset in the part, offset in the whole)` for the part of `whole` that begins at `start`. */
export function forEachOfPart(
  whole: readonly number[],
  { start, size }: SliceAttrs,
  visit: (part: number, whole: number) => void,
): void {
  const strides = stridesOf(whole);
  const row = size.at(-1) ?? 1;
  const rows = size.slice(0, -1);
  const index = rows.map(() => 0);
  const first = start.reduce((at, n, axis) => at + n * strides[axis]!, 0);
  for (let r = 0, at = first; r < sizeOf(rows); r++) {
    for (let i = 0; i < row; i++) visit(r * row + i, at + i);
    for (let axis = rows.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < rows[axis]!) break;
      at -= rows[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}

export const sliceOp: Op<SliceAttrs> = {
  name: "slice",
  spec([x], { start, size }) {
    const fits = (n: number, axis: number): boolean =>
      start[axis]! >= 0 && size[axis]! >= 0 && start[axis]! + size[axis]! <= n;
    if (start.length !== x!.shape.length || size.length !== x!.shape.length || !x!.shape.every(fits))
      throw new ShapeError(
        `slice: must lie within ${showShape(x!.shape)}, received start ${showShape(start)} and size ${showShape(size)}`,
      );
    return { shape: size, dtype: x!.dtype };
  },
  derivative: ({ inputs: [x], attrs: { start, size } }, g) => [
    pad(
      g,
      start,
      x!.shape.map((n, axis) => n - start[axis]! - size[axis]!),
    ),
  ],
  lowering: ({ attrs }) => ({ kind: "slice", ...attrs }),
  reference([x], attrs, output) {
    forEachOfPart(x!.shape, attrs, (to, from) => (output.data[to] = x!.data[from]!));
  },
};

/** An end of a slice: for the first axis, or one per axis from the first on; undefined: all the way. */
export type SliceEnd = number | readonly (number | undefined)[] | undefined;

/**
 * The part of x from `start` up to and without `stop`, along each axis; negative numbers count from the end, and axes that are
 * not named stay whole. `slice(x, 2, 5)` takes rows 2 to 4, `slice(x, [undefined, -1])` the last column.
 * Throws ShapeError where an end lies outside of x or before the start.
 */
export function slice(x: Tensor, start: SliceEnd, stop?: SliceEnd): Tensor {
  checkTensors("slice", [x]);
  const list = (end: SliceEnd): readonly (number | undefined)[] =>
    end === undefined ? [] : Array.isArray(end) ? Array.from(end) : [end as number];
  const [from, to] = [list(start), list(stop)];
  if (Math.max(from.length, to.length) > x.rank)
    throw shapeError(
      `slice: shape ${showShape(x.shape)} has ${x.rank} axes, received ends for ${Math.max(from.length, to.length)}`,
    );
  const resolve = (end: number | undefined, fallback: number, axis: number): number => {
    const n = x.shape[axis]!;
    const at = end === undefined ? fallback : Number.isInteger(end) && end < 0 ? end + n : end;
    if (!Number.isInteger(at) || at < 0 || at > n)
      throw shapeError(
        `slice: the ends along axis ${axis} of shape ${showShape(x.shape)} must be whole numbers from ${-n} to ${n}, received ${show(end)}`,
      );
    return at;
  };
  const begin = x.shape.map((_, axis) => resolve(from[axis], 0, axis));
  const size = x.shape.map((n, axis) => {
    const length = resolve(to[axis], n, axis) - begin[axis]!;
    if (length < 0)
      throw shapeError(
        `slice: must stop at or after its start, received ${from[axis] ?? 0} to ${to[axis] ?? n} along axis ${axis} of shape ${showShape(x.shape)}`,
      );
    return length;
  });
  return size.every((n, axis) => n === x.shape[axis]) ? x : apply(sliceOp, [x], { start: begin, size });
}
