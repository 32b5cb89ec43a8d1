import type { NdArray } from "../../../src/graph/index.ts";
import type { Model, Params } from "../../../src/models/model.ts";
import { weightsPng } from "../../../src/plots/image-grid.ts";
import { layoutOf } from "../../../src/train/layout.ts";

/** The first layer that has weights. */
export const firstRow = ({ layers }: Model): number => layers.findIndex(({ parameters }) => parameters.length > 0);

/** What the picture of weights shows: how many units, and the size of each image. */
export interface WeightsPicture {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly units: number;
  readonly rows: number;
  readonly columns: number;
  /** 3: weights of red, green and blue. */
  readonly channels: 1 | 3;
  /** Which neuron of a cell's units; undefined where a unit is one neuron. */
  readonly neuron: string | undefined;
}

/** Width by height of the place that the page gives the picture. */
const ASPECT = 1.67;

/**
 * Incoming weights of the first neurons of the first layer: an image of the input's size for each, of a filter's size for those of a convolution, and a
 * row of weights for those of a cell, which sees a row of an image at a time.
 */
export async function weightsPicture(
  model: Model,
  layer: Params<NdArray>[number],
  drawn: number,
): Promise<WeightsPicture> {
  const row = firstRow(model);
  const { name } = model.layers[row]!.parameters[0]!;
  const { data, shape } = layoutOf(model.layers).stored(`${row}.${name}`, layer[name]!);
  const features = shape.at(-1) ?? 0;
  const pixels = data.length / features;
  const [height = 1, width = 1] = shape.length > 2 ? shape : model.inputShape;
  const isImage = [1, 3].includes(pixels / (height * width));
  const channels = isImage && height * width < pixels ? 3 : 1;
  const rows = isImage ? height : 1;
  const units = Math.min(drawn, features);
  const images = Array.from({ length: units }, (_, unit) =>
    Float32Array.from({ length: pixels }, (_, at) => data[at * features + unit]!),
  );
  const size = { height: rows, width: pixels / rows / channels };
  const inRow = rows === 1 ? 3 : Math.ceil(Math.sqrt((units * ASPECT * rows) / size.width) - 0.01);
  const { png } = await weightsPng(images, { ...size, channels, columns: inRow });
  const [, neuron] = /^(\w+)\.\w+$/.exec(name) ?? [];
  return { png: new Uint8Array(png), units, rows, columns: size.width, channels, neuron };
}
