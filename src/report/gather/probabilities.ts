import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { type Dataset, mapFields, rowsOf } from "../../data/dataset.ts";
import { NdArray, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Batch } from "../../models/head.ts";
import type { Model, Params } from "../../models/model.ts";
import { binned } from "../../plots/binned.ts";
import { key } from "../../random/index.ts";

/** How certain the units of a layer are, over units and examples. */
export interface Probabilities {
  /** The layer's name in tables. */
  readonly layer: string;
  readonly units: number;
  readonly examples: number;
  /** How many probabilities lie in each of `BINS` equal bins from 0 to 1. */
  readonly counts: Float64Array;
  /** The share of them from 0.1 to 0.9. */
  readonly undecided: number;
  /** The mean of each unit for each class, [C · H]; empty where the head tells no classes. NaN for a class without examples. */
  readonly byClass: Float32Array;
}

/** Bins of the histograms. */
export const BINS = 20;
/** Examples in one call. */
const BATCH = 500;

interface Options {
  readonly backend: Backend;
  /** Test examples that are read, from the first one on (default: 1000). */
  readonly examples?: number;
  readonly seed?: number;
}

/** The layers whose units draw, and output something with a probability that is known. */
const drawing = ({ unitLayers }: Pick<Model, "unitLayers">) =>
  unitLayers.flatMap(({ name, units, estimator: { unit } }, layer) =>
    unit.stochastic && unit.rate ? [{ layer, name, units, rate: unit.rate }] : [],
  );

/**
 * The probability of every unit to output something, for the first test examples: one result for each layer whose units draw. Earlier layers sample.
 * A unit whose probability is near 0 or 1 has decided what it does; what the rest does is noise.
 */
export function probabilitiesOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  { test }: Pick<Dataset, "test">,
  { backend, examples = 1000, seed = 0 }: Options,
): Probabilities[] {
  const layers = drawing(model);
  if (layers.length === 0 || test.size === 0) return [];
  const look = compile(
    (p: Params<Tensor>, x: Tensor, place: Tensor, fields: Batch<Tensor>) =>
      layers.map(({ layer, rate }) => rate(model.cut(p, x, layer, key(seed).fold(place), fields).a)),
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const size = Math.min(examples, test.size);
  const labels = labelsOf(model, test.fields);
  const found = layers.map(({ units }) => new Tally(units, labels));
  for (let from = 0; from < size; from += BATCH) {
    const to = Math.min(size, from + BATCH);
    const x = new NdArray(rowsOf(test.fields[model.input]!, from, to).data, [to - from, ...model.inputShape]);
    const others = mapFields(stageFields(model, test.fields), (all) => rowsOf(all, from, to));
    look(onBackend, x, new NdArray(Int32Array.of(from), []), others).forEach(({ data }, i) =>
      found[i]!.add(data, from),
    );
  }
  return found.map((tally, i) => ({
    layer: layers[i]!.name,
    units: layers[i]!.units,
    examples: size,
    ...tally.read(),
  }));
}

/** The class of each example and the number of classes, where the head tells one class of each. */
function labelsOf({ head }: Pick<Model, "head">, fields: { readonly [name: string]: NdArray }) {
  if (head.kind !== "classes") return { of: undefined, classes: 0 };
  const [field] = Object.keys(head.fields) as [string];
  return { of: fields[field]!.data, classes: head.input![0]! };
}

/** Adds up the probabilities of one layer. */
class Tally {
  readonly #counts = new Float64Array(BINS);
  readonly #sums: Float64Array;
  readonly #examples: Float64Array;
  #undecided = 0;
  #all = 0;
  readonly #units: number;
  readonly #labels: ReturnType<typeof labelsOf>;

  constructor(units: number, labels: ReturnType<typeof labelsOf>) {
    this.#units = units;
    this.#labels = labels;
    this.#sums = new Float64Array(labels.classes * units);
    this.#examples = new Float64Array(labels.classes);
  }

  /** p [B, H] of the examples from `from` on. */
  add(p: NdArray["data"], from: number): void {
    binned(p, [0, 1], BINS).forEach(({ count }, bin) => {
      this.#counts[bin]! += count;
    });
    this.#all += p.length;
    for (const value of p) if (value >= 0.1 && value <= 0.9) this.#undecided++;
    const { of, classes } = this.#labels;
    if (!of) return;
    for (let row = 0; row < p.length / this.#units; row++) {
      const label = of[from + row]!;
      if (label >= classes) continue;
      this.#examples[label]!++;
      for (let unit = 0; unit < this.#units; unit++)
        this.#sums[label * this.#units + unit]! += p[row * this.#units + unit]!;
    }
  }

  read(): Pick<Probabilities, "counts" | "undecided" | "byClass"> {
    const byClass = Float32Array.from(this.#sums, (sum, i) => sum / this.#examples[Math.floor(i / this.#units)]!);
    return { counts: this.#counts, undecided: this.#undecided / this.#all, byClass };
  }
}
