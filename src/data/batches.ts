import { UserError } from "../errors.ts";
import { philoxWords, uniformBelow } from "../random/philox.ts";
import type { Split } from "./dataset.ts";

/** Keeps the words of shuffles apart from those that other draws take from the same key ("SHUF"). */
const SHUFFLE_DOMAIN = 0x53485546;

/**
 * A uniformly random order of 0..size-1 (Fisher–Yates), a function of its arguments alone: a resumed run sees the same
 * order without any saved state. Throws UserError unless seed and epoch are integers in 0..2³²-1.
 */
export function shuffled(size: number, seed: number, epoch: number): Int32Array {
  for (const [what, value, end] of [
    ["size", size, 2 ** 31],
    ["seed", seed, 2 ** 32],
    ["epoch", epoch, 2 ** 32],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value >= end) {
      throw new UserError(`shuffled: ${what} must be an integer in 0..${end - 1}, ${value} was given`);
    }
  }
  return permutation(size, philoxWords([seed, epoch], SHUFFLE_DOMAIN));
}

/** A uniformly random order of 0..size-1 by words that are drawn one after another. */
export function permutation(size: number, nextWord: () => number): Int32Array {
  const order = Int32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const chosen = uniformBelow(nextWord, last + 1);
    const moved = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = moved;
  }
  return order;
}

/** Consecutive examples of an order. The arrays are overwritten by the next batch. */
export interface Batch {
  readonly index: number;
  readonly size: number;
  /** [size, features] */
  readonly inputs: Float32Array;
  /** [size] */
  readonly labels: Int32Array;
}

export interface BatchOptions {
  /** What to do with a last batch that is not full; "drop" if not given, as a compiled step has one batch size. */
  readonly last?: "drop" | "keep";
}

/** How many batches `batches` gives for `count` examples. */
export function batchCount(count: number, size: number, { last = "drop" }: BatchOptions = {}): number {
  return last === "keep" ? Math.ceil(count / size) : Math.floor(count / size);
}

/**
 * The examples of `split` in `order`, `size` at a time, in two buffers that are reused from batch to batch.
 * Throws UserError for a size that leaves no batch, and for an order that points outside the split.
 */
export function batches(
  split: Pick<Split, "name" | "size" | "inputs" | "labels">,
  size: number,
  order: Int32Array,
  options: BatchOptions = {},
): Generator<Batch, void, undefined> {
  if (!Number.isInteger(size) || size < 1) {
    throw new UserError(`batches: the batch size must be a positive integer, ${size} was given`);
  }
  if (order.length > 0 && batchCount(order.length, size, options) === 0) {
    throw new UserError(
      `batches: the batch size must be at most the number of ${split.name} examples, ` +
        `${size} was given for ${order.length}`,
    );
  }
  const outside = order.findIndex((example) => example < 0 || example >= split.size);
  if (outside >= 0) {
    throw new UserError(
      `batches: the order must lie in 0..${split.size - 1}, the examples of ${split.name}; it has ${order[outside]} at ${outside}`,
    );
  }
  return generate(split, Math.min(size, order.length), order, batchCount(order.length, size, options), size);
}

function* generate(
  split: Pick<Split, "size" | "inputs" | "labels">,
  capacity: number,
  order: Int32Array,
  count: number,
  stride: number,
): Generator<Batch, void, undefined> {
  const features = split.inputs.length / split.size;
  const inputs = new Float32Array(capacity * features);
  const labels = new Int32Array(capacity);
  for (let index = 0; index < count; index++) {
    const examples = order.subarray(index * stride, (index + 1) * stride);
    examples.forEach((example, row) => {
      inputs.set(split.inputs.subarray(example * features, (example + 1) * features), row * features);
      labels[row] = split.labels[example]!;
    });
    const size = examples.length;
    yield { index, size, inputs: inputs.subarray(0, size * features), labels: labels.subarray(0, size) };
  }
}
