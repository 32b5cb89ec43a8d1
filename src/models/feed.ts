import { NdArray, type Tensor } from "../graph/index.ts";
import type { Batch, FieldNeed } from "./head.ts";
import type { Model } from "./model.ts";

type Reads = Pick<Model, "input" | "inputShape" | "head" | "fields">;

/** What a network needs of the data: the field that its first stage reads, those of its head, and what other stages read. */
export function needsOf({ input, inputShape, head, fields }: Reads): { readonly [field: string]: FieldNeed } {
  return {
    [input]: { dtype: "float32", ...head.fields[input], shape: inputShape },
    ...without({ ...fields, ...head.fields }, input),
  };
}

const without = <T>(fields: { readonly [name: string]: T }, name: string): { readonly [name: string]: T } =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));

/** Of a batch, what the network's stages read beside their input. */
export const stageFields = <T>({ fields }: Pick<Model, "fields">, batch: Batch<T>): Batch<T> =>
  Object.fromEntries(Object.keys(fields).map((field) => [field, batch[field]!]));

/** Those fields' arrays of a batch, in the shapes that the network reads: arguments for a compiled function, the input first. */
export const fed = (model: Reads, fields: Batch<NdArray>): NdArray[] =>
  Object.entries(needsOf(model)).map(([name, { shape }]) => {
    const { data, shape: own } = fields[name]!;
    return new NdArray(data, [own[0]!, ...shape]);
  });

/** The same arguments as tensors, by name. */
export const batchOf = (model: Reads, tensors: readonly Tensor[]): Batch<Tensor> =>
  Object.fromEntries(Object.keys(needsOf(model)).map((name, i) => [name, tensors[i]!]));
