import { reshape, scan, slice, type Tensor, transpose } from "../graph/index.ts";
import type { Cell, Named } from "./cell.ts";
import { type DecideAt, readOut } from "./decide.ts";
import { type Carry, type Course, firstCarry, type Row, rowsOf, stepOf } from "./steps.ts";

export interface RunOptions extends Course {
  /** How decisions are taken (default: each gives its unit's deterministic readout). */
  readonly decide?: DecideAt | undefined;
  /**
   * Whether the gradient computes each step again from its state and its inputs' products, instead of reading what the step kept (default: false): less
   * memory of long sequences, for about a third more work.
   */
  readonly recompute?: boolean | undefined;
}

/** What a cell made of sequences. */
export interface Ran {
  /** [B, T, H] */
  readonly outputs: Tensor;
  /** [B, H]: the output of the last step that counts, in the order of the run; 0 for a sequence without steps. */
  readonly last: Tensor;
  /** The state after it, [B, width] each. */
  readonly state: Named<Tensor>;
}

/**
 * Runs a cell over sequences as one loop, whose step is traced once. What the steps need of their inputs alone is computed before, for all
 * of them together. Throws ShapeError where x, lengths or start don't fit the cell or each other.
 * @param x [B, T, I]
 */
export function runCell(cell: Cell, params: Named<Tensor>, x: Tensor, options: RunOptions = {}): Ran {
  const { decide = readOut, reverse = false, lengths, recompute = false } = options;
  const rows = rowsOf(cell, params, x, options);
  const first = firstCarry(cell, params, x, options);
  const { carry, ys } = scan<Carry, Row, Tensor>(
    (before, row) => {
      const { carry, output } = stepOf(cell, params, before, row, { lengths, decide: decide(row.step) });
      return { carry, y: output };
    },
    first,
    rows,
    { reverse, recompute },
  );
  return { outputs: transpose(ys, [1, 0, 2]), last: carry.last ?? lastOf(ys, reverse), state: carry.state };
}

/** [T, B, H] → [B, H]: the row of the step that was run last. */
function lastOf(ys: Tensor, reverse: boolean): Tensor {
  const [steps, batch, units] = ys.shape as [number, number, number];
  const at = reverse ? 0 : steps - 1;
  return reshape(slice(ys, at, at + 1), [batch, units]);
}
