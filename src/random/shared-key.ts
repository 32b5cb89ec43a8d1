import { broadcastTo } from "../graph/ops/broadcast-to.ts";
import { expandDims } from "../graph/ops/expand-dims.ts";
import { reshape } from "../graph/ops/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { fromUniform, type Key } from "./key.ts";

/** `copies` of x one after another along its first axis. x [B, ...] → [copies·B, ...] */
export function tile(x: Tensor, copies: number): Tensor {
  if (copies === 1) return x;
  const [rows, ...rest] = x.shape;
  return reshape(broadcastTo(expandDims(x, 0), [copies, ...x.shape]), [copies * rows!, ...rest]);
}

/**
 * A key whose draws of K·rows rows are K copies of its draw of `rows` rows: copies of a batch meet the same noise. Draws of any
 * other length are the key's own.
 */
export function sharedKey(key: Key, rows: number): Key {
  const uniform: Key["uniform"] = ([length = 1, ...rest], options) =>
    length > rows && length % rows === 0
      ? tile(key.uniform([rows, ...rest], options), length / rows)
      : key.uniform([length, ...rest], options);
  const normal: Key["normal"] = ([length = 1, ...rest], options) =>
    length > rows && length % rows === 0
      ? tile(key.normal([rows, ...rest], options), length / rows)
      : key.normal([length, ...rest], options);
  return { fold: (data) => sharedKey(key.fold(data), rows), uniform, normal, ...fromUniform(uniform) };
}
