import type { Lowering } from "./lowering.ts";
import type { NdArray, Spec } from "./ndarray.ts";
import { checkTensors } from "./operand.ts";
import { withUserCall } from "./site.ts";
import { checkSize } from "./size.ts";
import type { SubGraph } from "./sub-graph.ts";
import { Tensor } from "./tensor.ts";

/** What a derivative rule sees: the op's inputs and output as tensors of the graph. */
export interface Applied<A> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attrs: A;
}

/** The same for an op of several outputs. */
export interface MultiApplied<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: A;
}

/** The multiply-adds of an op, for a count of what a program costs. */
export interface Work {
  readonly multiplyAdds: number;
  /** The plan of `routing` whose open pairs alone are multiplied: `multiplyAdds` counts all pairs. */
  readonly plan?: Tensor;
  /** Gates of which those that aren't 0 alone are worked for: `multiplyAdds` counts all of them. */
  readonly gates?: Tensor | undefined;
}

/**
 * Where an op's result is 0: where its first operand is, where either or both of two are, where both are equal, or where the operand
 * is that it chooses.
 */
export type ZeroRule = "first" | "either" | "both" | "equal" | "chosen";

/** What an op says of itself to those who ask, however many outputs it has. `Where` is how it was applied. */
interface Described<A, Where> {
  readonly name: string;
  /** It gives its first input unchanged, and changes only where gradient flows: there is nothing to run. */
  readonly isAlias?: true;
  /** The number of first inputs that it needs to run (default: all). The others only receive gradient. */
  inputsToRun?(attrs: A): number;
  /** The parts of a program that it holds among its attributes. */
  graphs?(attrs: A): readonly SubGraph[];
  /** How a compiled backend runs it. Without it only the reference backend does. */
  lowering?(applied: Where): Lowering;
  /** Its multiply-adds (default: none). Element by element nothing is counted. */
  work?(applied: Where): Work | undefined;
}

/**
 * One operation: its shape rule, its derivative and its plain definition, side by side in one file of `ops/`.
 *
 * - `spec` gives the output's shape and dtype, or throws ShapeError naming the rule and the shapes.
 * - `derivative` gives, for the gradient of some scalar with respect to the output, its gradient with respect to each input
 *   (undefined: none flows). It is written in ops, so that it can be differentiated again. Left out: no gradient at all.
 * - `reference` is the living definition that every backend is tested against: plain loops, sums in double precision.
 * - What is known of it elsewhere: how it is lowered, what it costs, where it is zero.
 */
export interface Op<A = undefined> extends Described<A, Applied<A>> {
  spec(inputs: readonly Spec[], attrs: A): Spec;
  derivative?(applied: Applied<A>, grad: Tensor): readonly (Tensor | undefined)[];
  reference(inputs: readonly NdArray[], attrs: A, output: NdArray): void;
  /** Where the result is known to be 0: gradients at closed gates are found by it. */
  readonly zeroWhere?: ZeroRule;
  /** It compares, and gives 1 or 0. */
  readonly isMask?: true;
}

/**
 * An operation with several outputs that come out of one computation. Its members are those of {@link Op}, with a list for each of the
 * output, its gradient and its array. The gradient is undefined of an output that receives none, the array of one that nobody needs. A
 * derivative may give undefined for an input where `wanted` says that nobody asks.
 */
export interface MultiOp<A = undefined> extends Described<A, MultiApplied<A>> {
  specs(inputs: readonly Spec[], attrs: A): readonly Spec[];
  derivative?(
    applied: MultiApplied<A>,
    grads: readonly (Tensor | undefined)[],
    wanted: readonly boolean[],
  ): readonly (Tensor | undefined)[];
  reference(inputs: readonly NdArray[], attrs: A, outputs: readonly (NdArray | undefined)[]): void;
}

/** What a tensor may be made by. */
export type AnyOp = Op<unknown> | MultiOp<unknown>;

export const isMulti = (op: AnyOp): op is MultiOp<unknown> => "specs" in op;

/** Whether a tensor is made by this op; its attributes have the op's type then. */
export const isOp = <A>(x: Tensor, op: Op<A> | MultiOp<A>): x is Tensor & { readonly attrs: A } => x.op === op;

/** How a compiled backend runs what made `node`; undefined where it can't. */
export const loweringOf = (node: Tensor): Lowering | undefined => {
  const { op, inputs, attrs } = node;
  return isMulti(op)
    ? op.lowering?.({ inputs, outputs: node.outputs, attrs })
    : op.lowering?.({ inputs, output: node, attrs });
};

/** The multiply-adds of what made `node`. */
export const workOf = (node: Tensor): Work | undefined => {
  const { op, inputs, attrs } = node;
  return isMulti(op) ? op.work?.({ inputs, outputs: node.outputs, attrs }) : op.work?.({ inputs, output: node, attrs });
};

const isPlain = (x: object): boolean => Object.getPrototypeOf(x) === Object.prototype;

/** Attributes whose lists nobody can change any more. An array of numbers stays itself: `constant` has copied it. */
function ownAttrs<A>(attrs: A): A {
  if (Array.isArray(attrs)) return (Object.isFrozen(attrs) ? attrs : Object.freeze([...attrs])) as A;
  if (typeof attrs !== "object" || attrs === null || !isPlain(attrs)) return attrs;
  return Object.fromEntries(Object.entries(attrs).map(([key, item]) => [key, ownAttrs(item)])) as A;
}

/**
 * Puts an op into the graph. Throws ShapeError with the user's line when an input is no tensor, the op's rule is broken, or the result has
 * too many elements.
 */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], given: A): Tensor {
  checkTensors(op.name, inputs);
  const attrs = ownAttrs(given);
  const spec = withUserCall(() => {
    const found = op.spec(inputs, attrs);
    checkSize(`${op.name}:`, found.shape);
    return found;
  });
  return new Tensor(op, inputs, attrs, spec);
}

/** Puts an op of several outputs into the graph and gives these. Throws as {@link apply} does. */
export function applyMulti<A>(op: MultiOp<A>, inputs: readonly Tensor[], given: A): readonly Tensor[] {
  checkTensors(op.name, inputs);
  const attrs = ownAttrs(given);
  const specs = withUserCall(() => {
    const found = op.specs(inputs, attrs);
    for (const { shape } of found) checkSize(`${op.name}:`, shape);
    return found;
  });
  return Tensor.several(op, inputs, attrs, specs);
}
