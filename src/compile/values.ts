import type { Data, NdArray } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Tuple, WithLeaves } from "../graph/tree.ts";
import type { Resident } from "./resident.ts";

/** The arrays that stand for a tree of tensors: same form, numbers in place of symbols. */
export type Arrays<T> = WithLeaves<T, NdArray>;

/** The tree of tensors that a tree of numbers stands for. */
export type Symbols<V> = WithLeaves<V, Tensor>;

/** What may stand for one tensor: a flat typed array is a vector, a number a float32 scalar. */
export type Numbers = NdArray | Data | number;

/** What a compiled function takes for a tree of tensors: a tree of numbers, in which a Resident may stand for any part. */
export type Values<T> =
  | Resident<T>
  | (T extends Tensor
      ? Numbers
      : T extends Tuple
        ? { readonly [K in keyof T]: Values<T[K]> }
        : T extends readonly (infer Item)[]
          ? readonly Values<Item>[]
          : { readonly [K in keyof T]: Values<T[K]> });
