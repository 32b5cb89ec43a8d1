import type { NdArray } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";

/** What the first convolution of a network looks for. */
export interface Filters {
  /** The stage's name in tables. */
  readonly name: string;
  /** Its weights, one image [height · width · channels] for each feature shown, spread evenly over all. */
  readonly images: readonly Float32Array[];
  /** Rows of taps. */
  readonly height: number;
  /** Columns of taps. */
  readonly width: number;
  /** Channels that a feature reads: 1, or 3 for colours. */
  readonly channels: 1 | 3;
  /** How many features there are. */
  readonly features: number;
}

/** Weights of up to `most` features of the first convolution; undefined where there is none, or where its features read neither one channel nor three. */
export function filtersOf<M extends string>(model: Model<M>, params: Params<NdArray>, most = 64): Filters | undefined {
  const row = model.layers.findIndex(({ parameters }) => parameters.some(({ shape }) => shape.length === 4));
  const weight = params[row]?.weight;
  const [height = 0, width = 0, channels = 0, features = 0] = weight?.shape ?? [];
  if (!weight || (channels !== 1 && channels !== 3)) return undefined;
  const shown = Math.min(most, features);
  const images = Array.from({ length: shown }, (_, i) => {
    const feature = Math.floor((i * features) / shown);
    return Float32Array.from({ length: height * width * channels }, (_, at) => weight.data[at * features + feature]!);
  });
  return { name: model.layers[row]!.name, images, height, width, channels, features };
}
