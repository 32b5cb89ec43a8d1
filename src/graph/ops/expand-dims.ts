import { resolveAxes } from "../axes.ts";
import type { Tensor } from "../tensor.ts";
import { reshape } from "./reshape.ts";

/** x with a new axis of length 1 at `axis` of the result: [B] at −1 becomes [B, 1]. */
export function expandDims(x: Tensor, axis: number): Tensor {
  const at = resolveAxes("expandDims", [...x.shape, 1], axis)[0]!;
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
