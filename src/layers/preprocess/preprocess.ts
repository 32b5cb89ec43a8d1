import { constant, mul, NdArray, type Shape, sizeOf, sub, type Tensor } from "../../graph/index.ts";

/** How inputs are scaled before the first layer, as JSON: a name, and lists of one number for each value of an example, or for each channel of an image. */
export interface Preprocess<Config extends { readonly name: string }> {
  /** One line for docs and help. */
  readonly summary: string;
  /** In TeX, for docs: y of a value x. */
  readonly formula: string;
  /** The keys of the config's lists, and the smallest value allowed in each. */
  readonly lists: Readonly<Record<Exclude<keyof Config, "name">, number>>;
  /** What each number of the lists is of (default: a value). */
  readonly per?: "value" | "channel";
  /** The config for training examples. rows [N, …], N at least 1, finite */
  fit(rows: NdArray): Config;
  /** x [B, …] → [B, …], scaled. */
  apply(config: Config, x: Tensor): Tensor;
}

/** Channels of an image [rows, columns, channels]; examples of any other shape have one. */
export const channelsOf = (shape: Shape): number => (shape.length === 3 ? shape[2]! : 1);

/**
 * (x − offset) / width, value by value; 0 where the width is 0, which a value that never changed in training has.
 * @param x [B, …]
 * @param offset one number for each value of an example, or for each channel
 * @param width the same
 */
export function scaled(x: Tensor, offset: readonly number[], width: readonly number[]): Tensor {
  const [, ...example] = x.shape;
  const perValue = offset.length === sizeOf(example);
  // Numbers of channels lie along the last axis, and the others repeat them.
  const shape = [
    1,
    ...(perValue ? example : example.map((_, axis) => (axis === example.length - 1 ? offset.length : 1))),
  ];
  const row = (values: readonly number[]) => constant(new NdArray(Float32Array.from(values), shape));
  return mul(sub(x, row(offset)), row(width.map((w) => (w === 0 ? 0 : 1 / w))));
}

/** `f` of each value's column over all rows. rows [N, …] */
export function columns<T>({ data, shape: [rows = 0] }: NdArray, f: (column: Float64Array) => T): T[] {
  const width = data.length / rows;
  const column = new Float64Array(rows);
  return Array.from({ length: width }, (_, at) => {
    for (let row = 0; row < rows; row++) column[row] = data[row * width + at]!;
    return f(column);
  });
}
