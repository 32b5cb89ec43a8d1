import { UserError } from "../errors.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../graph/ndarray.ts";
import { limits } from "./codes.ts";

/** A way to read a buffer: element [i, j, …] stands at offset + i·strides[0] + j·strides[1] + … */
export interface Layout {
  readonly shape: Shape;
  readonly offset: number;
  readonly strides: readonly number[]; // in elements; 0 where the axis is a repetition
}

export const rowMajor = (shape: Shape): Layout => ({ shape, offset: 0, strides: stridesOf(shape) });

/** True where the elements lie in row-major order without gaps. */
export function isContiguous({ shape, strides }: Layout): boolean {
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

export const transposed = (view: Layout, order: readonly number[]): Layout => ({
  shape: order.map((axis) => view.shape[axis]!),
  offset: view.offset,
  strides: order.map((axis) => view.strides[axis]!),
});

export const sliced = (view: Layout, start: readonly number[], size: Shape): Layout => ({
  shape: size,
  offset: start.reduce((at, first, axis) => at + first * view.strides[axis]!, view.offset),
  strides: view.strides,
});

export function broadcasted(view: Layout, shape: Shape): Layout {
  const extra = shape.length - view.shape.length;
  const strides = shape.map((_, axis) =>
    axis < extra || view.shape[axis - extra] === 1 ? 0 : view.strides[axis - extra]!,
  );
  return { shape, offset: view.offset, strides };
}

/** The layout under another shape, or undefined where no strides can express it and the elements must be copied. */
export function reshaped(view: Layout, shape: Shape): Layout | undefined {
  if (sizeOf(shape) === 0) return { ...rowMajor(shape), offset: view.offset };
  // Runs of old axes whose strides follow from the innermost: each can be cut up in any way.
  const runs: { size: number; stride: number }[] = [];
  view.shape.forEach((n, axis) => {
    if (n === 1) return;
    const last = runs.at(-1);
    const stride = view.strides[axis]!;
    if (last && last.stride === stride * n) runs[runs.length - 1] = { size: last.size * n, stride };
    else runs.push({ size: n, stride });
  });
  const strides = new Array<number>(shape.length).fill(0);
  let run = runs.length - 1;
  let left = runs[run]?.size ?? 1;
  let step = runs[run]?.stride ?? 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis]!;
    if (n === 1) continue;
    if (left === 1 && run > 0) {
      run--;
      left = runs[run]!.size;
      step = runs[run]!.stride;
    }
    if (left % n !== 0) return undefined;
    strides[axis] = step;
    step *= n;
    left /= n;
  }
  return { shape, offset: view.offset, strides };
}

/**
 * Merges neighbouring axes that every layout walks through alike, and drops axes of length 1, so that loops are few and long.
 * All layouts have the same shape. Gives at least one axis.
 */
export function collapse(
  shape: Shape,
  layouts: readonly (readonly number[])[],
): { dims: number[]; strides: number[][] } {
  const dims: number[] = [];
  const strides: number[][] = layouts.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    if (n === 1) continue;
    const last = dims.length - 1;
    if (last >= 0 && layouts.every((s, k) => strides[k]![last] === s[axis]! * n)) {
      dims[last]! *= n;
      layouts.forEach((s, k) => {
        strides[k]![last] = s[axis]!;
      });
    } else {
      dims.push(n);
      layouts.forEach((s, k) => strides[k]!.push(s[axis]!));
    }
  }
  if (dims.length === 0) return { dims: [1], strides: layouts.map(() => [0]) };
  return { dims, strides };
}

/** Strides of a [batch…, M, N] layout as [batch, M, N], or undefined where the batch axes don't walk as one. */
export function asMatrices({ shape, strides }: Layout): readonly [number, number, number] | undefined {
  const outer = collapse(shape.slice(0, -2), [strides.slice(0, -2)]);
  if (outer.dims.length > 1) return undefined;
  return [outer.strides[0]![0]!, strides.at(-2)!, strides.at(-1)!];
}

/** Throws UserError for more axes than the kernels walk. */
export function checkRank(what: string, dims: readonly number[]): void {
  if (dims.length > limits.MAX_RANK)
    throw new UserError(
      `${what}: at most ${limits.MAX_RANK} axes can be walked at once, received ${showShape(dims)} after merging: reshape first`,
    );
}
