import { UserError } from "../errors.ts";
import { NdArray, showShape } from "../graph/index.ts";
import { philoxWords, uniformBelow } from "../random/philox.ts";
import { type ByField, gatherInto, mapFields, rowsOf, type Split } from "./dataset.ts";

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
export interface Batch<Name extends string = string> {
  /** Its number within the epoch, from 0. */
  readonly index: number;
  /** B: its examples. */
  readonly size: number;
  /** One array [size, …] for each field. */
  readonly fields: ByField<Name, NdArray>;
  /** [size], the place of each example in its split; of a stream, in its epoch, as if its batches were full. */
  readonly places: Int32Array;
}

/** How the last batch is treated. */
export interface BatchOptions {
  /** What to do with a last batch that is not full; "drop" if not given, as a compiled step has one batch size. */
  readonly last?: "drop" | "keep";
}

/** How many batches `batches` gives for `count` examples. */
export function batchCount(count: number, size: number, { last = "drop" }: BatchOptions = {}): number {
  return last === "keep" ? Math.ceil(count / size) : Math.floor(count / size);
}

/**
 * The examples of `split` in `order`, `size` at a time, in buffers that are reused from batch to batch.
 * Throws UserError for a size that leaves no batch, for a field that lacks a row for each example, and for an
 * order that points outside the split. Fields are [B, …], and `order` is int32 [n].
 */
export function batches<Name extends string>(
  split: Split<Name>,
  size: number,
  order: Int32Array,
  options: BatchOptions = {},
): Generator<Batch<Name>, void, undefined> {
  if (!Number.isInteger(size) || size < 1) {
    throw new UserError(`batches: the batch size must be a positive integer, ${size} was given`);
  }
  if (order.length > 0 && batchCount(order.length, size, options) === 0) {
    throw new UserError(
      `batches: the batch size must be at most the number of ${split.name} examples, ` +
        `${size} was given for ${order.length}`,
    );
  }
  for (const [name, { shape }] of Object.entries<NdArray>(split.fields)) {
    if (shape[0] !== split.size)
      throw new UserError(
        `batches: ${split.size} examples of ${split.name} need a row of ${name} each, its shape is ${showShape(shape)}`,
      );
  }
  const outside = order.findIndex((example) => example < 0 || example >= split.size);
  if (outside >= 0) {
    throw new UserError(
      `batches: the order must lie in 0..${split.size - 1}, the examples of ${split.name}; it has ${order[outside]} at ${outside}`,
    );
  }
  return generate(split, order, batchCount(order.length, size, options), size);
}

function* generate<Name extends string>(
  split: Split<Name>,
  order: Int32Array,
  count: number,
  stride: number,
): Generator<Batch<Name>, void, undefined> {
  const capacity = Math.min(stride, order.length);
  const buffers = mapFields(split.fields, ({ shape, dtype }) => NdArray.zeros([capacity, ...shape.slice(1)], dtype));
  for (let index = 0; index < count; index++) {
    const examples = order.subarray(index * stride, (index + 1) * stride);
    const size = examples.length;
    const fields = mapFields(buffers, (buffer, name) => {
      gatherInto(split.fields[name], examples, buffer.data);
      return size === capacity ? buffer : rowsOf(buffer, 0, size);
    });
    yield { index, size, fields, places: examples };
  }
}
