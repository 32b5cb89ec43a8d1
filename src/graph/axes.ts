import { show } from "../rules.ts";
import { flagOf, optionsOf } from "./arguments.ts";
import { type Shape, showShape, sizeOf } from "./ndarray.ts";
import { checkTensors } from "./operand.ts";
import { shapeError } from "./site.ts";
import type { Tensor } from "./tensor.ts";

/** One axis or several (default: all); negative numbers count from the end. */
export type Axes = number | readonly number[] | undefined;

/** Axes as sorted numbers from 0. Throws ShapeError for one that the shape doesn't have, or named twice. */
export function resolveAxes(op: string, shape: Shape, axes: Axes): number[] {
  if (axes === undefined) return shape.map((_, i) => i);
  // Array.from, so that the holes of a sparse array are seen.
  const list = (Array.isArray(axes) ? Array.from(axes as readonly number[]) : [axes as number]).map((axis) => {
    if (shape.length === 0) throw shapeError(`${op}: a scalar has no axes, received axis ${show(axis)}`);
    const found = Number.isInteger(axis) && axis < 0 ? axis + shape.length : axis;
    if (!Number.isInteger(axis) || found < 0 || found >= shape.length)
      throw shapeError(
        `${op}: an axis of shape ${showShape(shape)} must be a whole number from ${-shape.length} to ${shape.length - 1}, received ${show(axis)}`,
      );
    return found;
  });
  if (new Set(list).size !== list.length)
    throw shapeError(`${op}: axes must be different, received ${showShape(list)}`);
  return list.sort((a, b) => a - b);
}

/** One axis of a tensor, from 0. Throws ShapeError, with the user's line, for what is none, and for several. */
export function axisOf(op: string, x: Tensor, axis: number): number {
  checkTensors(op, [x]);
  return resolveAxis(op, x.shape, axis);
}

/** One axis of a shape, from 0; negative numbers count from the end. */
export function resolveAxis(op: string, shape: Shape, axis: number): number {
  if (typeof axis !== "number") throw shapeError(`${op}: axis must be one whole number, received ${show(axis)}`);
  return resolveAxes(op, shape, axis)[0]!;
}

export interface ReduceOptions {
  /** The axes that are reduced over stay, with length 1. */
  readonly keep?: boolean;
}

export interface ReduceAttrs {
  readonly axes: readonly number[]; // sorted, from 0
  readonly keep: boolean;
}

/** The attributes of a reduction from its arguments. Throws ShapeError, with the user's line, for what is none. */
export function reduceAttrs(op: string, x: Tensor, axes: Axes, options: ReduceOptions): ReduceAttrs {
  checkTensors(op, [x]);
  const { keep } = optionsOf(op, options, ["keep"]);
  return { axes: resolveAxes(op, x.shape, axes), keep: flagOf(op, "keep", keep) };
}

/** The shape after reducing over `axes`: gone, or kept with length 1. */
export const reducedShape = (shape: Shape, axes: readonly number[], keep: boolean): Shape =>
  keep ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i));

/** Calls `visit(output index, input index)` for every element of `shape`, in row-major order of the input. */
export function forEachReduced(shape: Shape, axes: readonly number[], visit: (o: number, i: number) => void): void {
  const kept = reducedShape(shape, axes, true);
  const steps = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    if (!axes.includes(axis)) steps[axis] = step;
    step *= kept[axis]!;
  }
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, o = 0; i < sizeOf(shape); i++) {
    visit(o, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      o += steps[axis]!;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      o -= steps[axis]! * shape[axis]!;
    }
  }
}
