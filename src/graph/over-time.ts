import { sameShape } from "./ndarray.ts";
import { isOp } from "./op.ts";
import { add, addOp } from "./ops/add.ts";
import { matmul, matmulOp } from "./ops/matmul.ts";
import { neg, negOp } from "./ops/neg.ts";
import { reshape, reshapeOp } from "./ops/reshape.ts";
import { sum, sumOp } from "./ops/sum.ts";
import { transpose, transposeOp } from "./ops/transpose.ts";
import type { Tensor } from "./tensor.ts";

/** How a sum over all steps of a loop is taken by operations on rows. */
export interface OverTime {
  /** The tensors of a step whose rows it needs. */
  readonly reads: readonly Tensor[];
  /** The sum; `rowsOf` gives a tensor's values in all steps, [length, …]. */
  total(rowsOf: (x: Tensor) => Tensor): Tensor;
}

/**
 * Σ over steps of `part`, a tensor of the step, where it is a matrix product or a sum over axes, or made of such by operations that go along with
 * adding up; undefined otherwise. One product over the rows of all steps reads and writes the result once instead of once a step.
 */
export function overTime(part: Tensor): OverTime | undefined {
  const [x, y] = part.inputs;
  if (isOp(part, addOp)) {
    const [left, right] = [x!, y!].map((z) => (sameShape(z.shape, part.shape) ? overTime(z) : undefined));
    if (!left || !right) return undefined;
    return { reads: [...left.reads, ...right.reads], total: (rowsOf) => add(left.total(rowsOf), right.total(rowsOf)) };
  }
  if (isOp(part, matmulOp) && part.rank === 2) return product(x!, y!);
  if (isOp(part, sumOp)) {
    const axes = [0, ...part.attrs.axes.map((axis) => axis + 1)];
    return { reads: [x!], total: (rowsOf) => reshape(sum(rowsOf(x!), axes), part.shape) };
  }
  const after = ((): ((total: Tensor) => Tensor) | undefined => {
    if (isOp(part, transposeOp)) return (total) => transpose(total, part.attrs);
    if (isOp(part, reshapeOp)) return (total) => reshape(total, part.attrs);
    return isOp(part, negOp) ? neg : undefined;
  })();
  const inner = after && overTime(x!);
  return inner && { reads: inner.reads, total: (rowsOf) => after(inner.total(rowsOf)) };
}

/** Σ a b = [a₁ a₂ …] [b₁; b₂; …]: what is summed within a step and over steps is one long axis. */
function product(left: Tensor, right: Tensor): OverTime {
  const [a, b] = [matrixOf(left), matrixOf(right)];
  const long = ({ of, turned }: Matrix, rowsOf: (x: Tensor) => Tensor, along: "rows" | "columns"): Tensor => {
    const rows = rowsOf(of);
    const [length, m, n] = rows.shape as [number, number, number];
    // As they lie, one step below the other, where the long axis is that of the matrix's own rows.
    const stacked = (along === "rows") !== turned;
    const matrix = stacked ? reshape(rows, [length * m, n]) : reshape(transpose(rows, [1, 0, 2]), [m, length * n]);
    return turned ? transpose(matrix) : matrix;
  };
  return {
    reads: [a.of, b.of],
    total: (rowsOf) => matmul(long(a, rowsOf, "columns"), long(b, rowsOf, "rows")),
  };
}

/** A matrix as it lies, or turned. */
interface Matrix {
  readonly of: Tensor;
  readonly turned: boolean;
}

function matrixOf(x: Tensor): Matrix {
  let [of, turned] = [x, false];
  while (isOp(of, transposeOp) && of.attrs[0] === 1) [of, turned] = [of.inputs[0]!, !turned];
  return { of, turned };
}
