import { allocate, NdArray } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import { uniformConstant, type View } from "./value.ts";

/** The view that an elementwise op leaves as it is (x·1, x+0, …), or undefined. `args` have the result's shape. */
export function simplified(op: string, args: readonly View[]): View | undefined {
  const [a, b] = args;
  if (args.length !== 2 || !a || !b) return undefined;
  const [x, y] = [uniformConstant(a), uniformConstant(b)];
  switch (op) {
    case "add":
      return y === 0 ? a : x === 0 ? b : undefined;
    case "sub":
      return y === 0 ? a : undefined;
    case "mul":
      return y === 1 ? a : x === 1 ? b : undefined;
    case "div":
      return y === 1 ? a : undefined;
  }
  return undefined;
}

/** The number that an elementwise op gives everywhere, where all its operands are known ones. */
export function folded({ op, attrs, dtype }: Tensor, args: readonly View[]): number | undefined {
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
