import type { Neutral } from "../graph/lowering.ts";
import { allocate, NdArray } from "../graph/ndarray.ts";
import { isMulti } from "../graph/op.ts";
import type { Tensor } from "../graph/tensor.ts";
import { uniformConstant, type View } from "./value.ts";

/** The view that an elementwise op of such neutral numbers leaves as it is (x·1, x+0, …), or undefined. `args` have the result's shape. */
export function simplified({ left, right }: Neutral, args: readonly View[]): View | undefined {
  const [a, b] = args as readonly [View, View];
  if (right !== undefined && uniformConstant(b) === right) return a;
  return left !== undefined && uniformConstant(a) === left ? b : undefined;
}

/** The number that an elementwise op gives everywhere, where all its operands are known ones. */
export function folded({ op, attrs, dtype }: Tensor, args: readonly View[]): number | undefined {
  if (isMulti(op)) return undefined;
  const numbers: NdArray[] = [];
  for (const view of args) {
    const known = uniformConstant(view);
    if (known === undefined) return undefined;
    numbers.push(new NdArray(allocate(view.value.dtype, 1).fill(known), []));
  }
  const result = new NdArray(allocate(dtype, 1), []);
  op.reference(numbers, attrs, result);
  return result.data[0];
}
