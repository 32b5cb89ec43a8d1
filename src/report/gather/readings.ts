import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { type Dataset, mapFields, rowsOf } from "../../data/dataset.ts";
import { NdArray, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Model, Params, Readout } from "../../models/model.ts";
import { key } from "../../random/index.ts";

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

const BATCH = 500;

/**
 * Reads a classifier on the whole test set. Undefined for a network whose head doesn't say one class for each example, and for a test set
 * without examples.
 * @param options.readout  with "stochastic", one draw of the units an example
 */
export function readingsOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  { test, fields }: Pick<Dataset, "test" | "fields">,
  { backend, readout, seed = 0 }: { readonly backend: Backend; readonly readout: Readout; readonly seed?: number },
): Readings | undefined {
  const { head, observations } = model;
  if (head.kind !== "classes" || test.size === 0) return undefined;
  const [field] = Object.keys(head.fields) as [string];
  const truth = Int32Array.from(test.fields[field]!.data);
  const known = fields[field]?.classes;
  const look = compile(
    (p: Params<Tensor>, x: Tensor, place: Tensor, others: { readonly [name: string]: Tensor }) => {
      const { predicted, observed } = model.predict(p, x, readout, key(seed).fold(place), others);
      return { ...predicted, gates: observed.filter((_, i) => observations[i]!.name === "gates") };
    },
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const [predicted, confidence] = [new Int32Array(test.size), new Float32Array(test.size)];
  let opened: Float64Array[] = [];
  let classes = 0;
  for (let from = 0; from < test.size; from += BATCH) {
    const to = Math.min(test.size, from + BATCH);
    const x = new NdArray(rowsOf(test.fields[model.input]!, from, to).data, [to - from, ...model.inputShape]);
    const others = mapFields(stageFields(model, test.fields), (all) => rowsOf(all, from, to));
    const found = look(onBackend, x, new NdArray(Int32Array.of(from), []), others) as unknown as Found;
    classes = found.probabilities.shape.at(-1)!;
    opened = found.gates.map((gates, i) => opened[i] ?? new Float64Array(classes * gates.shape[1]!));
    for (let i = 0; i < to - from; i++) {
      const label = found.label.data[i]!;
      predicted[from + i] = label;
      confidence[from + i] = found.probabilities.data[i * classes + label]!;
    }
    found.gates.forEach((gates, i) => count(opened[i]!, gates, truth.subarray(from, to)));
  }
  const names = Array.from({ length: classes }, (_, label) => known?.[label] ?? String(label));
  return { names, truth, predicted, confidence, opened };
}

interface Found {
  readonly probabilities: NdArray;
  readonly label: NdArray;
  readonly gates: readonly NdArray[];
}

/** Adds to [C · K] which gates [B, K] are open for examples of each class. */
function count(opened: Float64Array, { data, shape }: NdArray, truth: Int32Array): void {
  const gates = shape[1]!;
  truth.forEach((label, i) => {
    for (let k = 0; k < gates; k++) if (data[i * gates + k] !== 0) opened[label * gates + k]!++;
  });
}
