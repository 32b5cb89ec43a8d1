import { ShapeError } from "../../errors.ts";
import { philox } from "../../random/philox.ts";
import { checkKey, keyWords } from "../draw.ts";
import { showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** Keeps the counters of folds apart from those of draws: "FOLD" in ASCII. */
const FOLD = 0x464f4c44;

/** The words of a new key: the first two of Philox4x32-10 at counter (data, 0, 0, FOLD). */
export function foldWords(key: readonly [number, number], data: number): [number, number] {
  const [a, b] = philox([data >>> 0, 0, 0, FOLD], key);
  return [a, b];
}

export const foldKeyOp: Op = {
  name: "foldKey",
  spec([key, data]) {
    checkKey("foldKey", key!);
    if (data!.dtype !== "int32" || data!.shape.length !== 0)
      throw new ShapeError(`foldKey: needs an int32 scalar to fold in, received ${showSpec(data!)}`);
    return { shape: [2], dtype: "int32" };
  },
  lowering: () => ({ kind: "foldKey" }),
  reference: ([key, data], _, output) => output.data.set(foldWords(keyWords(key!), data!.data[0]!)),
};

/** A new key's bits from a key's bits int32 [2] and a number, int32 scalar. */
export const foldKey = (key: Tensor, data: Tensor): Tensor => apply(foldKeyOp, [key, data], undefined);
