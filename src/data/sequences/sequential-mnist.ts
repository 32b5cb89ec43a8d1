import { UserError } from "../../errors.ts";
import { NdArray } from "../../graph/index.ts";
import { philoxWords } from "../../random/philox.ts";
import { checkChoice, checkNumber } from "../../rules.ts";
import { permutation } from "../batches.ts";
import { type DataSource, floats, type LabelledDataset, type LabelledSplit } from "../dataset.ts";
import { dots, sparkline } from "../drawing.ts";
import { fashionMnist } from "../fashion-mnist.ts";
import type { IdxSource } from "../folder.ts";
import { mnist } from "../mnist.ts";

export const readings = ["pixel", "row"] as const;
const sources = { mnist, "fashion-mnist": fashionMnist } as const satisfies Record<string, IdxSource>;
export const imageSets = Object.keys(sources) as (keyof typeof sources)[];

export interface SequentialOptions {
  /** Which images (default: mnist). */
  readonly images?: keyof typeof sources | undefined;
  /** What a step reads: a pixel, 784 steps of 1, or a row of them, 28 steps of 28 (default: pixel). */
  readonly by?: (typeof readings)[number] | undefined;
  /** Seed of a fixed permutation of the pixels, the same for all images (default: none, they keep their order). */
  readonly permuted?: number | undefined;
  /** Folder with the four IDX files. */
  readonly dir?: string | undefined;
  /** Train on `limit` training examples only; validation and test stay whole. */
  readonly limit?: number | undefined;
}

/** Keeps the words of permutations apart from those that other draws take from the same key ("PERM"). */
const PERMUTATION_DOMAIN = 0x5045524d;

/** The order in which pixels are read: step t reads pixel order[t]. A function of its arguments alone. */
export const pixelOrder = (pixels: number, seed: number): Int32Array =>
  permutation(pixels, philoxWords([seed, 0], PERMUTATION_DOMAIN));

/**
 * Images as sequences: x [784, 1] are the pixels from left to right and from top to bottom, or x [28, 28] the rows; label [].
 * Le, Jaitly and Hinton, arXiv:1504.00941, 2015, pixel by pixel, in order and permuted.
 */
export const sequentialMnist: DataSource<SequentialOptions, LabelledDataset> = {
  name: "sequential-mnist",
  summary: "MNIST or Fashion-MNIST pixel by pixel or row by row, permuted or not",
  options: ["images", "by", "permuted", "dir", "limit"],
  async load({ images = "mnist", by = "pixel", permuted, ...options }) {
    checkChoice("data: sequential-mnist: images", images, imageSets);
    checkChoice("data: sequential-mnist: by", by, readings);
    if (permuted !== undefined)
      checkNumber("data: sequential-mnist: permuted", permuted, { whole: true, atLeast: 0, below: 2 ** 32 });
    return sequential(await sources[images].load(options), by, permuted);
  },
};

/** Images [R, C] as sequences, in the memory of the images, which change their order in it. Throws UserError for another number of axes. */
export function sequential(
  data: LabelledDataset,
  by: (typeof readings)[number],
  permuted: number | undefined,
): LabelledDataset {
  const [rows = 0, columns = 0, ...more] = data.fields.x.shape;
  if (columns === 0 || more.length > 0)
    throw new UserError(
      `data: sequential-mnist: the images must have rows and columns, received [${data.fields.x.shape.join(", ")}]`,
    );
  const shape = by === "pixel" ? [rows * columns, 1] : [rows, columns];
  const order = permuted === undefined ? undefined : pixelOrder(rows * columns, permuted);
  const part = ({ name, size, fields }: LabelledSplit): LabelledSplit => {
    const pixels = floats(fields.x);
    if (order) reorder(pixels, order);
    return { name, size, fields: { x: new NdArray(pixels, [size, ...shape]), label: fields.label } };
  };
  const [train, valid, test] = [part(data.train), part(data.valid), part(data.test)];
  const first = floats(train.fields.x).subarray(0, rows * columns);
  const how = `${shape[0]} steps of ${shape[1]}${order ? `, pixels permuted by seed ${permuted}` : ""}`;
  return {
    ...data,
    name: `sequential-${data.name}`,
    fields: { ...data.fields, x: { shape, dtype: "float32" } },
    splitNote: `${data.splitNote} Read as ${how}.`,
    drawing: `${order ? sparkline(first) : imageDrawing(first, rows, columns)}\nlabel ${data.fields.label.classes?.[train.fields.label.data[0]!]}`,
    ...{ train, valid, test },
  };
}

/** An image with a dot for each bright pixel. */
function imageDrawing(pixels: Float32Array, rows: number, columns: number): string {
  const picture = dots(columns, rows);
  pixels.forEach((pixel, at) => {
    if (pixel >= 0.5) picture.set(at % columns, Math.floor(at / columns));
  });
  return picture.text();
}

/** Puts the values of each example in another order, in their place. */
function reorder(values: Float32Array, order: Int32Array): void {
  const before = new Float32Array(order.length);
  for (let at = 0; at < values.length; at += order.length) {
    before.set(values.subarray(at, at + order.length));
    for (let step = 0; step < order.length; step++) values[at + step] = before[order[step]!]!;
  }
}
