import { ShapeError } from "../../errors.ts";
import { philox } from "../../random/philox.ts";
import { checkKey, keyWords } from "../draw.ts";
import { NdArray, type Spec, showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** Keeps the counters of folds apart from those of draws: "FOLD" in ASCII. */
const FOLD = 0x464f4c44;

/** The words of a new key: the first two of Philox4x32-10 at counter (data, 0, 0, FOLD). */
export function foldWords(key: readonly [number, number], data: number): [number, number] {
  const [a, b] = philox([data >>> 0, 0, 0, FOLD], key);
  return [a, b];
}

/** Several keys lie in rows, several numbers in a list; where only one of both is several, the other is the same for all. */
function specOf(key: Spec, data: Spec): Spec {
  const rows = [...key.shape.slice(0, -1), ...data.shape];
  const isKey = key.dtype === "int32" && key.shape.at(-1) === 2 && key.shape.length <= 2;
  if (!isKey) checkKey("foldKey", key);
  if (data.dtype !== "int32" || data.shape.length > 1)
    throw new ShapeError(`foldKey: needs an int32 scalar or a list of them to fold in, received ${showSpec(data)}`);
  if (rows.length === 2 && rows[0] !== rows[1])
    throw new ShapeError(`foldKey: needs as many keys as numbers, received ${showSpec(key)} and ${showSpec(data)}`);
  return { shape: [...rows.slice(0, 1), 2], dtype: "int32" };
}

export const foldKeyOp: Op = {
  name: "foldKey",
  spec: ([key, data]) => specOf(key!, data!),
  lowering: () => ({ kind: "foldKey" }),
  reference([key, data], _, output) {
    const [k, d] = [key!.shape.length - 1, data!.shape.length];
    for (let i = 0; i < output.data.length / 2; i++) {
      const words = keyWords(new NdArray(key!.data.subarray(2 * k * i, 2 * k * i + 2), [2]));
      output.data.set(foldWords(words, data!.data[d * i]!), 2 * i);
    }
  },
};

/**
 * New keys' bits from keys' bits and numbers: int32 [2] or [n, 2], and an int32 scalar or [n]; where one of both is single, it is used with
 * each of the other. Throws ShapeError for other shapes.
 */
export const foldKey = (key: Tensor, data: Tensor): Tensor => apply(foldKeyOp, [key, data], undefined);
