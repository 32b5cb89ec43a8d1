import { ShapeError } from "../errors.ts";
import { philox } from "../random/philox.ts";
import { dtypeOf, shapeOf } from "./arguments.ts";
import { type DType, isFloat, type NdArray, type Shape, type Spec, showSpec } from "./ndarray.ts";
import type { Op } from "./op.ts";

export interface DrawAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The attributes of a draw from its arguments. Throws ShapeError, with the user's line, for what is none. */
export const drawAttrs = (op: string, shape: Shape, { dtype = "float32" }: { dtype?: DType }): DrawAttrs => ({
  shape: shapeOf(op, shape),
  dtype: dtypeOf(op, dtype),
});

/** Throws unless `key` has the form of a key's bits. */
export function checkKey(op: string, key: Spec): void {
  if (key.dtype !== "int32" || key.shape.length !== 1 || key.shape[0] !== 2)
    throw new ShapeError(`${op}: a key's bits are int32[2], received ${showSpec(key)}`);
}

export const keyWords = (key: NdArray): [number, number] => [key.data[0]! >>> 0, key.data[1]! >>> 0];

/** An op that draws numbers from a key, by the kernel that `code` names. It has no derivative: the numbers depend on no other tensor. */
export const drawOp = <A extends DrawAttrs>(
  name: string,
  code: (attrs: A) => string,
  reference: Op<A>["reference"],
): Op<A> => ({
  name,
  spec([key], { shape, dtype }) {
    checkKey(name, key!);
    if (!isFloat(dtype)) throw new ShapeError(`${name}: draws are floating-point, received ${dtype}`);
    return { shape, dtype };
  },
  lowering: ({ attrs }) => ({ kind: "draw", code: code(attrs) }),
  reference,
});

/** Calls `visit(e, w)` for elements 0 to size − 1: w is word e mod 4 of Philox block ⌊e/4⌋ under the key. */
export function forEachWord(key: NdArray, size: number, visit: (e: number, word: number) => void): void {
  const words = keyWords(key);
  for (let e = 0; e < size; e += 4) {
    const block = philox([e / 4, 0, 0, 0], words);
    for (let i = 0; i < 4 && e + i < size; i++) visit(e + i, block[i]!);
  }
}
