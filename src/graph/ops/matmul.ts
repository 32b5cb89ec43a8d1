import { ShapeError } from "../../errors.ts";
import { broadcastShapes, commonDtype, forEachBroadcast } from "../broadcast.ts";
import { isFloat, showShape, showSpec } from "../ndarray.ts";
import { apply, isOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { sumTo } from "./sum-to.ts";
import { transpose, transposeOp } from "./transpose.ts";

export const matmulOp: Op = {
  name: "matmul",
  spec([a, b]) {
    const dtype = commonDtype("matmul", a!, b!);
    if (!isFloat(dtype)) throw new ShapeError(`matmul: needs floating-point operands, received ${showSpec(a!)}`);
    if (a!.shape.length < 2 || b!.shape.length < 2)
      throw new ShapeError(
        `matmul: operands need at least two axes, received ${showShape(a!.shape)} and ${showShape(b!.shape)}`,
      );
    if (a!.shape.at(-1) !== b!.shape.at(-2))
      throw new ShapeError(
        `matmul: the last axis of the first must equal the last but one of the second, received ${showShape(a!.shape)} and ${showShape(b!.shape)}`,
      );
    const batch = broadcastShapes("matmul", a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return { shape: [...batch, a!.shape.at(-2)!, b!.shape.at(-1)!], dtype };
  },
  derivative: ({ inputs: [a, b] }, g) => [
    sumTo(productLike(a!, g, transpose(b!)), a!.shape),
    sumTo(productLike(b!, transpose(a!), g), b!.shape),
  ],
  lowering: () => ({ kind: "matmul" }),
  work: ({ inputs: [a], output }) => ({ multiplyAdds: output.size * a!.shape.at(-1)! }),
  reference([a, b], _, output) {
    const [m, k, n] = [a!.shape.at(-2)!, a!.shape.at(-1)!, b!.shape.at(-1)!];
    forEachBroadcast(output.shape.slice(0, -2), [a!.shape.slice(0, -2), b!.shape.slice(0, -2)], (batch, [x, y]) => {
      const [atA, atB, atC] = [x! * m * k, y! * k * n, batch * m * n];
      const row = new Float64Array(n);
      for (let i = 0; i < m; i++) {
        row.fill(0);
        for (let l = 0; l < k; l++) {
          const factor = a!.data[atA + i * k + l]!;
          for (let j = 0; j < n; j++) row[j]! += factor * b!.data[atB + l * n + j]!;
        }
        output.data.set(row, atC + i * n);
      }
    });
  },
};

/**
 * left · right, laid out in memory as `operand` is: where that is a transposed matrix, the gradient of the matrix below comes out as it
 * lies there, and nothing has to be turned.
 */
function productLike(operand: Tensor, left: Tensor, right: Tensor): Tensor {
  const turned = isOp(operand, transposeOp) && operand.rank === 2 && operand.attrs[0] === 1;
  return turned ? transpose(matmul(transpose(right), transpose(left))) : matmul(left, right);
}

/** Matrix product over the last two axes: [..., m, k] × [..., k, n] → [..., m, n]; leading axes broadcast. */
export const matmul = (a: Tensor, b: Tensor): Tensor => apply(matmulOp, [a, b], undefined);
