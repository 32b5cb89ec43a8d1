import { ShapeError } from "../errors.ts";
import { type DType, type Shape, type Spec, sameShape, showShape, showSpec, sizeOf } from "./ndarray.ts";

/**
 * The shape of an elementwise result: axes are aligned at the right, and lengths must be equal or 1.
 * Throws ShapeError naming `op` and the shapes.
 */
export function broadcastShapes(op: string, ...shapes: readonly Shape[]): Shape {
  const [first] = shapes;
  if (first && shapes.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1;
    for (const shape of shapes) {
      const n = shape[axis - rank + shape.length] ?? 1;
      if (n === length || n === 1) continue;
      if (length !== 1)
        throw new ShapeError(
          `${op}: shapes must be equal or 1 along each axis counted from the right, received ${shapes.map(showShape).join(" and ")}`,
        );
      length = n;
    }
    return length;
  });
}

/** The one dtype of all operands. Throws ShapeError where they differ: nothing is converted silently. */
export function commonDtype(op: string, ...operands: readonly Spec[]): DType {
  const dtype = operands[0]!.dtype;
  if (operands.some((o) => o.dtype !== dtype))
    throw new ShapeError(`${op}: operands must have one dtype, received ${operands.map(showSpec).join(" and ")}`);
  return dtype;
}

/** Calls `visit(i, offsets)` for every element i of `shape` in row-major order, with each operand's own offset. */
export function forEachBroadcast(
  shape: Shape,
  operands: readonly Shape[],
  visit: (i: number, offsets: readonly number[]) => void,
): void {
  const size = sizeOf(shape);
  const offsets = operands.map(() => 0);
  if (operands.every((o) => sameShape(o, shape))) {
    for (let i = 0; i < size; i++) visit(i, offsets.fill(i));
    return;
  }
  const steps = operands.map((o) => {
    const result = new Array<number>(shape.length).fill(0);
    for (let axis = o.length - 1, step = 1; axis >= 0; axis--) {
      if (o[axis] !== 1) result[axis + shape.length - o.length] = step;
      step *= o[axis]!;
    }
    return result;
  });
  const move = (axis: number, times: number): void => {
    for (let k = 0; k < steps.length; k++) offsets[k]! += steps[k]![axis]! * times;
  };
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < size; i++) {
    visit(i, offsets);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      move(axis, 1);
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      move(axis, -shape[axis]!);
    }
  }
}

/**
 * The same row by row, which takes a fraction of the time: calls `visit(start, length, offsets, steps)` for every row of `shape`. Each
 * operand's numbers of the row lie from its offset on, a step apart: 1, or 0 where one number is repeated.
 */
export function forEachRow(
  shape: Shape,
  operands: readonly Shape[],
  visit: (start: number, length: number, offsets: readonly number[], steps: readonly number[]) => void,
): void {
  if (operands.every((o) => sameShape(o, shape))) {
    const [starts, ones] = [operands.map(() => 0), operands.map(() => 1)];
    visit(0, sizeOf(shape), starts, ones);
    return;
  }
  const rowOf = (x: Shape): number => x.at(-1) ?? 1;
  const length = rowOf(shape);
  const rows = operands.map(rowOf);
  const steps = rows.map((n) => (n === 1 ? 0 : 1));
  const offsets = operands.map(() => 0);
  if (shape.length === 2) {
    // Rows are often short, and then what is done for each of them counts.
    const apart = operands.map((o, k) => (o.length === 2 && o[0] !== 1 ? rows[k]! : 0));
    for (let row = 0; row < shape[0]!; row++) {
      visit(row * length, length, offsets, steps);
      for (let k = 0; k < offsets.length; k++) offsets[k]! += apart[k]!;
    }
    return;
  }
  const outer = operands.map((o) => o.slice(0, -1));
  forEachBroadcast(shape.slice(0, -1), outer, (row, at) => {
    for (let k = 0; k < offsets.length; k++) offsets[k] = at[k]! * rows[k]!;
    visit(row * length, length, offsets, steps);
  });
}
