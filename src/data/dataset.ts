import { UserError } from "../errors.ts";
import { type Data, NdArray, type Shape, sizeOf } from "../graph/index.ts";
import { show } from "../rules.ts";
import type { TableColumn } from "../tables/columns.ts";
import type { OnLoadProgress } from "./progress.ts";
import type { Rows } from "./rows.ts";

/** One of the three parts of a data set. */
export type SplitName = "train" | "valid" | "test";
export const splitNames = ["train", "valid", "test"] as const satisfies readonly SplitName[];

/** One value for each field, under the fields' names. */
export type ByField<Name extends string, Value> = { readonly [K in Name]: Value };

/** One part of a data set: example i is row i of every field. */
export interface Split<Name extends string = string> {
  /** Which of the three parts it is. */
  readonly name: SplitName;
  /** N: its examples. */
  readonly size: number;
  /** One array [size, …] for each field. */
  readonly fields: ByField<Name, NdArray>;
}

/** What each example has under one name. */
export interface Field {
  /** Without the examples' axis: [28, 28] for an image, [] for a label. */
  readonly shape: Shape;
  /** "float32" for numbers, "int32" for classes and counts. */
  readonly dtype: "float32" | "int32";
  /** Names of the classes that an int32 label counts; absent: numbers. */
  readonly classes?: readonly string[];
  /** Names of the values of one example, where they have names, as the columns of a table do. */
  readonly columns?: readonly string[];
  /** What those values were made of, where they are a table's: its columns as they are in the file. */
  readonly table?: readonly TableColumn[];
  /** Whether its values are spikes: 0 almost everywhere, as what network({ inputSpikes }) reads. */
  readonly spikes?: true;
  /** How its images were read from files, so that other files are read in the same way: `colour`, and `fit` where they were resized. */
  readonly image?: { readonly [option: string]: string };
}

/** Examples of named fields, split for training, for choosing by validation, and for the final test. */
export interface Dataset<Name extends string = string> {
  /** Its name in tables and messages. */
  readonly name: string;
  /** What each example has, by field. */
  readonly fields: ByField<Name, Field>;
  /** One sentence: which examples went into which split. */
  readonly splitNote: string;
  /** What was odd about the files and cannot be seen in the splits; none where there was nothing. */
  readonly warnings?: readonly string[];
  /** One sentence: the loss of a prediction that ignores the inputs, to compare with; none where nobody published one. */
  readonly baseline?: string;
  /** The first training example in characters, for a terminal: at most 100 columns. */
  readonly drawing?: string;
  /** The examples to train on. */
  readonly train: Split<Name>;
  /** The examples by which the best epoch is chosen. */
  readonly valid: Split<Name>;
  /** The examples for the final score. They decide nothing. */
  readonly test: Split<Name>;
}

/** Arrays of one batch, by field: NdArrays [B, …], typed arrays of one row after another, or nested lists. */
export type StreamedBatch<Name extends string = string> = ByField<Name, Rows>;

/** Training examples that come batch by batch; `streamed` makes one. */
export interface StreamedSplit<Name extends string = string> {
  /** Only training examples are streamed. */
  readonly name: "train";
  /** What each example has, by field. */
  readonly fields: ByField<Name, Field>;
  /** Examples in an epoch, where that is known. */
  readonly size?: number;
  /**
   * Whether row r of a batch continues the sequence of row r of the batch before, so that a recurrent state may be carried over. The last
   * batches of an epoch may have fewer rows: those are the first ones.
   */
  readonly contiguous?: true;
  /**
   * The batches of an epoch (from 1), of at most `size` examples each. The same arguments must give the same batches: a training that
   * resumes asks for its epoch again and drops the batches that are done.
   */
  batches(
    epoch: number,
    size: number,
    seed: number,
  ): AsyncIterable<StreamedBatch<Name>> | Iterable<StreamedBatch<Name>>;
}

/** A data set whose training examples are streamed; those to validate and test with are in memory. */
export interface StreamedDataset<Name extends string = string> extends Omit<Dataset<Name>, "train"> {
  /** The training examples, batch by batch. */
  readonly train: StreamedSplit<Name>;
}

