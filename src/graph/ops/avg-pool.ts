import { array } from "../ndarray.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import { imagePair, type Pair, poolWindow, tapsAlong, type WindowOptions } from "../window.ts";
import { constant } from "./constant.ts";
import { mul } from "./mul.ts";
import { sumPool } from "./sum-pool.ts";

/**
 * The mean of each window of an image, channel by channel; padding counts for nothing. Throws ShapeError where a window doesn't
 * fit, or lies in the padding alone.
 * @param x    [B, rows, columns, C]
 * @param size of the window; its stride is the same where none is given
 * @returns    [B, places, places, C]
 */
export function avgPool(x: Tensor, size: number | Pair, options: WindowOptions = {}): Tensor {
  checkTensors("avgPool", [x]);
  const window = poolWindow("avgPool", imagePair("avgPool", "x", x), size, options);
  const [rows, columns] = [tapsAlong(window, 0), tapsAlong(window, 1)];
  const shares = rows.flatMap((n) => columns.map((m) => 1 / (n * m)));
  const total = sumPool(x, window);
  if (shares.every((share) => share === shares[0])) return mul(total, shares[0]!);
  return mul(total, constant(array(shares, { shape: [1, ...window.output, 1], dtype: x.dtype })));
}
