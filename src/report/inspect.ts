import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import { type LabelledSplit, rowsOf } from "../data/dataset.ts";
import { NdArray, type Tensor } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { key } from "../random/index.ts";

/** What a trained network's first hidden layer looks like. */
export interface Insides {
  /** Incoming weights of a unit, each [features]. */
  readonly weights: readonly Float32Array[];
  /** For each unit the mean over the examples of the probability that it sends something other than 0, or of what it sends. */
  readonly activity: Float32Array;
  /** Which of the two: a unit without a rate sends something all the time. */
  readonly measure: "firing rate" | "mean output";
}

const BATCH = 500;

/**
 * Looks into the first hidden layer: weights of up to `images` units, spread evenly over the layer, and every unit's activity on
 * whole batches of the split, units sampling as in training. Undefined for a network without hidden layers.
 */
export function inspect(
  model: Model,
  params: Params<NdArray>,
  split: LabelledSplit,
  options: { backend: Backend; images?: number; seed?: number },
): Insides | undefined {
  const { backend, images = 32, seed = 0 } = options;
  const first = model.layers[0];
  const weight = params[0]?.weight;
  if (!first?.estimator || !weight) return undefined;
  const [features, units] = weight.shape as [number, number];
  const shown = Math.min(images, units);
  const weights = Array.from({ length: shown }, (_, i) => {
    const unit = Math.floor((i * units) / shown);
    return Float32Array.from({ length: features }, (_, j) => weight.data[j * units + unit]!);
  });

  const measure = first.estimator.unit.rate ? "firing rate" : "mean output";
  const look = compile(
    (p: Params<Tensor>, x: Tensor, place: Tensor) => {
      const { output, rate } = model.hidden(p, x, "stochastic", key(seed).fold(place))[0]!;
      return { activity: measure === "firing rate" ? rate : output.mean(0) };
    },
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const size = Math.min(BATCH, split.size);
  const batches = Math.floor(split.size / size);
  const sum = new Float64Array(units);
  for (let i = 0; i < batches; i++) {
    const { data } = rowsOf(split.fields.x, i * size, (i + 1) * size);
    const x = new NdArray(data, [size, ...model.inputShape]);
    const { activity } = look(onBackend, x, new NdArray(Int32Array.of(i), []));
    activity.data.forEach((value, unit) => {
      sum[unit]! += value;
    });
  }
  return { weights, activity: Float32Array.from(sum, (total) => total / batches), measure };
}
