import type { Dataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { predictionsOf, type Reading } from "./predictions.ts";

/** What a classifier says of each test example. */
export interface Readings {
  /** Names of the classes. */
  readonly names: readonly string[];
  /** The class of each example, [N]. */
  readonly truth: Int32Array;
  /** The class that the network predicts, [N]. */
  readonly predicted: Int32Array;
  /** What it says of the class that it predicts, [N]. */
  readonly confidence: Float32Array;
  /** For each layer of gates how many examples of class c open gate k, at c · K + k. */
  readonly opened: readonly Float64Array[];
}

/**
 * Reads a classifier on the whole test set. Undefined for a network whose head doesn't say one class for each example, and for a test set
 * without examples.
 */
export function readingsOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  { test, fields }: Pick<Dataset, "test" | "fields">,
  reading: Reading,
): Readings | undefined {
  const { head } = model;
  if (head.kind !== "classes" || test.size === 0) return undefined;
  const [field] = Object.keys(head.fields) as [string];
  const truth = Int32Array.from(test.fields[field]!.data);
  const known = fields[field]?.classes;
  const [predicted, confidence] = [new Int32Array(test.size), new Float32Array(test.size)];
  let opened: Float64Array[] = [];
  let classes = 0;
  for (const { from, size, predicted: said, gates } of predictionsOf(model, params, test, reading)) {
    const { label, probabilities } = said;
    classes = probabilities!.shape.at(-1)!;
    opened = gates.map(({ shape }, i) => opened[i] ?? new Float64Array(classes * shape[1]!));
    for (let i = 0; i < size; i++) {
      const found = label!.data[i]!;
      predicted[from + i] = found;
      confidence[from + i] = probabilities!.data[i * classes + found]!;
    }
    gates.forEach((own, i) => count(opened[i]!, own, truth.subarray(from, from + size)));
  }
  const names = Array.from({ length: classes }, (_, label) => known?.[label] ?? String(label));
  return { names, truth, predicted, confidence, opened };
}

/** Adds to [C · K] which gates [B, K] are open for examples of each class. */
function count(opened: Float64Array, { data, shape }: NdArray, truth: Int32Array): void {
  const gates = shape[1]!;
  truth.forEach((label, i) => {
    for (let k = 0; k < gates; k++) if (data[i * gates + k] !== 0) opened[label * gates + k]!++;
  });
}
