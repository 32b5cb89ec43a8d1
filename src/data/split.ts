import { philoxWords } from "../random/philox.ts";
import { permutation } from "./batches.ts";

/** Keeps the words of splits apart from those that other draws take from the same key ("SPLI"). */
const SPLIT_DOMAIN = 0x53504c49;

/** Which examples of the training file go where, as positions in the file. */
export interface Assignment {
  readonly train: Int32Array;
  readonly valid: Int32Array;
}

/** What is to be assigned: the last or the drawn `validated` of `total` examples, and `trained` of the others. */
export interface Sizes {
  readonly total: number;
  readonly validated: number;
  readonly trained: number;
}

/** The first examples to train on, the last to validate with. */
export const inFileOrder = ({ total, validated, trained }: Sizes): Assignment => ({
  train: consecutive(0, trained),
  valid: consecutive(total - validated, validated),
});

/**
 * Examples drawn by `seed`, in random order, with each class in proportion to its count: first those to validate with, then
 * those to train on among the others. A function of its arguments alone. labels: [total], each in 0..classes-1.
 */
export function stratified(
  labels: Int32Array,
  classes: number,
  { validated, trained }: Sizes,
  seed: number,
): Assignment {
  const [valid, train] = stratifiedParts(labels, classes, [validated, trained], seed);
  return { train: train!, valid: valid! };
}

/**
 * The same for any number of parts of the given sizes: each takes its classes in proportion to what the parts before it left, and
 * the last one, to train on, is the one that a class of a single example goes to.
 */
export function stratifiedParts(
  labels: Int32Array,
  classes: number,
  sizes: readonly number[],
  seed: number,
): Int32Array[] {
  let offered = countsOf(labels, classes);
  const seats = sizes.map((size, part) => {
    // An example that is alone in its class is worth more in training.
    const most = part === sizes.length - 1 ? offered : offered.map((count) => Math.max(0, count - 1));
    const taken = proportional(offered, size, most);
    offered = offered.map((count, label) => count - taken[label]!);
    return taken;
  });
  const parts = sizes.map((size) => new Int32Array(size));
  const filled = sizes.map(() => 0);
  for (const example of permutation(labels.length, philoxWords([seed, 0], SPLIT_DOMAIN))) {
    const label = labels[example]!;
    const part = seats.findIndex((left) => left[label]! > 0);
    if (part < 0) continue;
    seats[part]![label]!--;
    parts[part]![filled[part]!++] = example;
  }
  return parts;
}

/** How many labels each class has. [classes] */
export function countsOf(labels: ArrayLike<number> & Iterable<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  return counts;
}

/**
 * `wanted` seats for classes of these counts, in exact proportion but for rounding: each gets its share rounded down, and the
 * seats that are left go to the largest remainders, among equals to the larger class, then to the lower label. A class
 * that has `most` seats already passes that seat to the largest class that has not; it goes beyond `most` where all have.
 */
export function proportional(counts: readonly number[], wanted: number, most: readonly number[]): number[] {
  const total = BigInt(counts.reduce((sum, count) => sum + count, 0));
  if (total === 0n) return counts.map(() => 0);
  // Products of two counts can exceed what a double holds exactly.
  const shares = counts.map((count, label) => {
    const product = BigInt(count) * BigInt(wanted);
    return { label, count, seats: Number(product / total), remainder: Number(product % total) };
  });
  const seats = shares.map((share) => share.seats);
  const bySize = [...shares].sort((a, b) => b.count - a.count || a.label - b.label);
  const byRemainder = bySize.filter(({ remainder }) => remainder > 0).sort((a, b) => b.remainder - a.remainder);
  let left = wanted - seats.reduce((sum, seat) => sum + seat, 0);
  for (const [candidates, bounds] of [
    [byRemainder, most],
    [bySize, most],
    [byRemainder, counts],
  ] as const) {
    for (const { label } of candidates) {
      if (left === 0) return seats;
      if (seats[label]! >= bounds[label]!) continue;
      seats[label]!++;
      left--;
    }
  }
  return seats;
}

const consecutive = (from: number, count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => from + i);
