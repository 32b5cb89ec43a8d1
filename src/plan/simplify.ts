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
