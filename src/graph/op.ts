import { ShapeError } from "../errors.ts";
import type { NdArray, Spec } from "./ndarray.ts";
import { userCall } from "./site.ts";
import { checkSize } from "./size.ts";
import { Tensor } from "./tensor.ts";

/** What a derivative rule sees: the op's inputs and output as tensors of the graph. */
export interface Applied<A> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attrs: A;
}

/**
 * One operation: its shape rule, its derivative and its plain definition, side by side in one file of `ops/`.
 *
 * - `spec` gives the output's shape and dtype, or throws ShapeError naming the rule and the shapes.
 * - `derivative` gives, for the gradient of some scalar with respect to the output, its gradient with respect to each input
 *   (undefined: none flows). It is written in ops, so that it can be differentiated again. Left out: no gradient at all.
 * - `reference` is the living definition that every backend is tested against: plain loops, sums in double precision.
 */
export interface Op<A = undefined> {
  readonly name: string;
  spec(inputs: readonly Spec[], attrs: A): Spec;
  derivative?(applied: Applied<A>, grad: Tensor): readonly (Tensor | undefined)[];
  reference(inputs: readonly NdArray[], attrs: A, output: NdArray): void;
}

/** Puts an op into the graph. Throws ShapeError with the user's line when the op's rule is broken, or the result has too many elements. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  let spec: Spec;
  try {
    spec = op.spec(inputs, attrs);
    checkSize(`${op.name}:`, spec.shape);
  } catch (error) {
    if (error instanceof ShapeError && !error.message.includes("\n")) error.message += userCall();
    throw error;
  }
  return new Tensor(op as Op<unknown>, inputs, attrs, spec);
}