/** What can be trained on. */
export type TrainingData<Name extends string = string> = Dataset<Name> | StreamedDataset<Name>;

/** Whether training examples are streamed. */
export const isStreamed = <Name extends string>(
  train: Split<Name> | StreamedSplit<Name>,
): train is StreamedSplit<Name> => typeof train === "object" && train !== null && "batches" in train;

/** Inputs `x` with a class `label` each: MNIST, Fashion-MNIST, a folder of IDX files. */
export type LabelledDataset = Dataset<"x" | "label">;
/** One part of such a data set. */
export type LabelledSplit = Split<"x" | "label">;

/** A data set that can be asked for by name. */
export interface DataSource<Options extends object, Loaded extends TrainingData> {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** The options that it takes. */
  readonly options: readonly (keyof Options & string)[];
  /**
   * Throws UserError when the files are missing, damaged or inconsistent.
   * @param report told of its progress, where that takes long
   */
  load(options: Options, report?: OnLoadProgress): Promise<Loaded>;
}

/** `f` of every field, under the same names. */
export const mapFields = <Name extends string, A, B>(
  fields: ByField<Name, A>,
  f: (value: A, name: Name) => B,
): ByField<Name, B> =>
  Object.fromEntries(Object.entries<A>(fields).map(([name, value]) => [name, f(value, name as Name)])) as ByField<
    Name,
    B
  >;

/** The number of values that one example has in a field. */
export const featuresOf = ({ fields }: Pick<Dataset<"x">, "fields">): number => sizeOf(fields.x.shape);

/** The names of a label's classes. Throws UserError for a field that has none. */
export function classesOf({ fields }: Pick<Dataset<"label">, "fields">): readonly string[] {
  const { classes } = fields.label;
  if (classes === undefined) throw new UserError("data: the field label must have classes, it holds numbers");
  return classes;
}

/** What a classifier's sizes come from: the shape of an input, and the number of classes. */
export const inputAndClasses = (data: Pick<LabelledDataset, "fields">) => ({
  input: data.fields.x.shape,
  classes: classesOf(data).length,
});

/** The numbers of a float32 array. Throws UserError for another type. */
export function floats(x: NdArray): Float32Array {
  if (x.data instanceof Float32Array) return x.data;
  throw new UserError(`data: the array must be float32, received ${show(x)}`);
}

/** The numbers of an int32 array. Throws UserError for another type. */
export function integers(x: NdArray): Int32Array {
  if (x.data instanceof Int32Array) return x.data;
  throw new UserError(`data: the array must be int32, received ${show(x)}`);
}

/** Rows `from` to `to` (exclusive) of an array [N, …], in the same memory. */
export function rowsOf({ data, shape: [rows = 0, ...shape] }: NdArray, from: number, to: number): NdArray {
  const [start, end] = [Math.min(from, rows), Math.min(to, rows)];
  const width = sizeOf(shape);
  return new NdArray(data.subarray(start * width, end * width), [end - start, ...shape]);
}

/** Copies rows of an array [N, …], one after another, into `target`. */
export function gatherInto({ data, shape }: NdArray, rows: Int32Array, target: Data): void {
  const width = data.length / shape[0]!;
  if (width === 1) for (let i = 0; i < rows.length; i++) target[i] = data[rows[i]!]!;
  else rows.forEach((row, i) => target.set(data.subarray(row * width, (row + 1) * width), i * width));
}

/** Rows of an array [N, …] as an array of their own. */
export function gathered(x: NdArray, rows: Int32Array): NdArray {
  const copy = NdArray.zeros([rows.length, ...x.shape.slice(1)], x.dtype);
  gatherInto(x, rows, copy.data);
  return copy;
}

/** Examples `from` to `to` (exclusive) of a split, in the same memory. */
export function partOf<Name extends string>(split: Split<Name>, from: number, to: number): Split<Name> {
  const fields = mapFields(split.fields, (x) => rowsOf(x, from, to));
  return { ...split, size: Math.min(to, split.size) - Math.min(from, split.size), fields };
}
