import {
  classesOf,
  featuresOf,
  floats,
  integers,
  type LabelledDataset,
  type LabelledSplit,
  type SplitName,
} from "./dataset.ts";
import { countsOf } from "./split.ts";
import { warningsOf } from "./warnings.ts";

export interface SplitSummary {
  readonly size: number;
  /** [classes] */
  readonly perClass: readonly number[];
  readonly pixels: {
    readonly mean: number;
    /** Standard deviation over all pixels of all examples. */
    readonly sd: number;
    readonly min: number;
    readonly max: number;
    /** Share of pixels that are exactly 0. */
    readonly zeros: number;
  };
}

export interface Overlap {
  readonly splits: readonly [SplitName, SplitName];
  /** Examples of the second split whose inputs occur, bit by bit, in the first. */
  readonly examples: number;
  /** Those among them whose label occurs with none of the copies in the first split. */
  readonly otherLabel: number;
}

/** What to know about a data set before modelling it. */
export interface DatasetSummary {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly classNames: readonly string[];
  readonly splitNote: string;
  readonly splits: Readonly<Record<SplitName, SplitSummary>>;
  /** Examples that leak from one split into another. */
  readonly overlaps: readonly Overlap[];
  /**
   * One sentence each: a file or split that is sorted by class, labels that are skipped or never used, classes that a split
   * lacks, classes of very different sizes, inputs that are constant or all the same.
   */
  readonly warnings: readonly string[];
}

/** Counts, moments of the pixels, exact duplicates between the splits, and warnings. Reads every pixel four times. */
export function summarize(dataset: LabelledDataset): DatasetSummary {
  const { name, fields, splitNote, train, valid, test } = dataset;
  const classNames = classesOf(dataset);
  const features = featuresOf(dataset);
  const trainIndex = indexByHash(train, features);
  const validIndex = indexByHash(valid, features);
  const splits = {
    train: summarizeSplit(train, classNames.length),
    valid: summarizeSplit(valid, classNames.length),
    test: summarizeSplit(test, classNames.length),
  };
  return {
    name,
    inputShape: fields.x.shape,
    classNames,
    splitNote,
    splits,
    overlaps: [
      overlap(train, trainIndex, valid, features),
      overlap(train, trainIndex, test, features),
      overlap(valid, validIndex, test, features),
    ],
    warnings: warningsOf(dataset, splits),
  };
}

function summarizeSplit({ size, fields }: LabelledSplit, classes: number): SplitSummary {
  const perClass = countsOf(integers(fields.label), classes);
  const inputs = floats(fields.x);
  let sum = 0;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of inputs) {
    sum += value;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = sum / inputs.length;
  let squares = 0;
  for (const value of inputs) squares += (value - mean) ** 2;
  return {
    size,
    perClass,
    pixels: { mean, sd: Math.sqrt(squares / inputs.length), min, max, zeros: zeros / inputs.length },
  };
}

/** The examples of a split by the hash of their inputs. */
function indexByHash(split: LabelledSplit, features: number): Map<number, number[]> {
  const words = wordsOf(split);
  const index = new Map<number, number[]>();
  for (let example = 0; example < split.size; example++) {
    const key = hash(words, example * features, features);
    const sharing = index.get(key);
    if (sharing) sharing.push(example);
    else index.set(key, [example]);
  }
  return index;
}

function overlap(
  first: LabelledSplit,
  index: ReadonlyMap<number, number[]>,
  second: LabelledSplit,
  features: number,
): Overlap {
  const firstWords = wordsOf(first);
  const secondWords = wordsOf(second);
  let examples = 0;
  let otherLabel = 0;
  for (let example = 0; example < second.size; example++) {
    // Equal hashes only propose: the bits decide.
    const copies = (index.get(hash(secondWords, example * features, features)) ?? []).filter((candidate) =>
      equal(firstWords, candidate * features, secondWords, example * features, features),
    );
    if (copies.length === 0) continue;
    examples++;
    if (!copies.some((copy) => first.fields.label.data[copy] === second.fields.label.data[example])) otherLabel++;
  }
  return { splits: [first.name, second.name], examples, otherLabel };
}

function wordsOf({ fields }: LabelledSplit): Uint32Array {
  const inputs = floats(fields.x);
  return new Uint32Array(inputs.buffer, inputs.byteOffset, inputs.length);
}

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
