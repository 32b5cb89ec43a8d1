import type { Estimator } from "../estimators/estimator.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Key } from "../random/key.ts";

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
  /** H: its units. */
  readonly units: number;
}

/**
 * How a decision is taken while a step is traced: from pre-activations [B, H] to outputs [B, H]. Whoever runs the cell says it: sampled and trained
 * through, or read at test. A cell calls it once a step for each of its decisions, in their order.
 */
export type Decide = (decision: Decision, a: Tensor) => Tensor;

/** What a step gives: the next state, in the form of the old one, and the output [B, H]. */
export interface CellStep {
  readonly state: Named<Tensor>;
  readonly output: Tensor;
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
  /** Of one step of one example, forward. */
  readonly multiplyAdds: number;
  init(key: Key): Named<NdArray>;
  /** The state before the first step, [B, width] each; zeros where absent. */
  start?(params: Named<Tensor>, batch: number): Named<Tensor>;
  /** What the steps need of their inputs and of nothing else, for all steps at once: x [R, I] → [R, …] each, such as products with input weights. */
  project(params: Named<Tensor>, x: Tensor): Named<Tensor>;
  /** One step: `seen` are the rows [B, …] of what `project` gave. */
  step(params: Named<Tensor>, state: Named<Tensor>, seen: Named<Tensor>, decide: Decide): CellStep;
}
