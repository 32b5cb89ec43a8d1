import { type Data, type NdArray, sizeOf } from "../graph/index.ts";
import { type ByField, type Dataset, type Field, mapFields, type Split, type SplitName } from "./dataset.ts";
import { imageForm } from "./images/form.ts";
import { countsOf } from "./split.ts";
import { warningsOf } from "./warnings.ts";

/** The distribution of the values of a field, in a few numbers. */
export interface Moments {
  /** The mean over all values of all examples. */
  readonly mean: number;
  /** Standard deviation over all values of all examples. */
  readonly sd: number;
  /** The smallest value. */
  readonly min: number;
  /** The largest value. */
  readonly max: number;
  /** Share of values that are exactly 0. */
  readonly zeros: number;
}

/** What one split holds in one field. */
export interface FieldSummary {
  /** Of all values, where they are numbers. */
  readonly values?: Moments;
  /** Of each column, where columns have names. [columns] */
  readonly columns?: readonly Moments[];
  /** Of each channel, where examples are images with several. [channels] */
  readonly channels?: readonly Moments[];
  /** Examples of each class, where there are classes, or steps where each step has one. [classes] */
  readonly perClass?: readonly number[];
}

/** What one split holds. */
export interface SplitSummary {
  /** N: its examples. */
  readonly size: number;
  /** What it holds in each field. */
  readonly fields: ByField<string, FieldSummary>;
}

export interface Overlap {
  readonly splits: readonly [SplitName, SplitName];
  /** Examples of the second split whose inputs `x` occur, bit by bit, in the first. */
  readonly examples: number;
  /** Those among them whose other fields occur with none of the copies in the first split. */
  readonly otherLabel: number;
}

/** What to know about a data set before modelling it. */
export interface DatasetSummary {
  /** The data set's name. */
  readonly name: string;
  /** What each example has, by field. */
  readonly fields: ByField<string, Field>;
  /** How the splits came about, in words. */
  readonly splitNote: string;
  /** The loss of a prediction that ignores the inputs, in a sentence, where one is published. */
  readonly baseline?: string;
  /** What each split holds. */
  readonly splits: Readonly<Record<SplitName, SplitSummary>>;
  /** Examples that leak from one split into another; none where there is no field `x`. */
  readonly overlaps: readonly Overlap[];
  /**
   * One sentence each: a file or split that is sorted by class, labels that are skipped or never used, classes that a split
   * lacks, classes of very different sizes, inputs that are constant or all the same.
   */
  readonly warnings: readonly string[];
}

/** Counts, moments of the values, exact duplicates between the splits, and warnings. Reads every input four times. */
export function summarize(dataset: Dataset): DatasetSummary {
  const { name, fields, splitNote, baseline, train, valid, test } = dataset;
  const splits = {
    train: summarizeSplit(train, fields),
    valid: summarizeSplit(valid, fields),
    test: summarizeSplit(test, fields),
  };
  return {
    ...{ name, fields, splitNote },
    ...(baseline !== undefined && { baseline }),
    ...{ splits, overlaps: overlapsOf(dataset), warnings: warningsOf(dataset, splits) },
  };
}

const summarizeSplit = ({ size, fields }: Split, described: ByField<string, Field>): SplitSummary => ({
  size,
  fields: mapFields(described, (field, name) => summarizeField(fields[name]!, field)),
});

function summarizeField({ data }: NdArray, { shape, classes, columns }: Field): FieldSummary {
  if (classes) return { perClass: countsOf(data, classes.length) };
  const values = momentsOf(data);
  const everyOf = (count: number) => Array.from({ length: count }, (_, i) => momentsOf(everyNth(data, i, count)));
  if (columns) return { values, columns: everyOf(columns.length) };
  const { channels = 1 } = imageForm(shape) ?? {};
  return channels > 1 ? { values, channels: everyOf(channels) } : { values };
}

const everyNth = (data: Data, from: number, step: number): Float64Array =>
  Float64Array.from({ length: data.length / step }, (_, row) => data[row * step + from]!);

function momentsOf(values: Data): Moments {
  let sum = 0;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    sum += value;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, sd: Math.sqrt(squares / values.length), min, max, zeros: zeros / values.length };
}

/** A split as the bits of its inputs, and of what goes with them. */
interface Bits {
  readonly name: SplitName;
  readonly size: number;
  readonly inputs: Uint32Array;
  readonly others: readonly Uint32Array[];
}

function overlapsOf({ fields, train, valid, test }: Dataset): Overlap[] {
  if (!fields.x) return [];
  const features = sizeOf(fields.x.shape);
  const [first, second, third] = [bitsOf(train), bitsOf(valid), bitsOf(test)];
  const [firstIndex, secondIndex] = [indexByHash(first, features), indexByHash(second, features)];
  return [
    overlap(first, firstIndex, second, features),
    overlap(first, firstIndex, third, features),
    overlap(second, secondIndex, third, features),
  ];
}

const bitsOf = ({ name, size, fields }: Split): Bits => ({
  name,
  size,
  inputs: wordsOf(fields.x!),
  others: Object.keys(fields)
    .filter((field) => field !== "x")
    .map((field) => wordsOf(fields[field]!)),
});

/** The examples of a split by the hash of their inputs. */
function indexByHash(split: Bits, features: number): Map<number, number[]> {
  const words = split.inputs;
  const index = new Map<number, number[]>();
  for (let example = 0; example < split.size; example++) {
    const key = hash(words, example * features, features);
    const sharing = index.get(key);
    if (sharing) sharing.push(example);
    else index.set(key, [example]);
  }
  return index;
}

function overlap(first: Bits, index: ReadonlyMap<number, number[]>, second: Bits, features: number): Overlap {
  const [firstWords, secondWords] = [first.inputs, second.inputs];
  const sameOthers = (copy: number, example: number): boolean =>
    first.others.every((words, field) => {
      const width = words.length / first.size;
      return equal(words, copy * width, second.others[field]!, example * width, width);
    });
  let examples = 0;
  let otherLabel = 0;
  for (let example = 0; example < second.size; example++) {
    // Equal hashes only propose: the bits decide.
    const copies = (index.get(hash(secondWords, example * features, features)) ?? []).filter((candidate) =>
      equal(firstWords, candidate * features, secondWords, example * features, features),
    );
    if (copies.length === 0) continue;
    examples++;
    if (!copies.some((copy) => sameOthers(copy, example))) otherLabel++;
  }
  return { splits: [first.name, second.name], examples, otherLabel };
}

const wordsOf = ({ data }: NdArray): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);

/** FNV-1a over 32-bit words, with a shift that carries high bits down. */
function hash(words: Uint32Array, from: number, length: number): number {
  let state = 0x811c9dc5;
  for (let at = from; at < from + length; at++) {
    state = Math.imul(state ^ words[at]!, 0x01000193);
    state ^= state >>> 15;
  }
  return state;
}

function equal(a: Uint32Array, fromA: number, b: Uint32Array, fromB: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (a[fromA + at] !== b[fromB + at]) return false;
  return true;
}
