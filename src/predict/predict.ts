import { UserError } from "../errors.ts";
import { checkNumber, checkObject } from "../rules.ts";
import type { NamedCells } from "./by-column.ts";
import { type Examples, flatExample, readExamples } from "./input.ts";
import { inPasses, once } from "./passes.ts";
import { type ClassPrediction, predictionOf } from "./prediction.ts";
import type { PredictionSpec, Runner } from "./spec.ts";

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
