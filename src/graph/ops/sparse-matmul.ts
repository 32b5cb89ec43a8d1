import { ShapeError } from "../../errors.ts";
import { showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { matmul, matmulOp } from "./matmul.ts";
import { transpose } from "./transpose.ts";

export interface SparseMatmulOptions {
  /** What is mostly 0: single numbers of a, or whole rows of it (default: "numbers"). It decides what is fast, not what comes out. */
  readonly where?: "numbers" | "rows";
}

export const sparseMatmulOp: Op<Required<SparseMatmulOptions>> = {
  name: "sparseMatmul",
  spec([a, b]) {
    const spec = matmulOp.spec([a!, b!], undefined);
    if (spec.shape.length !== 2)
      throw new ShapeError(`sparseMatmul: operands have two axes, received ${showSpec(a!)} and ${showSpec(b!)}`);
    return spec;
  },
  derivative: ({ inputs: [a, b] }, g) => [sparseMatmul(g, transpose(b!), { where: "rows" }), matmul(transpose(a!), g)],
  lowering: ({ attrs: { where } }) => ({ kind: "matmul", sparse: where }),
  work: ({ inputs: [a], output }) => ({ multiplyAdds: output.size * a!.shape[1]! }),
  reference([a, b], _, output) {
    const [k, n] = b!.shape as [number, number];
    const row = new Float64Array(n);
    for (let i = 0; i < a!.shape[0]!; i++) {
      row.fill(0);
      for (let l = 0; l < k; l++) {
        const factor = a!.data[i * k + l]!;
        if (factor !== 0) for (let j = 0; j < n; j++) row[j]! += factor * b!.data[l * n + j]!;
      }
      output.data.set(row, i * n);
    }
  },
};

/**
 * Matrix product of rows that are 0 almost everywhere, such as spikes: [m, k] × [k, n] → [m, n]. A row of b is read where a is not 0, and nowhere else, so
 * that the time grows with the number of those, and a 0 hides NaN and infinity. Throws ShapeError for operands with other than two axes.
 */
export const sparseMatmul = (a: Tensor, b: Tensor, { where = "numbers" }: SparseMatmulOptions = {}): Tensor =>
  apply(sparseMatmulOp, [a, b], { where });
