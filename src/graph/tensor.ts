import { KIND } from "../rules.ts";
import type { Methods } from "./methods.ts";
import { type DType, type NdArray, ownShape, type Shape, type Spec, showSpec } from "./ndarray.ts";
import type { AnyOp } from "./op.ts";
import { noteTensor } from "./part.ts";
import { noteRegion } from "./region.ts";
import { shapeError } from "./site.ts";

/**
 * What ops that work element by element accept for a tensor. A plain number takes the other operand's dtype; an NdArray is a constant, with
 * the numbers that it holds at that moment.
 */
export type TensorLike = Tensor | NdArray | number;

let next = 0;

/** The number of the tensor that is made next. */
export const nextId = (): number => next;

/**
 * A symbolic value: what an op will give once the graph runs. It has a shape and a dtype and no numbers yet.
 * `id` grows with creation, so a tensor's inputs always have smaller ids: ids are a topological order.
 */
export class Tensor implements Spec {
  get [KIND](): "tensor" {
    return "tensor";
  }
  /** Its number; those of its inputs are smaller. */
  readonly id: number = next++;
  /** The op that makes it. */
  readonly op: AnyOp;
  /** The tensors that the op reads. */
  readonly inputs: readonly Tensor[];
  /** The op's attributes. */
  readonly attrs: unknown;
  /** The length of each axis. */
  readonly shape: Shape;
  /** The type of its numbers. */
  readonly dtype: DType;
  /** All that one application gave, where that is more than this tensor. */
  #outputs: readonly Tensor[] | undefined;

  constructor(op: AnyOp, inputs: readonly Tensor[], attrs: unknown, spec: Spec) {
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.shape = ownShape(op.name, spec.shape);
    this.dtype = spec.dtype;
    noteTensor(this);
    noteRegion(this);
  }

  /** The outputs of one application of an op that has several. Their ids follow each other. */
  static several(op: AnyOp, inputs: readonly Tensor[], attrs: unknown, specs: readonly Spec[]): readonly Tensor[] {
    const outputs = Object.freeze(specs.map((spec) => new Tensor(op, inputs, attrs, spec)));
    for (const output of outputs) output.#outputs = outputs;
    return outputs;
  }

  /** What the op gave: this tensor alone, or with its other outputs, in their order. */
  get outputs(): readonly Tensor[] {
    return this.#outputs ?? [this];
  }

  /** Whether both are outputs of one application of an op. */
  isMadeWith(other: Tensor | undefined): boolean {
    return other === this || (this.#outputs !== undefined && other !== undefined && this.#outputs === other.#outputs);
  }

  /** The number of its axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of its elements. */
  get size(): number {
    return this.shape.reduce((n, length) => n * length, 1);
  }

  /** For messages: a tensor has no numbers to show. */
  toString(): string {
    return `tensor ${showSpec(this)} of ${this.op.name}`;
  }

  /** What it prints as. */
  toJSON(): string {
    return this.toString();
  }

  /** Throws ShapeError, with the user's line, for JavaScript's own operators, which know no tensors; text is what toString gives. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw shapeError(
      `tensor: JavaScript's operators don't work on tensors, received ${showSpec(this)} of ${this.op.name}: write x.add(y), x.mul(y), x.less(y), ...`,
    );
  }
}

/** The ops as methods (`a.add(b)`), attached by methods.ts. */
export interface Tensor extends Methods {}
