import { UserError } from "../errors.ts";
import { philoxWords } from "../random/index.ts";
import { checkNumber, counted, plural } from "../rules.ts";
import { permutation } from "./batches.ts";
import { limited } from "./limit.ts";
import { stratifiedParts } from "./split.ts";

/** How rows are divided into those to train, to validate and to test with. */
export interface DrawOptions {
  /** Share of the examples to validate with, below 1, or their number (default: 1/6). */
  readonly valid?: number | undefined;
  /** Share of the examples to test with, below 1, or their number (default: 1/6). */
  readonly test?: number | undefined;
  /** Divide the examples into this many parts, for cross-validation: each is tested on once. */
  readonly folds?: number | undefined;
  /** The part to test with, from 1 to `folds`. */
  readonly fold?: number | undefined;
  /** Train on `limit` of the other examples only, drawn like the splits; all where there are fewer (default: all). */
  readonly limit?: number | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly seed?: number | undefined;
}

/** What each part has in proportion. */
export interface Target {
  /** Of each example: its class from 0, or the number to predict. */
  readonly of: ArrayLike<number>;
  /** How many classes there are; undefined for numbers. */
  readonly classes: number | undefined;
  /** Its name in the note. */
  readonly name: string;
}

/** Which examples are in which part, as places among all of them, in random order. */
export interface Drawn {
  readonly train: Int32Array;
  readonly valid: Int32Array;
  readonly test: Int32Array;
  /** One sentence or two: which examples went where. */
  readonly note: string;
  readonly warnings: readonly string[];
}

/** Keeps the words of folds apart from all other draws ("FOLD"). */
const FOLD_DOMAIN = 0x464f4c44;
/** Folds that a cross-validation may have. */
export const MOST_FOLDS = 100;

/** Options of a split by the names that data sets and programs give them. */
export const drawOptions = ["valid", "test", "folds", "fold", "limit"] as const;

/**
 * The fold of each row, 0..folds-1. Rows are dealt to the folds in the order of the target: equal classes in random order, and of numbers each `folds` rows
 * in a row in random order. So folds differ by at most one row, and by at most one row of each class. A function of its arguments alone.
 * @param target classes or numbers, [rows]
 */
export function foldsOf(
  target: ArrayLike<number>,
  folds: number,
  { seed = 0, classes = true }: { readonly seed?: number | undefined; readonly classes?: boolean } = {},
): Int32Array {
  const word = philoxWords([seed, 0], FOLD_DOMAIN);
  const order = permutation(target.length, word);
  // The sort is stable: rows with equal targets stay in random order.
  order.sort((a, b) => target[a]! - target[b]!);
  const result = new Int32Array(target.length);
  if (classes) for (const [place, row] of order.entries()) result[row] = place % folds;
  // Of numbers that differ, that order is no chance: a column with a period would go to one fold.
  else
    for (let from = 0; from < order.length; from += folds)
      for (const [place, fold] of permutation(folds, word).entries())
        if (from + place < order.length) result[order[from + place]!] = fold;
  return result;
}

/**
 * Divides `size` examples at random, each class in proportion. Throws UserError, in the name of `subject`, for numbers that break their rules, and where
 * there are too few examples.
 * @param target what the parts have in proportion; undefined for nothing
 */
export function drawn(subject: string, size: number, target: Target | undefined, options: DrawOptions): Drawn {
  const { seed = 0, folds, fold } = options;
  checkNumber(`${subject}: seed`, seed, { whole: true, atLeast: 0, below: 2 ** 32 });
  if (fold !== undefined && folds === undefined)
    throw new UserError(`${subject}: fold ${fold} needs folds, the number of parts (--folds 5)`);
  const kept = folds === undefined ? undefined : outOfFold(subject, size, target, options);
  const validated = partSize(`${subject}: valid`, options.valid, size);
  const tested = kept ? kept.test.length : partSize(`${subject}: test`, options.test, size);
  const offered = size - validated - tested;
  if (offered < 1)
    throw new UserError(
      `${subject}: ${counted(size, "example")} ${plural(size, "is", "are")} too few for ${validated} to validate, ${tested} to test and at least 1 to train on`,
    );
  const { trained, note, warnings } = limited(subject, options.limit, offered);
  const rows = kept?.rest ?? Int32Array.from({ length: size }, (_, row) => row);
  const classes = target?.classes;
  const labels = classes === undefined ? new Int32Array(rows.length) : rows.map((row) => target!.of[row]!);
  const parts = stratifiedParts(labels, classes ?? 1, [...(kept ? [] : [tested]), validated, trained], seed);
  const [valid, train] = parts.slice(-2).map((part) => part.map((place) => rows[place]!));
  const how = `${kept ? `fold ${options.fold} of ${folds}, ` : ""}drawn by seed ${seed}`;
  const share = classes === undefined ? "" : ` in proportion to the classes of ${target!.name}`;
  return {
    ...{ train: train!, valid: valid!, test: kept?.test ?? parts[0]!, warnings },
    note: `${size} examples: ${trained} to train on, ${validated} to validate, ${tested} to test, ${how}${share}.${note}`,
  };
}

/** The rows of a fold, and the others. */
function outOfFold(
  subject: string,
  size: number,
  target: Target | undefined,
  { folds, fold, test, seed }: DrawOptions,
) {
  checkNumber(`${subject}: folds`, folds, { whole: true, atLeast: 2, atMost: MOST_FOLDS });
  if (fold === undefined)
    throw new UserError(`${subject}: folds ${folds} needs fold, the part to test with, from 1 to ${folds}`);
  checkNumber(`${subject}: fold`, fold, { whole: true, atLeast: 1, atMost: folds });
  if (test !== undefined)
    throw new UserError(`${subject}: folds say which examples test, so test must be omitted, received ${test}`);
  if (size < 2 * folds)
    throw new UserError(`${subject}: ${folds} folds need at least ${2 * folds} examples, received ${size}`);
  const all = foldsOf(target?.of ?? new Float64Array(size), folds, { seed, classes: target?.classes !== undefined });
  const rows = Int32Array.from(all.keys());
  return { test: rows.filter((row) => all[row] === fold - 1), rest: rows.filter((row) => all[row] !== fold - 1) };
}

/** The examples of a part: a share of the total, or their number as it is. */
export function partSize(subject: string, share = 1 / 6, total: number): number {
  if (share >= 1) checkNumber(subject, share, { whole: true, atMost: total });
  else checkNumber(subject, share, { above: 0 });
  return share >= 1 ? share : Math.max(1, Math.floor(share * total));
}
