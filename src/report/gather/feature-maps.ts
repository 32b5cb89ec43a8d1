import type { Backend } from "../../backends/backend.ts";
import { compile } from "../../compile/compile.ts";
import { resident } from "../../compile/resident.ts";
import { mapFields, rowsOf, type Split } from "../../data/dataset.ts";
import { mean, NdArray, notEqual, reshape, type Shape, sizeOf, sum, type Tensor } from "../../graph/index.ts";
import { stageFields } from "../../models/feed.ts";
import type { Batch } from "../../models/head.ts";
import type { Model, Params } from "../../models/model.ts";
import { key, tile } from "../../random/index.ts";

/** What the channels of a layer of units output for a few images. */
export interface FeatureMaps {
  /** The layer's name in tables. */
  readonly name: string;
  /** For each example an image [height · width] for each channel shown, spread evenly over all. */
  readonly maps: readonly (readonly Float32Array[])[];
  /** Rows of an image. */
  readonly height: number;
  /** Columns of an image. */
  readonly width: number;
  /** How many channels there are. */
  readonly channels: number;
  /** How many of them output 0 at every place of each of `of` examples, one noise sample each. */
  readonly dead: number;
  /** Examples that were looked at for dead channels. */
  readonly of: number;
  /** Noise samples that the maps are means of. */
  readonly samples: number;
}

/** What the first layers of units over images output. */
export interface MapsOfLayers {
  /** The examples, [values] each: the first ones of the split. */
  readonly inputs: readonly Float32Array[];
  /** First to last. */
  readonly layers: readonly FeatureMaps[];
}

/** Layers, examples and channels that are shown; noise samples of an example; examples that dead channels are looked for in. */
const [LAYERS, EXAMPLES, CHANNELS, SAMPLES, LOOKED] = [2, 4, 16, 32, 500];

/**
 * What the channels of the first two layers of units over images output for the first examples of a split: the mean over noise samples where the
 * network draws any. Undefined where no layer of units outputs images.
 */
export function featureMapsOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  split: Split,
  { backend, seed = 0 }: { readonly backend: Backend; readonly seed?: number },
): MapsOfLayers | undefined {
  const found = model.unitLayers.flatMap(({ row, units }, layer) => {
    const { name, output } = model.layers[row]!;
    const [height, width, channels] = output as readonly [number, number, number];
    return isOfImages(output, units) ? [{ layer, name, height, width, channels }] : [];
  });
  const layers = found.slice(0, LAYERS);
  if (layers.length === 0 || split.size === 0) return undefined;
  const samples = model.stochastic ? SAMPLES : 1;
  type Fields = Batch<Tensor>;
  const hidden = (p: Params<Tensor>, x: Tensor, fields: Fields): Tensor[] => {
    const all = model.hidden(p, x, "stochastic", key(seed), fields);
    return layers.map(({ layer }) => all[layer]!.output);
  };
  const means = compile(
    (p: Params<Tensor>, x: Tensor, fields: Fields) => {
      const tiled = mapFields(fields, (field) => tile(field, samples));
      return hidden(p, tile(x, samples), tiled).map((h) => mean(reshape(h, [samples, x.shape[0]!, h.shape[1]!]), 0));
    },
    { backend },
  );
  const counts = compile(
    (p: Params<Tensor>, x: Tensor, fields: Fields) =>
      hidden(p, x, fields).map((h, i) =>
        sum(notEqual(reshape(h, [h.size / layers[i]!.channels, layers[i]!.channels]), 0), 0),
      ),
    { backend },
  );
  const onBackend = resident<Params<Tensor>>(params, { backend });
  const given = (examples: number) => {
    const { data } = rowsOf(split.fields[model.input]!, 0, examples);
    const x = new NdArray(data, [examples, ...model.inputShape]);
    return { x, fields: mapFields(stageFields(model, split.fields), (field) => rowsOf(field, 0, examples)) };
  };
  const [examples, of] = [Math.min(EXAMPLES, split.size), Math.min(LOOKED, split.size)];
  const [few, many] = [given(examples), given(of)];
  const [shown, fired] = [means(onBackend, few.x, few.fields), counts(onBackend, many.x, many.fields)];
  const values = sizeOf(model.inputShape);
  return {
    inputs: Array.from({ length: examples }, (_, i) =>
      Float32Array.from(few.x.data.subarray(i * values, (i + 1) * values)),
    ),
    layers: layers.map((layer, i) => ({
      ...layer,
      maps: mapsOf(shown[i]!, examples, layer),
      dead: fired[i]!.data.filter((count) => count === 0).length,
      ...{ of, samples },
    })),
  };
}

/** Whether units stand at every place of an image: the gates of a gated convolution don't. */
export const isOfImages = (output: Shape, units: number): boolean => output.length === 3 && sizeOf(output) === units;

/** What a layer outputs, [E, H], as images of channels that are spread evenly over all, for each example. */
function mapsOf(
  { data }: NdArray,
  examples: number,
  { height, width, channels }: Pick<FeatureMaps, "height" | "width" | "channels">,
): Float32Array[][] {
  const [shown, places] = [Math.min(CHANNELS, channels), height * width];
  return Array.from({ length: examples }, (_, example) =>
    Array.from({ length: shown }, (_, i) => {
      const first = example * places * channels + Math.floor((i * channels) / shown);
      return Float32Array.from({ length: places }, (_, place) => data[first + place * channels]!);
    }),
  );
}
