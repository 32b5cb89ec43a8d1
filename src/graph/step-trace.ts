import { show } from "../rules.ts";
import { type Shape, type Spec, sameShape, showSpec } from "./ndarray.ts";
import { input } from "./ops/input.ts";
import { outsideOfRegions } from "./region.ts";
import { shapeError } from "./site.ts";
import { Tensor } from "./tensor.ts";
import { isBranch, type Leaf, rebuilder, type Tree, visited } from "./tree.ts";

/** One step of a loop: what it keeps for the next one, and what it gives at its own place. */
export type Step = (carry: Tree<Tensor>, x: Tree<Tensor>) => { readonly carry: Tree<Tensor>; readonly y: Tree<Tensor> };

/** A step that was traced once, with placeholders for what it is given. */
export interface StepTrace {
  readonly carry: readonly Tensor[];
  readonly xs: readonly Tensor[];
  readonly nextCarry: readonly Tensor[];
  readonly y: readonly Tensor[];
  /** The form of y with other leaves. */
  readonly yTree: (leaves: readonly Tensor[]) => Tree<Tensor>;
}

/** The leaves of a tree, all tensors. Throws ShapeError, with the user's line, for one that is none. */
export function tensorsOf(op: string, what: string, tree: Tree<Tensor>): Leaf<Tensor>[] {
  const found = visited<Tensor>(tree);
  for (const { path, value } of found)
    if (!(value instanceof Tensor))
      throw shapeError(`${op}: ${at(what, path)} must be a tensor, received ${show(value)}`);
  return found;
}

const at = (what: string, path: string): string => (path === "" ? what : `${what} at ${path}`);

/** The one length of the first axes of `rows`. Throws ShapeError, with the user's line, where there is none. */
export function commonLength(op: string, rows: readonly Leaf<Tensor>[], given: number | undefined): number {
  const [first] = rows;
  if (!first && given === undefined) throw shapeError(`${op}: needs a length where xs has no tensor, received none`);
  const length = given ?? first!.value.shape[0];
  for (const { path, value } of rows)
    if (value.shape[0] === undefined || value.shape[0] !== length)
      throw shapeError(
        `${op}: ${at("xs", path)} must have ${length === undefined ? "a first axis" : `the first axis ${length}`}, received ${showSpec(value)}`,
      );
  return length!;
}

/** Traces `f` on placeholders. Throws ShapeError, with the user's line, where its result has not the form of a step's. */
export function traceStep(op: string, f: Step, carry: Tree<Tensor>, xs: Tree<Tensor>): StepTrace {
  const start = tensorsOf(op, "the carry", carry);
  const held = start.map(({ path, value }) => input(path || "carry", value));
  const row = ({ shape, dtype }: Spec): { shape: Shape; dtype: Spec["dtype"] } => ({ shape: shape.slice(1), dtype });
  const seen = tensorsOf(op, "xs", xs).map(({ path, value }) => input(path || "x", row(value)));
  // A region around the loop computes the loop again, not its steps one by one.
  const result: unknown = outsideOfRegions(() => f(rebuilder(carry)(held), rebuilder(xs)(seen)));
  if (!isStepResult(result)) throw shapeError(`${op}: the function must give { carry, y }, received ${show(result)}`);
  const y = tensorsOf(op, "y", result.y).map(({ value }) => value);
  return { carry: held, xs: seen, nextCarry: nextCarry(op, start, result.carry), y, yTree: rebuilder(result.y) };
}

const isStepResult = (result: unknown): result is ReturnType<Step> =>
  isBranch(result) && "carry" in result && "y" in result;

/** The new carry's tensors, in the order of the old one's. */
function nextCarry(op: string, start: readonly Leaf<Tensor>[], next: Tree<Tensor>): Tensor[] {
  const found = new Map(tensorsOf(op, "the new carry", next).map(({ path, value }) => [path, value]));
  const known = new Set(start.map(({ path }) => path));
  for (const path of found.keys())
    if (!known.has(path))
      throw shapeError(
        `${op}: the new carry must have the form of the old one, received ${path || "one tensor"}, which the old one has not`,
      );
  return start.map(({ path, value: { shape, dtype } }) => {
    const value = found.get(path);
    if (!value)
      throw shapeError(
        `${op}: the new carry must have the form of the old one, received one without ${path || "a tensor"}`,
      );
    if (value.dtype !== dtype || !sameShape(value.shape, shape))
      throw shapeError(
        `${op}: ${at("the carry", path)} must stay ${showSpec({ shape, dtype })}, received ${showSpec(value)} from the function`,
      );
    return value;
  });
}
