import type { DType, Shape } from "../graph/ndarray.ts";
import type { TableColumn } from "../tables/columns.ts";

/** An array that goes into a program of predictions or comes out of it, without the examples' axis. */
export interface PredictionArray {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: Exclude<DType, "float64">;
  /** Names of its values, where they have names: the columns of a table, the target's for what is predicted. */
  readonly columns?: readonly string[];
}

/** What a network reads of an example. */
export interface PredictionInput extends PredictionArray {
  /** Whole numbers are in 0 … classes − 1. */
  readonly classes?: number;
  /** Numbers are within it, both ends included. */
  readonly range?: readonly [number, number];
  /** What its values are made of, where it is a table's row: the columns as they are in the file. */
  readonly table?: readonly TableColumn[];
  /** How images of files were read for the training, where they were. */
  readonly image?: { readonly [option: string]: string };
}

/** How a network predicts, as JSON: enough to read examples and to say what came out. */
export interface PredictionSpec {
  /** The network's own input first. */
  readonly inputs: readonly PredictionInput[];
  /** What the head predicts. */
  readonly outputs: readonly PredictionArray[];
  /** The layers of gates, after the outputs: the name in tables and K. */
  readonly gates: readonly { readonly layer: string; readonly blocks: number }[];
  /** Names of the classes that the output `label` counts. */
  readonly names?: readonly string[];
  /** Whether the deterministic readout exists; a head that scores samples alone has none. */
  readonly deterministic: boolean;
}

/** Rows that a call may have, ascending. All that runs a network makes the same calls, so that their noise is the same. */
export const CALL_ROWS = [1, 8, 64] as const;

/** Which readout a program takes: "stochastic" draws its units anew for each row. */
export type Reading = "deterministic" | "stochastic";

/** What runs the programs of a network for a fixed number of rows. */
export interface Runner {
  readonly spec: PredictionSpec;
  /** Numbers of rows that a call may have, ascending. */
  readonly sizes: readonly number[];
  /**
   * One call.
   * @param rows one of `sizes`
   * @param noise two whole numbers that the draws are a function of
   * @param inputs one array for each of the spec's inputs, rows × its size
   * @returns outputs, then gates, rows × their size each
   */
  run(
    reading: Reading,
    rows: number,
    noise: readonly [seed: number, place: number],
    inputs: readonly (Float32Array | Int32Array)[],
  ): readonly (Float32Array | Int32Array)[];
  close(): Promise<void>;
}
