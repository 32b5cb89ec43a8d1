import type { Estimator } from "../estimators/estimator.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Key } from "../random/key.ts";
import type { Neuron } from "./neuron.ts";

/** A value for each name: a cell's state, its parameters, or what it made of its inputs. */
export type Named<T> = { readonly [name: string]: T };

/** A parameter of a cell, as a network's table shows it. */
export interface CellParameter {
  readonly name: string;
  readonly shape: Shape;
  /** The axes along which a unit's incoming weights lie, [] for what are none (default: all but the last of a matrix). */
  readonly incoming?: readonly number[];
}

/** Units of a cell that decide: hard or random, trained through by an estimator. */
export interface Decision {
  /** The neuron's name, such as "forget" or "spike". */
  readonly name: string;
  readonly estimator: Estimator;
  /** Its units: H, or fewer where units share them. */
  readonly units: number;
}

/**
 * How a decision is taken while a step is traced: from pre-activations [B, H] to outputs [B, H]. Whoever runs the cell says it: sampled and trained
 * through, or read at test. A cell calls it once a step for each of its decisions, in their order.
 */
export interface Decide {
  (decision: Decision, a: Tensor): Tensor;
  /** Whether no gradient is asked for, so that what a decision of 0 hides need not be computed (default: false). */
  readonly valuesOnly?: boolean | undefined;
}

/** What a step gives: the next state, in the form of the old one, and the output [B, H]. */
export interface CellStep {
  readonly state: Named<Tensor>;
  readonly output: Tensor;
}

/** What a member of the table says about itself. */
export interface CellCard {
  /** Its name in configs, on the command line and in tables. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it keeps, and what changes it. */
  readonly summary: string;
  /** A step with the options' defaults, one equation each, in TeX. */
  readonly equations: readonly string[];
  /** Authors, year, title and address. */
  readonly source: string;
}

/** Between what sizes a cell stands: I inputs at each step and H units. */
export interface CellSizes {
  readonly inputs: number;
  readonly units: number;
  /** Whether its inputs are spikes, 0 almost everywhere (default: false). The numbers that it gives are the same; the time that it takes is not. */
  readonly readsSpikes?: boolean | undefined;
}

/** A recurrent cell of H units that reads I numbers at each step. It holds no numbers: parameters and state are given to it. */
export interface Cell {
  /** What it was made from, as JSON. */
  readonly config: { readonly name: string; readonly [option: string]: unknown };
  readonly inputs: number; // I
  readonly units: number; //  H
  /** Widths of the vectors that it keeps from step to step; all start at `start`. */
  readonly state: Named<number>;
  readonly parameters: readonly CellParameter[];
  readonly decisions: readonly Decision[];
  /** The decision that its output is, of a cell whose units output nothing unless they fire. */
  readonly spikes?: Decision | undefined;
  /** The decision that says whether an example takes a step, of a cell that skips steps. */
  readonly taken?: Decision | undefined;
  /** What it is made of, for drawings and tables: its neurons with their places and connections, in the order in which a step computes them. */
  readonly neurons?: readonly Neuron[];
  /** One step, in TeX. */
  readonly equations?: readonly string[];
  /** Of one step of one example, forward. */
  readonly multiplyAdds: number;
  init(key: Key): Named<NdArray>;
  /** The state before the first step, [B, width] each; zeros for what it doesn't name, and where it is absent. */
  start?(params: Named<Tensor>, batch: number): Named<Tensor>;
  /** What the steps need of their inputs and of nothing else, for all steps at once: x [R, I] → [R, …] each, such as products with input weights. */
  project(params: Named<Tensor>, x: Tensor): Named<Tensor>;
  /** One step: `seen` are the rows [B, …] of what `project` gave. */
  step(params: Named<Tensor>, state: Named<Tensor>, seen: Named<Tensor>, decide: Decide): CellStep;
}
