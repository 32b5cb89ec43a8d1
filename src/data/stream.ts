import { UserError } from "../errors.ts";
import { isFloat, NdArray, sizeOf } from "../graph/index.ts";
import { checkKeys, checkNumber, show } from "../rules.ts";
import { type Batch, batches, shuffled } from "./batches.ts";
import { checkArrays, formsOf } from "./check.ts";
import { type Field, isStreamed, mapFields, type Split, type StreamedSplit } from "./dataset.ts";
import { readRows } from "./rows.ts";

/** What a stream is made from. */
export type StreamOptions<Name extends string = string> = Omit<StreamedSplit<Name>, "name">;

/**
 * Training examples that come batch by batch, such as those of files larger than memory. They take the place of a data set's `train`.
 *
 *     const train = streamed({
 *       fields: { x: { shape: [20], dtype: "float32" }, y: { shape: [], dtype: "float32" } },
 *       async *batches(epoch, size, seed) { for await (const rows of read(epoch)) yield { x: rows.x, y: rows.y }; },
 *     });
 *
 * Throws UserError for a field that isn't described as a data set's fields are, and for a size that isn't a whole number.
 */
export function streamed<Name extends string>(options: StreamOptions<Name>): StreamedSplit<Name> {
  if (typeof options !== "object" || options === null)
    throw new UserError(
      `streamed: the options must be an object of fields, batches and size, received ${show(options)}`,
    );
  checkKeys("streamed", options, ["fields", "batches", "size", "contiguous"]);
  const { fields, size, contiguous } = options;
  formsOf("streamed", { name: "the stream", fields });
  if (typeof options.batches !== "function")
    throw new UserError(
      `streamed: batches must be a function that gives an (async) iterable, received ${show(options.batches)}`,
    );
  if (size !== undefined) checkNumber("streamed: size", size, { whole: true, atLeast: 1 });
  if (contiguous !== undefined && contiguous !== true)
    throw new UserError(`streamed: contiguous must be true or omitted, received ${show(contiguous)}`);
  return {
    ...{ name: "train", fields, batches: (...at) => options.batches(...at) },
    ...(size !== undefined && { size }),
    ...(contiguous && { contiguous }),
  };
}

export interface EpochOptions {
  /** Counted from 1. */
  readonly epoch: number;
  /** Examples in a batch; the last one of an epoch may have fewer. */
  readonly size: number;
  /** Decides the order of the examples. */
  readonly seed: number;
  /** Batches of the epoch that are done already (default: 0). */
  readonly skip?: number;
}

/**
 * The batches of one epoch of training examples, in memory or streamed, from the `skip`th on. Buffers may be reused from batch to batch.
 * A stream is asked for the whole epoch, and the batches that are done are read and dropped. Rejects with UserError, naming epoch, batch,
 * field, row and value, for a batch of a stream that isn't as its fields say, has more examples than `size`, or none; for an epoch
 * without batches; and for one that has fewer than were done. Counts are from 0, epochs from 1.
 */
export async function* batchesOf<Name extends string>(
  subject: string,
  train: Split<Name> | StreamedSplit<Name>,
  { epoch, size, seed, skip = 0 }: EpochOptions,
): AsyncGenerator<Batch<Name>, void, undefined> {
  if (isStreamed(train)) {
    yield* fromStream(subject, train, { epoch, size, seed, skip });
    return;
  }
  const order = shuffled(train.size, seed, epoch).subarray(skip * size);
  for (const batch of batches(train, size, order, { last: "keep" })) yield { ...batch, index: skip + batch.index };
}

async function* fromStream<Name extends string>(
  subject: string,
  stream: StreamedSplit<Name>,
  { epoch, size, seed, skip }: Required<EpochOptions>,
): AsyncGenerator<Batch<Name>, void, undefined> {
  const forms = formsOf(subject, { name: "the stream", fields: stream.fields });
  const source: unknown = stream.batches(epoch, size, seed);
  if (!isIterable(source))
    throw new UserError(`${subject}: batches of the stream must give an (async) iterable, received ${show(source)}`);
  let index = 0;
  for await (const given of source) {
    if (index >= skip) {
      const name = `${subject}: batch ${index} of epoch ${epoch}`;
      if (typeof given !== "object" || given === null)
        throw new UserError(`${name} must be an object with an array for each field, received ${show(given)}`);
      const fields = mapFields(stream.fields, (field, key) => {
        const values: unknown = (given as { readonly [name: string]: unknown })[key];
        return asField(`${name}: ${key}`, values, field);
      });
      const rows = Object.values<NdArray>(fields)[0]!.shape[0]!;
      if (rows < 1 || rows > size) throw new UserError(`${name} must have 1 to ${size} examples, it has ${rows}`);
      checkArrays(name, rows, fields, forms, true);
      const first = index * size;
      yield { index, size: rows, fields, places: Int32Array.from({ length: rows }, (_, row) => first + row) };
    }
    index++;
  }
  if (index === 0) throw new UserError(`${subject}: the stream gave no batch in epoch ${epoch}`);
  if (index < skip)
    throw new UserError(
      `${subject}: the stream gave ${index} batches in epoch ${epoch}, of which ${skip} were done before: it is no longer the same`,
    );
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> =>
  typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);

/** Rows as an array of the field's type. A typed array holds one row after another. */
function asField(subject: string, values: unknown, { shape, dtype }: Field): NdArray {
  const x = readRows(subject, values);
  if (!(x instanceof NdArray)) throw new UserError(`${subject} must be numbers, received ${show(values)}`);
  const width = sizeOf(shape);
  const rows = x.data.length / width;
  const form = x.shape.length === 1 && width > 1 && Number.isInteger(rows) ? [rows, ...shape] : x.shape;
  const { data } = x;
  if (dtype === "float32" && isFloat(x.dtype))
    return new NdArray(data instanceof Float32Array ? data : Float32Array.from(data), form);
  if (dtype === "int32" && x.dtype === "float64") {
    const whole = Int32Array.from(data);
    if (whole.every((value, i) => value === data[i])) return new NdArray(whole, form);
  }
  return new NdArray(data, form);
}
