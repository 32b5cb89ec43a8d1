import { reshape, scan, slice, type Tensor, transpose } from "../graph/index.ts";
import type { Cell, Decide, Decision, Named } from "./cell.ts";
import { type DecideAt, readOut } from "./decide.ts";
import { type Carry, type Course, firstCarry, mapNamed, type Row, rowsOf, stepOf } from "./steps.ts";

export interface RunOptions extends Course {
  /** How decisions are taken (default: each gives its unit's deterministic readout). */
  readonly decide?: DecideAt | undefined;
  /** Whether the decisions of all steps are given back, too (default: false). */
  readonly watch?: boolean | undefined;
  /**
   * Whether the gradient computes each step again from its state and its inputs' products, instead of reading what the step kept (default: false): less
   * memory of long sequences, for about a third more work.
   */
  readonly recompute?: boolean | undefined;
}

/** A decision of all steps, or of one: what it was made from, and what it came to. */
export interface Decided {
  /** Pre-activations, [B, T, units] or [B, units]. */
  readonly a: Tensor;
  /** The same shape. */
  readonly output: Tensor;
}

/** What a cell made of sequences. */
export interface Ran {
  /** [B, T, H] */
  readonly outputs: Tensor;
  /** [B, H]: the output of the last step that counts, in the order of the run; 0 for a sequence without steps. */
  readonly last: Tensor;
  /** The state after it, [B, width] each. */
  readonly state: Named<Tensor>;
  /** Each decision by name, where they are watched. */
  readonly decided: Named<Decided>;
}

/** What a step made, a row of all steps'. */
interface Made {
  readonly output: Tensor;
  readonly decided: Named<Decided>;
}

/** A way to decide that writes down what is decided. */
export function watched(decide: Decide): { readonly decide: Decide; readonly decided: Record<string, Decided> } {
  const decided: Record<string, Decided> = {};
  const own = (decision: Decision, a: Tensor): Tensor => {
    const output = decide(decision, a);
    decided[decision.name] = { a, output };
    return output;
  };
  return { decided, decide: Object.assign(own, { valuesOnly: decide.valuesOnly }) };
}

/**
 * Runs a cell over sequences as one loop, whose step is traced once. What the steps need of their inputs alone is computed before, for all
 * of them together. Throws ShapeError where x, lengths or start don't fit the cell or each other.
 * @param x [B, T, I]
 */
export function runCell(cell: Cell, params: Named<Tensor>, x: Tensor, options: RunOptions = {}): Ran {
  const { decide = readOut, reverse = false, lengths, recompute = false, watch = false } = options;
  const rows = rowsOf(cell, params, x, options);
  const first = firstCarry(cell, params, x, options);
  const { carry, ys } = scan<Carry, Row, Made>(
    (before, row) => {
      const own = watched(decide(row.step));
      const { carry, output } = stepOf(cell, params, before, row, { lengths, decide: own.decide });
      return { carry, y: { output, decided: watch ? own.decided : {} } };
    },
    first,
    rows,
    { reverse, recompute },
  );
  const byExample = (rows: Tensor): Tensor => transpose(rows, [1, 0, 2]);
  return {
    outputs: byExample(ys.output),
    last: carry.last ?? lastOf(ys.output, reverse),
    state: carry.state,
    decided: mapNamed(ys.decided, ({ a, output }) => ({ a: byExample(a), output: byExample(output) })),
  };
}

/** [T, B, H] → [B, H]: the row of the step that was run last. */
function lastOf(ys: Tensor, reverse: boolean): Tensor {
  const [steps, batch, units] = ys.shape as [number, number, number];
  const at = reverse ? 0 : steps - 1;
  return reshape(slice(ys, at, at + 1), [batch, units]);
}
