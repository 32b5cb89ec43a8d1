import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { type Dataset, mapFields, rowsOf } from "../data/dataset.ts";
import { NdArray, sizeOf, type Tensor } from "../graph/index.ts";
import { stageFields } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import { key } from "../random/index.ts";
import type { Confusion } from "./confusion.ts";

/** A test example whose class was not recognised. */
export interface Mistake {
  /** Its place in the test set, from 0. */
  readonly example: number;
  /** Its input, [features]. */
  readonly input: Float32Array;
  /** The name of its class. */
  readonly truth: string;
  /** The name of the class that the network predicts. */
  readonly predicted: string;
  /** What the network says of the class that it predicts. */
  readonly probability: number;
}

/** The test examples whose class a network did not recognise. */
export interface Mistakes {
  /** How many there are. */
  readonly count: number;
  /** Examples of the test set. */
  readonly examples: number;
  /** The ones of which the network was most certain, the most certain first. */
  readonly shown: readonly Mistake[];
  /** How often each class is taken for which. */
  readonly confusion?: Confusion | undefined;
}

const BATCH = 500;

/**
 * The test examples that a classifier gets wrong, with the deterministic readout. Undefined for a network whose head doesn't say one
 * class for each example.
 * @param most how many of them are shown
 */
export function mistakesOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  { test, fields }: Dataset,
  { backend, most = 24 }: { readonly backend: Backend; readonly most?: number },
): Mistakes | undefined {
  const { head } = model;
  if (head.kind !== "classes") return undefined;
  const [field] = Object.keys(head.fields);
  const labels = test.fields[field!]!.data;
  const names = fields[field!]?.classes;
  const look = compile(
    (p: Params<Tensor>, x: Tensor, others: { readonly [name: string]: Tensor }) =>
      head.predict(model.output(p, x, "deterministic", key(0), others), {}),
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const features = sizeOf(model.inputShape);
  const inputs = test.fields[model.input]!.data;
  const found: Mistake[] = [];
  const counts: number[][] = [];
  const nameOf = (label: number): string => names?.[label] ?? String(label);
  for (let from = 0; from < test.size; from += BATCH) {
    const to = Math.min(test.size, from + BATCH);
    const x = new NdArray(rowsOf(test.fields[model.input]!, from, to).data, [to - from, ...model.inputShape]);
    const others = mapFields(stageFields(model, test.fields), (all) => rowsOf(all, from, to));
    const { probabilities, label } = look(onBackend, x, others) as { [name: string]: NdArray };
    const classes = probabilities!.shape.at(-1)!;
    while (counts.length < classes) counts.push(new Array<number>(classes).fill(0));
    label!.data.forEach((predicted, i) => {
      const truth = labels[from + i]!;
      counts[truth]![predicted]!++;
      if (predicted === truth) return;
      const example = from + i;
      found.push({
        ...{ example, truth: nameOf(truth), predicted: nameOf(predicted) },
        probability: probabilities!.data[i * classes + predicted]!,
        input: Float32Array.from(inputs.subarray(example * features, (example + 1) * features)),
      });
    });
  }
  const sorted = found.sort((a, b) => b.probability - a.probability);
  const confusion = { names: counts.map((_, label) => nameOf(label)), counts };
  return { count: found.length, examples: test.size, shown: sorted.slice(0, most), confusion };
}
