import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { mapFields, rowsOf, type Split } from "../../data/dataset.ts";
import { NdArray, sameShape, sizeOf, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Batch } from "../../models/head.ts";
import type { Model, Params } from "../../models/model.ts";
import { key } from "../../random/index.ts";
import { isOfImages } from "./feature-maps.ts";

/** What a trained network's first layer looks like. */
export interface Insides {
  /** Incoming weights of units, each [features]; none where the first layer isn't a map of all inputs. */
  readonly weights: readonly Float32Array[];
  /** For each unit (where they stand on images, for each channel, over its places) of the first layer that has an estimator, the mean over the examples of the probability that its output is not 0, or of its output. */
  readonly activity: Float32Array;
  /** Which of the two: a unit without a rate sends something all the time. */
  readonly measure: "firing rate" | "mean output";
  /** Whether the activities are those of channels. */
  readonly isOfChannels: boolean;
}

const BATCH = 500;

/**
 * Looks into a network: weights of up to `images` units of its first layer, spread evenly over it, and the
 * activity of every unit of the first layer that has an estimator, on whole batches of the split, units
 * sampling as in training. Undefined for a network without units. Parameters are one record of arrays for
 * each layer, such as weight [in, out].
 */
export function inspect<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  split: Split,
  options: { backend: Backend; images?: number; seed?: number },
): Insides | undefined {
  const { backend, images = 32, seed = 0 } = options;
  const [first] = model.unitLayers;
  if (!first) return undefined;
  const weights = incomingWeights(model, params, images);

  const measure = first.estimator.unit.rate ? "firing rate" : "mean output";
  const look = compile(
    (p: Params<Tensor>, x: Tensor, place: Tensor, fields: Batch<Tensor>) => {
      const { output, rate } = model.hidden(p, x, "stochastic", key(seed).fold(place), fields)[0]!;
      return { activity: measure === "firing rate" ? rate : output.mean(0) };
    },
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const size = Math.min(BATCH, split.size);
  const batches = Math.floor(split.size / size);
  const sum = new Float64Array(first.units);
  const field = split.fields[model.input]!;
  for (let i = 0; i < batches; i++) {
    const { data } = rowsOf(field, i * size, (i + 1) * size);
    const x = new NdArray(data, [size, ...model.inputShape]);
    const others = mapFields(stageFields(model, split.fields), (rows) => rowsOf(rows, i * size, (i + 1) * size));
    const { activity } = look(onBackend, x, new NdArray(Int32Array.of(i), []), others);
    activity.data.forEach((value, unit) => {
      sum[unit]! += value;
    });
  }
  const { output } = model.layers[first.row]!;
  const isOfChannels = isOfImages(output, first.units);
  const channels = isOfChannels ? output[2]! : first.units;
  const places = first.units / channels;
  const activity = new Float64Array(channels);
  sum.forEach((total, unit) => {
    activity[unit % channels]! += total / batches / places;
  });
  return { weights, activity: Float32Array.from(activity), measure, isOfChannels };
}

/** Columns of the first layer's weight [features, units], spread evenly; none where it has no such weight. */
export function incomingWeights<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  most: number,
): Float32Array[] {
  const weight = params[0]?.weight;
  const wanted = [sizeOf(model.inputShape), sizeOf(model.layers[0]!.output)];
  if (!weight || !sameShape(weight.shape, wanted)) return [];
  const [features, units] = weight.shape as [number, number];
  const shown = Math.min(most, units);
  return Array.from({ length: shown }, (_, i) => {
    const unit = Math.floor((i * units) / shown);
    return Float32Array.from({ length: features }, (_, j) => weight.data[j * units + unit]!);
  });
}
