import type { Backend } from "../../backends/backend.ts";
import type { StopSignal } from "../../errors.ts";

/** What a baseline is fitted to: rows of standardised inputs, and what to predict. */
export interface Problem {
  /** [rows, width] */
  readonly x: Float64Array;
  readonly width: number;
  /** Classes from 0, or numbers. [rows] */
  readonly target: Float64Array;
  /** How many classes there are; 0 where the target is numbers. */
  readonly classes: number;
  /** The rows to fit to. */
  readonly train: Int32Array;
}

/** What a fitted baseline needs of its surroundings. */
export interface Around {
  readonly backend: Backend;
  readonly signal: StopSignal;
}

/** A simple model that anything custom must beat. */
export interface Baseline {
  /** Its name for a target of classes, and for one of numbers. */
  readonly names: { readonly classes: string; readonly values: string };
  /** What it is, in a sentence. */
  readonly summary: string;
  /** Fits it, and gives its error on the rows of `test`: per cent of classes that are wrong, or the root of the mean squared error. */
  error(problem: Problem, test: Int32Array, around: Around): number | Promise<number>;
}

/** The error of predictions, one for each row of `test`. */
export function errorOf({ target, classes }: Problem, test: Int32Array, predicted: Float64Array): number {
  let sum = 0;
  for (const [i, row] of test.entries())
    sum += classes > 0 ? (predicted[i] === target[row] ? 0 : 1) : (predicted[i]! - target[row]!) ** 2;
  return classes > 0 ? (100 * sum) / test.length : Math.sqrt(sum / test.length);
}
