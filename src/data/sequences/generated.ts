import { requireMemory } from "../../formats/memory.ts";
import { NdArray, sizeOf } from "../../graph/index.ts";
import { philoxWords } from "../../random/philox.ts";
import { checkNumber } from "../../rules.ts";
import { type ByField, type Field, mapFields, type Split, type StreamedDataset } from "../dataset.ts";
import { streamed } from "../stream.ts";

/** How many examples a generated data set has, and what they are drawn by. */
export interface GeneratedOptions {
  /** Training examples in an epoch, each drawn afresh in every epoch (default: 10,000). */
  readonly examples?: number | undefined;
  /** Examples to validate with (default: 1,000). */
  readonly valid?: number | undefined;
  /** Examples to test with (default: 1,000). */
  readonly test?: number | undefined;
  /** What all examples are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly seed?: number | undefined;
}
export const generatedOptions = [
  "examples",
  "valid",
  "test",
  "seed",
] as const satisfies readonly (keyof GeneratedOptions)[];

/** One example's part of each field's numbers, filled with zeros. */
export type Row<Name extends string> = ByField<Name, Float32Array | Int32Array>;

/** A task whose examples are drawn. */
export interface Task<Name extends string> {
  readonly name: string;
  /** Four letters as a number: keeps its words apart from those of other tasks with the same seed. */
  readonly domain: number;
  readonly fields: ByField<Name, Field>;
  /** Writes one example, as a function of uniform 32-bit words alone. */
  write(row: Row<Name>, nextWord: () => number): void;
  readonly baseline: string;
  /** An example in characters. */
  draw(row: Row<Name>): string;
}

/** A uniform number in [0, 1), of the 2²⁴ that float32 has in equal steps. */
export const unit = (word: number): number => (word >>> 8) * 2 ** -24;

const places = { train: 0, valid: 1, test: 2 } as const;

/**
 * The data set of a task. Training examples are streamed, new ones in each epoch: example i of an epoch is a function of the data set's seed,
 * the training's seed, the epoch and i, whatever the batch size. Those to validate and test with are functions of the data set's seed alone.
 * Throws UserError for sizes that aren't whole numbers of at least 1, and for what takes more memory than there is.
 */
export function generated<Name extends string>(
  task: Task<Name>,
  { examples = 10_000, valid = 1_000, test = 1_000, seed = 0 }: GeneratedOptions,
): StreamedDataset<Name> {
  const subject = `data: ${task.name}`;
  for (const [name, value] of Object.entries({ examples, valid, test }))
    checkNumber(`${subject}: ${name}`, value, { whole: true, atLeast: 1, below: 2 ** 31 });
  checkNumber(`${subject}: seed`, seed, { whole: true, atLeast: 0, below: 2 ** 32 });
  const { fields } = task;
  const bytes = Object.values<Field>(fields).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
  requireMemory(`${subject}, with ${valid + test} examples to validate and test,`, bytes * (valid + test));
  const drawn = (split: keyof typeof places, rows: number, from: number, key: number, epoch: number) =>
    rowsOf(task, rows, (i) => philoxWords([seed, key], task.domain + places[split], [from + i, epoch]));
  const held = (name: "valid" | "test", size: number): Split<Name> => ({
    name,
    size,
    fields: drawn(name, size, 0, 0, 0),
  });
  const first = drawn("train", 1, 0, 0, 1);
  return {
    name: task.name,
    fields,
    splitNote: `${examples} fresh examples to train on in each epoch, drawn by seed ${seed}, the training's seed and the epoch; ${valid} to validate, ${test} to test, drawn by seed ${seed} alone.`,
    baseline: task.baseline,
    drawing: task.draw(mapFields(first, ({ data }) => data as Float32Array | Int32Array)),
    train: streamed({
      fields,
      size: examples,
      *batches(epoch, size, trainingSeed) {
        for (let from = 0; from < examples; from += size)
          yield drawn("train", Math.min(size, examples - from), from, trainingSeed, epoch);
      },
    }),
    valid: held("valid", valid),
    test: held("test", test),
  };
}

/** Examples one after another. */
function rowsOf<Name extends string>(
  { fields, write }: Task<Name>,
  rows: number,
  wordsOf: (row: number) => () => number,
): ByField<Name, NdArray> {
  const arrays = mapFields(fields, ({ shape, dtype }) => NdArray.zeros([rows, ...shape], dtype));
  for (let i = 0; i < rows; i++) {
    const row = mapFields(arrays, ({ data }) => {
      const width = data.length / rows;
      return data.subarray(i * width, (i + 1) * width) as Float32Array | Int32Array;
    });
    write(row, wordsOf(i));
  }
  return arrays;
}
