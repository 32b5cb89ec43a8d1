import { resolveAxes } from "../axes.ts";
import { shapeError } from "../site.ts";
import type { Tensor } from "../tensor.ts";
import { concat } from "./concat.ts";
import { expandDims } from "./expand-dims.ts";

/** Tensors of one shape side by side along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (!first) throw shapeError("stack: needs at least one tensor, received none");
  const at = resolveAxes("stack", [...first.shape, 1], axis)[0]!;
  return concat(
    tensors.map((x) => expandDims(x, at)),
    at,
  );
}
