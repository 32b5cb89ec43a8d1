import { needed } from "./evaluate.ts";
import type { SubGraph } from "./sub-graph.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Inputs of the op: the first carry, xs, and what the step reads of tensors outside; so are the inputs of the body, which sees one row of each of the
 * xs. Outputs of the body: the next carry, and rows. Outputs of the op: the last carry, and for each row all of them, stacked.
 */
export interface ScanAttrs {
  readonly body: SubGraph;
  readonly carries: number;
  readonly xs: number;
  /** The number of first inputs that are needed to run. */
  readonly toRun: number;
  readonly length: number;
  /** From the last row to the first. */
  readonly reverse: boolean;
  /** Of its rows those that the user asked for come first. Then comes the carry that each step was given, then what steps computed on the way. */
  readonly rows: number;
  /** Whether its gradient computes each step again from the carry that the step was given, instead of reading what it computed. */
  readonly recompute: boolean;
}

/** Placeholders of a step and what they stand for. */
export interface Bound {
  readonly inside: readonly Tensor[];
  readonly outside: readonly Tensor[];
}

/** A loop over a step that was traced. */
export interface Loop {
  /** Bound to the first carry. */
  readonly carry: Bound;
  /** Each bound to a tensor with a row for every step. */
  readonly xs: Bound;
  /** Bound to the same tensor in all steps. */
  readonly fixed?: Bound;
  readonly next: readonly Tensor[];
  readonly rows: readonly Tensor[];
  readonly length: number;
  readonly reverse: boolean;
  readonly recompute: boolean;
}

/** Puts a loop into the graph. Gives the last carry, then the rows, then the history of the carry, then what steps computed. */
export type ApplyLoop = (loop: Loop) => readonly Tensor[];

export const nothing: Bound = { inside: [], outside: [] };

/** The numbers of the body's outputs that have to be computed where some are asked for: these, and the carries that they need. */
export function neededResults({ body, carries }: ScanAttrs, asked: Iterable<number>): ReadonlySet<number> {
  const given = new Set(body.inputs);
  const found = new Set(asked);
  for (const output of found)
    for (const x of needed([body.outputs[output]!], given)) {
      const carry = body.inputs.indexOf(x);
      if (carry >= 0 && carry < carries) found.add(carry);
    }
  return found;
}
