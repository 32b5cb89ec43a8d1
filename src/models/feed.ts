import { NdArray, type Tensor } from "../graph/index.ts";
import type { Batch, FieldNeed } from "./head.ts";
import type { Model } from "./model.ts";

type Reads = Pick<Model, "input" | "inputShape" | "head">;

/** What a network needs of the data: the field that its first stage reads, and those of its head. */
export function needsOf({ input, inputShape, head }: Reads): { readonly [field: string]: FieldNeed } {
  return { [input]: { dtype: "float32", ...head.fields[input], shape: inputShape }, ...without(head.fields, input) };
}

const without = <T>(fields: { readonly [name: string]: T }, name: string): { readonly [name: string]: T } =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));

/** Those fields' arrays of a batch, in the shapes that the network reads: arguments for a compiled function, the input first. */
export const fed = (model: Reads, fields: Batch<NdArray>): NdArray[] =>
  Object.entries(needsOf(model)).map(([name, { shape }]) => {
    const { data, shape: own } = fields[name]!;
    return new NdArray(data, [own[0]!, ...shape]);
  });

/** The same arguments as tensors, by name. */
export const batchOf = (model: Reads, tensors: readonly Tensor[]): Batch<Tensor> =>
  Object.fromEntries(Object.keys(needsOf(model)).map((name, i) => [name, tensors[i]!]));
