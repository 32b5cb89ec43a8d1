/** Lists of equal length, for libraries whose arrays are rectangles. */
import type { Conditional } from "../../workloads/conditional.ts";

export interface Padding {
  /** Pairs of each block: as many as the fullest block has. */
  rows: number;
  /** [blocks · rows] the example of each pair, `batch` where a block has fewer: a row of zeros behind the last example. */
  examples: Int32Array;
  /** Pairs of each example: as many as the one that opens most. */
  opened: number;
  /** [batch · opened] the pairs of each example, blocks · rows where it has fewer: a row of zeros behind the last pair. */
  pairs: Int32Array;
}

export function paddingOf({ batch, blocks }: Conditional, gates: Float32Array): Padding {
  const lists = Array.from({ length: blocks }, (_, k) =>
    Array.from({ length: batch }, (_, r) => r).filter((r) => gates[r * blocks + k] !== 0),
  );
  const rows = Math.max(...lists.map((list) => list.length));
  const examples = new Int32Array(blocks * rows).fill(batch);
  const own: number[][] = Array.from({ length: batch }, () => []);
  for (const [k, list] of lists.entries())
    for (const [q, r] of list.entries()) {
      examples[k * rows + q] = r;
      own[r]!.push(k * rows + q);
    }
  const opened = Math.max(...own.map((list) => list.length));
  const pairs = new Int32Array(batch * opened).fill(blocks * rows);
  for (const [r, list] of own.entries()) pairs.set(list, r * opened);
  return { rows, examples, opened, pairs };
}

/** The matrix with a row of zeros behind its last one. */
export function withZeroRow(values: Float32Array, columns: number): Float32Array {
  const longer = new Float32Array(values.length + columns);
  longer.set(values);
  return longer;
}
