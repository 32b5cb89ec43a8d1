import { UserError } from "../errors.ts";
import { checkNumber, checkObject } from "../rules.ts";
import type { NamedCells } from "./by-column.ts";
import { type Examples, flatExample, type ReadExamples, readExamples } from "./input.ts";
import { type ClassPrediction, predictionOf, type Values } from "./prediction.ts";
import type { PredictionSpec, Runner } from "./spec.ts";
import { Passes } from "./uncertainty.ts";

/** How a prediction is made. */
export interface PredictOptions {
  /** Stochastic passes of each example, which give means and an uncertainty (default: none, the deterministic readout). */
  readonly passes?: number | undefined;
  /** Of the passes' noise (default: 0). The same seed gives the same numbers. */
  readonly seed?: number | undefined;
}

/**
 * A network that predicts. One that was trained on a table takes its columns by name: `predict({ ph: 3.2, alcohol: 11 })`. Each form throws
 * UserError, naming field or column, shape and value, for examples that the network can't read.
 */
export interface Predictor<P> {
  /** Several examples: lists of numbers, or rows of a table by column. */
  (examples: readonly (readonly number[] | Float32Array)[] | readonly NamedCells[], options?: PredictOptions): P[];
  /** One example. A list of examples of any other form gives a list too, which the type doesn't tell: `batch` does. */
  (example: Examples, options?: PredictOptions): P;
  /** Examples as records whose type has no index signature, such as an interface: rows of a table. */
  <R extends { readonly [C in keyof R]: NamedCells[string] }>(examples: readonly R[], options?: PredictOptions): P[];
  /** One such example. */
  <R extends { readonly [C in keyof R]: NamedCells[string] }>(example: R, options?: PredictOptions): P;
  /** The predictions of a list of examples, however many there are. */
  batch(examples: Examples, options?: PredictOptions): P[];
  /** What it reads and what it predicts: names, shapes, class names. */
  readonly spec: PredictionSpec;
  /** Ends the backend, where one was started for it. */
  close(): Promise<void>;
}

/** A predictor on what runs the network's programs. */
export function predictorOn<P = ClassPrediction>(runner: Runner): Predictor<P> {
  const { spec } = runner;
  let closed = false;
  const checkOpen = (): void => {
    if (closed) throw new UserError("predict: this predictor was closed: make another one");
  };
  const all = (given: Examples, options: PredictOptions = {}, asList = false) => {
    checkOpen();
    const { passes, seed } = checked(options);
    const examples = readExamples(spec, given, asList);
    const stochastic = passes !== undefined || !spec.deterministic;
    const values = stochastic ? inPasses(runner, examples, passes ?? 1, seed) : once(runner, examples);
    // A head that scores samples alone takes one pass; how far it is from others is said where passes were asked for.
    const said = passes === undefined ? values.map(({ outputs }) => ({ outputs })) : values;
    return { predictions: said.map((value) => predictionOf(spec, value) as P), single: examples.single };
  };
  function predict(
    examples: readonly (readonly number[] | Float32Array)[] | readonly NamedCells[],
    options?: PredictOptions,
  ): P[];
  function predict(example: Examples, options?: PredictOptions): P;
  function predict(given: Examples, options?: PredictOptions): P | P[] {
    checkOpen();
    const flat = options === undefined && spec.deterministic ? flatExample(spec.inputs, given) : undefined;
    if (flat) return predictionOf(spec, { outputs: runner.run("deterministic", 1, [0, 0], [flat]) }) as P;
    const { predictions, single } = all(given, options);
    return single ? predictions[0]! : predictions;
  }
  return Object.assign(predict, {
    batch(examples: Examples, options?: PredictOptions) {
      const { predictions, single } = all(examples, options, true);
      if (single) throw new UserError("predict: batch takes a list of examples, received one example");
      return predictions;
    },
    spec,
    async close() {
      if (!closed) await runner.close();
      closed = true;
    },
  });
}

function checked(options: PredictOptions): { passes: number | undefined; seed: number } {
  checkObject("predict", options, ["passes", "seed"]);
  const { passes, seed = 0 } = options;
  if (passes !== undefined) checkNumber("predict: passes", passes, { whole: true, atLeast: 1, atMost: 1_000_000 });
  checkNumber("predict: seed", seed, { whole: true, atLeast: 0, below: 2 ** 31 });
  return { passes, seed };
}

/** The values of each example by the deterministic readout. */
function once(runner: Runner, { arrays, count }: ReadExamples): Values[] {
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
function inPasses(runner: Runner, { arrays, count }: ReadExamples, passes: number, seed: number): Values[] {
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
