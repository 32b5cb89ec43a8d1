import { createHash } from "node:crypto";
import { NdArray, type Shape } from "../graph/index.ts";
import type { LabelledDataset, LabelledSplit, SplitName } from "./dataset.ts";

/** A split of inputs, one after another, with a class each; an input is a vector unless `shape` says otherwise. */
export function labelledSplit(
  name: SplitName,
  inputs: ArrayLike<number>,
  labels: ArrayLike<number>,
  shape: Shape = [inputs.length / labels.length],
): LabelledSplit {
  const size = labels.length;
  const x = new NdArray(Float32Array.from(inputs), [size, ...shape]);
  return { name, size, fields: { x, label: new NdArray(Int32Array.from(labels), [size]) } };
}

/** A data set of such splits. */
export function labelledDataset(
  name: string,
  classes: readonly string[],
  splits: Pick<LabelledDataset, SplitName>,
  splitNote = "made for tests.",
): LabelledDataset {
  const [, ...shape] = splits.train.fields.x.shape;
  return {
    name,
    fields: { x: { shape, dtype: "float32" }, label: { shape: [], dtype: "int32", classes } },
    splitNote,
    ...splits,
  };
}

/** The first letters of a hash of an array's bytes: the same on any machine where the numbers are. */
export const hashOf = ({ data }: NdArray): string =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex")
    .slice(0, 16);
