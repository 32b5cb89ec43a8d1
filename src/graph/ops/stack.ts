import { resolveAxis } from "../axes.ts";
import { firstOf } from "../operand.ts";
import { inNameOf } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { concat } from "./concat.ts";
import { expandDims } from "./expand-dims.ts";

/** Tensors of one shape side by side along a new axis. K tensors [...] → [..., K, ...]. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = firstOf("stack", tensors);
  const at = resolveAxis("stack", [...first.shape, 1], axis);
  const rows = tensors.map((x) => expandDims(x, at));
  return inNameOf("stack", () => concat(rows, at));
}
