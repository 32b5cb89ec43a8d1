import { ShapeError } from "../errors.ts";
import { show } from "../rules.ts";
import { type Shape, sameShape, showShape, showSpec, sizeOf } from "./ndarray.ts";
import { shapeError } from "./site.ts";
import { Tensor } from "./tensor.ts";

/**
 * A *pair* is an example together with a block that is open for it. What is computed for open blocks alone lies in *pair space*:
 * tensors [C, …] whose first axis has room for all C = B·K pairs, of which only the first P, those of the plan, are ever computed.
 *
 * The plan is one int32 array. Pairs are ordered by block, within a block by example; a backend may also take all C pairs, ordered by
 * example, where enough gates are open that skipping does not pay (`DENSE` is 1 then, and starts and example lists are not filled in).
 */
export const PLAN = { COUNT: 0, DENSE: 1, OPEN_BLOCKS: 2, STARTS: 4 } as const;

/** Groups of blocks that a kernel counts apart, at most, and gates whose bits it keeps together, in two words. */
const GROUPS = 8;
const GATES = 64;

/** Where the parts of a plan begin. */
export interface PlanLayout {
  readonly capacity: number; //      C = B·K
  readonly rows: number; //          [C] example of each pair
  readonly blocks: number; //        [C] block of each pair
  readonly exampleStarts: number; // [B + 1] where each example's pairs begin in examplePairs
  readonly examplePairs: number; //  [C] numbers of pairs, by example, in order of block
  readonly words: number; //         with the kernels' scratch at the end
}

/** The layout of a plan for B examples and K blocks; `starts` [K + 1], each block's first pair, is at PLAN.STARTS. */
export function planLayout(batch: number, blocks: number): PlanLayout {
  const capacity = batch * blocks;
  const rows = PLAN.STARTS + blocks + 1;
  const exampleStarts = rows + 2 * capacity;
  const examplePairs = exampleStarts + batch + 1;
  const words = examplePairs + capacity + batch * (GROUPS + 2 * Math.ceil(blocks / GATES)) + blocks;
  return { capacity, rows, blocks: rows + capacity, exampleStarts, examplePairs, words };
}

/** Which blocks are open for which example: what `routing` gives, and all ops of pair space take. */
export interface Routing {
  /** int32 [words], see planLayout. */
  readonly plan: Tensor;
  /** B: examples. */
  readonly batch: number;
  /** K: blocks, each with a gate. */
  readonly blocks: number;
}

/** Throws ShapeError, with the user's line, for anything but what `routing` gives. */
export function checkRouting(op: string, routing: Routing): Routing {
  const { plan, batch, blocks } = (routing ?? {}) as Partial<Routing>;
  if (!(plan instanceof Tensor) || typeof batch !== "number" || typeof blocks !== "number")
    throw shapeError(`${op}: needs what routing(gates) gives, received ${show(routing)}`);
  const words = planLayout(batch, blocks).words;
  if (plan.dtype !== "int32" || !sameShape(plan.shape, [words]))
    throw shapeError(
      `${op}: the plan of ${batch} examples and ${blocks} blocks must be int32[${words}], received ${showSpec(plan)}`,
    );
  return routing;
}

/** Whether a table has a row for each gate, [B, K, …], or for each block, [K, …]. */
export type PairTable = "gates" | "blocks";

/** What the ops of pair space know beside their tensors. */
export interface PairAttrs {
  readonly batch: number;
  readonly blocks: number;
}

/** Calls `visit` for each pair of a plan in order. */
export function forEachPair(
  plan: ArrayLike<number>,
  { batch, blocks }: PairAttrs,
  visit: (pair: number, example: number, block: number) => void,
): void {
  const at = planLayout(batch, blocks);
  for (let p = 0; p < plan[PLAN.COUNT]!; p++) visit(p, plan[at.rows + p]!, plan[at.blocks + p]!);
}

/** The sizes of blocks' weights [K, S, D]. Throws ShapeError unless they are those of the routing's blocks. */
export function blockSizes(op: string, m: { readonly shape: Shape }, { blocks }: PairAttrs): readonly [number, number] {
  if (m.shape.length !== 3 || m.shape[0] !== blocks)
    throw new ShapeError(`${op}: needs weights [${blocks}, S, D], received ${showShape(m.shape)}`);
  return [m.shape[1]!, m.shape[2]!];
}

/** Throws ShapeError unless `x` has the shape, where undefined stands for any length. */
export function checkShape(
  op: string,
  what: string,
  x: { readonly shape: Shape },
  shape: readonly (number | string)[],
): void {
  if (x.shape.length !== shape.length || shape.some((n, axis) => typeof n === "number" && x.shape[axis] !== n))
    throw new ShapeError(`${op}: needs ${what} [${shape.join(", ")}], received ${showShape(x.shape)}`);
}

/** The number of values that stand behind each index of the first `axes` axes. */
export const innerSize = (shape: Shape, axes: number): number => sizeOf(shape.slice(axes));
