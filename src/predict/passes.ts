import { UserError } from "../errors.ts";
import type { Values } from "./prediction.ts";
import type { Runner } from "./spec.ts";
import { Passes } from "./uncertainty.ts";

/** Examples that were checked: for each input of the network their numbers, count × its size. */
interface Rows {
  readonly arrays: readonly (Float32Array | Int32Array)[];
  readonly count: number;
}

/** The values of each example by the deterministic readout. */
export function once(runner: Runner, { arrays, count }: Rows): Values[] {
  const found: Values[] = [];
  for (const { from, rows, size } of callsFor(count, runner.sizes)) {
    const inputs =
      rows === size && count === rows ? arrays : arrays.map((array) => cut(array, count, from, rows, size));
    const outputs = runner.run("deterministic", size, [0, 0], inputs);
    for (let row = 0; row < rows; row++)
      found.push({ outputs: size === 1 ? outputs : outputs.map((output) => rowOf(output, size, row)) });
  }
  return found;
}

/** Rows whose noise differs: their places are counted in 32 bits. */
const MOST_DRAWS = 2 ** 32;

/** The values of each example as means over `passes` draws of its units, and how far those differ. */
export function inPasses(runner: Runner, { arrays, count }: Rows, passes: number, seed: number): Values[] {
  const { spec, sizes } = runner;
  if (count * passes > MOST_DRAWS)
    throw new UserError(
      `predict: examples × passes must be at most ${MOST_DRAWS}, received ${count} × ${passes}, whose noise would repeat: predict fewer examples at a time, each time with another seed`,
    );
  const found: Values[] = [];
  for (let example = 0; example < count; example++) {
    const made = new Passes(spec, passes);
    for (const { from, rows, size } of callsFor(passes, sizes)) {
      const inputs = arrays.map((array) => repeated(rowOf(array, count, example), size));
      // Each call has noise of its own, and each of its rows too.
      const outputs = runner.run("stochastic", size, [seed, example * passes + from], inputs);
      for (let row = 0; row < rows; row++) made.add(outputs.map((output) => rowOf(output, size, row)));
    }
    found.push(made.values());
  }
  return found;
}

/**
 * Calls that together have `count` rows, of the sizes that there are. A call is filled up where half of it is needed; what fills it isn't counted.
 * Noise is a function of a row's place in its call: whatever runs a model makes the same calls.
 */
function callsFor(count: number, sizes: readonly number[]): { from: number; rows: number; size: number }[] {
  const calls = [];
  for (let from = 0; from < count; ) {
    const left = count - from;
    const size = sizes.findLast((rows) => rows <= 2 * left || rows === 1)!;
    const rows = Math.min(left, size);
    calls.push({ from, rows, size });
    from += rows;
  }
  return calls;
}

type Flat = Float32Array | Int32Array;

/** Row `row` of an array of `rows` of them. */
function rowOf<T extends Flat>(array: T, rows: number, row: number): T {
  const width = array.length / rows;
  return array.slice(row * width, (row + 1) * width) as T;
}

/** Rows `from` to `from + rows` of `count`, and the last one again up to `size`. */
function cut(array: Flat, count: number, from: number, rows: number, size: number): Flat {
  const width = array.length / count;
  const made = emptyLike(array, size * width);
  made.set(array.subarray(from * width, (from + rows) * width));
  const last = array.subarray((from + rows - 1) * width, (from + rows) * width);
  for (let row = rows; row < size; row++) made.set(last, row * width);
  return made;
}

function repeated(row: Flat, times: number): Flat {
  const made = emptyLike(row, row.length * times);
  for (let i = 0; i < times; i++) made.set(row, i * row.length);
  return made;
}

const emptyLike = (array: Flat, length: number): Flat =>
  array instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
