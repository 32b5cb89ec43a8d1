import type { Methods } from "./methods.ts";
import { type DType, ownShape, type Shape, type Spec } from "./ndarray.ts";
import type { Op } from "./op.ts";

/** What every op accepts where it needs a tensor: a plain number takes the other operand's dtype. */
export type TensorLike = Tensor | number;

let next = 0;

/**
 * A symbolic value: what an op will give once the graph runs. It has a shape and a dtype and no numbers yet.
 * `id` grows with creation, so a tensor's inputs always have smaller ids: ids are a topological order.
 */
export class Tensor implements Spec {
  readonly id: number = next++;
  readonly op: Op<unknown>;
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(op: Op<unknown>, inputs: readonly Tensor[], attrs: unknown, spec: Spec) {
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.shape = ownShape(op.name, spec.shape);
    this.dtype = spec.dtype;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return this.shape.reduce((n, length) => n * length, 1);
  }
}

/** The ops as methods (`a.add(b)`), attached by methods.ts. */
export interface Tensor extends Methods {}
