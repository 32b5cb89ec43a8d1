import { UserError } from "../errors.ts";
import { type NpyArray, readNpz } from "../formats/npy.ts";
import { NdArray, sizeOf } from "../graph/index.ts";
import { checkNumber, listed, show } from "../rules.ts";
import { type DataSource, type Dataset, gathered, type LabelledDataset } from "./dataset.ts";
import { type DrawOptions, drawOptions, partSize } from "./draw.ts";
import { readBytes } from "./find.ts";
import { drawnFromArrays, fromSplits } from "./from-arrays.ts";
import { stratifiedParts } from "./split.ts";

/** How a file of numpy is read and split: valid of x_train where there is one; test and folds only where the file has no x_test. */
export interface NpzOptions extends Omit<DrawOptions, "seed"> {
  /** The .npz file. */
  readonly file?: string | undefined;
  /** Whether the target is numbers or classes (default: classes where it is whole numbers, one an example). */
  readonly as?: "values" | "classes" | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** Examples of a split. */
interface Part {
  readonly x: NdArray;
  readonly target: NdArray;
}

/** Arrays of the user's own. */
export const npz: DataSource<NpzOptions, Dataset<"x" | "y"> | LabelledDataset> = {
  name: "npz",
  summary: "arrays in a .npz file of your own: x and y, or x_train, y_train, x_test and y_test",
  options: ["file", "as", ...drawOptions, "splitSeed"],
  async load({ file, ...options }) {
    if (typeof file !== "string" || file === "")
      throw new UserError("data: the data set 'npz' needs a .npz file, as file (--file FILE)");
    return datasetFromNpz(readNpz(await readBytes(file), file), file, options);
  },
};

/**
 * A data set from arrays of a .npz file: inputs x with targets y, which are split by a seed, each class in proportion; or x_train, y_train, x_test and
 * y_test, as keras.datasets has them, with x_val and y_val where they are there. Bytes are scaled by 1/255, as pixels. Throws UserError, naming the
 * file, for arrays that are missing or not of one length.
 */
export function datasetFromNpz(
  arrays: ReadonlyMap<string, NpyArray>,
  file: string,
  { as, splitSeed: seed = 0, ...draws }: Omit<NpzOptions, "file">,
): Dataset<"x" | "y"> | LabelledDataset {
  const subject = `data: ${file}`;
  if (as !== undefined && as !== "values" && as !== "classes")
    throw new UserError(`data: as must be values or classes, received ${show(as)}`);
  checkNumber("data: splitSeed", seed, { whole: true, atLeast: 0, below: 2 ** 32 });
  const part = (end: string): Part | undefined => {
    const [x, target] = [`x${end}`, `y${end}`].map((name) => arrays.get(name));
    if (!x && !target) return undefined;
    if (x && target) return { x: inputs(x), target: targets(target) };
    throw new UserError(`${subject} must have both x${end} and y${end}, received ${listed([...arrays.keys()])}`);
  };
  const [whole, trained, tested] = ["", "_train", "_test"].map(part);
  const validated = part("_val") ?? part("_valid");
  const first = whole ?? trained;
  if (!first || (!whole && !tested))
    throw new UserError(
      `${subject} must have x and y, or x_train, y_train, x_test and y_test, received ${listed([...arrays.keys()])}`,
    );
  const isCounted =
    as === undefined ? first.target.dtype === "int32" && first.target.shape.length === 1 : as === "classes";
  // Names of fields; a vector of numbers is a column.
  const fields = ({ x, target }: Part) =>
    isCounted ? { x, label: target } : { x, y: target.shape.length === 1 ? new NdArray(target.data, [...target.shape, 1]) : target }; // biome-ignore format: one line
  if (whole)
    return drawnFromArrays<"x">(subject, fields(whole), { ...draws, name: "npz", seed }) as ReturnType<
      typeof datasetFromNpz
    >;
  for (const name of ["test", "folds", "fold"] as const)
    if (draws[name] !== undefined)
      throw new UserError(`data: ${file} has x_test, so ${name} must be omitted, received ${draws[name]}`);
  const { limit, valid } = draws;
  if (validated && valid !== undefined)
    throw new UserError(`data: ${file} has a validation split, so valid must be omitted, received ${valid}`);
  const split = validated
    ? { train: limited(trained!, limit, subject), valid: validated }
    : drawn(trained!, { isCounted, seed, limit, valid }, subject);
  const splits = { train: fields(split.train), valid: fields(split.valid), test: fields(tested!) };
  return fromSplits<"x">(splits, { name: "npz" }, subject) as ReturnType<typeof datasetFromNpz>;
}

/** Inputs as float32; bytes are pixels. */
function inputs({ type, shape, data }: NpyArray): NdArray {
  const scale = type === "uint8" ? 1 / 255 : 1;
  return new NdArray(data instanceof Float32Array ? data : Float32Array.from(data, (value) => value * scale), shape);
}

/** Whole numbers as int32, others as float32. Keras has a target [N, 1], which is one number an example. */
function targets({ type, shape, data }: NpyArray): NdArray {
  const one = shape.length === 2 && shape[1] === 1 ? shape.slice(0, 1) : shape;
  const isWhole = !type.startsWith("float") && data.every((value) => value === (value | 0));
  return new NdArray(isWhole ? Int32Array.from(data) : Float32Array.from(data), one);
}

const rowsOf = ({ x, target }: Part, rows: Int32Array): Part => ({
  x: gathered(x, rows),
  target: gathered(target, rows),
});

function limited(part: Part, limit: number | undefined, subject: string): Part {
  if (limit === undefined) return part;
  checkNumber(`${subject}: limit`, limit, { whole: true, atLeast: 1, atMost: part.x.shape[0] ?? 0 });
  return rowsOf(
    part,
    Int32Array.from({ length: limit }, (_, i) => i),
  );
}

/** A validation split drawn from the training examples, each class in proportion. */
function drawn(
  part: Part,
  { isCounted, seed, limit, valid }: { isCounted: boolean; seed: number } & Pick<NpzOptions, "limit" | "valid">,
  subject: string,
): { readonly train: Part; readonly valid: Part } {
  const { x, target } = part;
  const size = x.shape[0] ?? 0;
  if (size !== target.shape[0])
    throw new UserError(
      `${subject}: x_train and y_train must have as many rows, received ${size} and ${target.shape[0]}`,
    );
  const validated = partSize(`${subject}: valid`, valid, size);
  const trained = limit ?? size - validated;
  checkNumber(`${subject}: limit`, trained, { whole: true, atLeast: 1, atMost: size - validated });
  // Labels that are none are refused later.
  const isLabelled =
    isCounted && sizeOf(target.shape) === size && target.data.every((label) => label >= 0 && label < size);
  const labels = isLabelled ? Int32Array.from(target.data) : new Int32Array(size);
  const classes = labels.reduce((most, label) => Math.max(most, label + 1), 1);
  const [valids, trains] = stratifiedParts(labels, classes, [validated, trained], seed);
  return { train: rowsOf(part, trains!), valid: rowsOf(part, valids!) };
}
