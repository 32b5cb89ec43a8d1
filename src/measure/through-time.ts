/** The bias of estimators through time, by enumeration: short sequences, few neurons, no statistics. */
import type { Cell, Named } from "../cells/cell.ts";
import type { DecisionNoise } from "../cells/decide.ts";
import { type CellConfig, cellFor } from "../cells/index.ts";
import { statesThroughTime, throughTime } from "../cells/through-time.ts";
import { UserError } from "../errors.ts";
import { bernoulli } from "../estimators/index.ts";
import {
  add,
  array,
  bernoulliNll,
  broadcastTo,
  cast,
  constant,
  evaluate,
  exp,
  gradients,
  mul,
  neg,
  reshape,
  slice,
  stack,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { type Key, key, tile } from "../random/index.ts";

/** The largest number of spikes in all: every pattern of them is a row. */
const MOST_SPIKES = 12;

/** One sequence, a cell whose neurons spike at random or not, and what is lost by its outputs. */
export interface SpikingProblem {
  readonly cell: CellConfig;
  readonly units: number;
  /** Parameters of the cell in float64, by name. */
  readonly params: Named<Tensor>;
  /** [T, I] float64 */
  readonly x: Tensor;
  /** Outputs [R, T, H] → losses [R]. */
  readonly loss: (outputs: Tensor) => Tensor;
}

/** Gradients by the parameters' names. */
export type Gradients = Named<Float64Array>;

/** How far the mean of an estimate is from the gradient. */
export interface Bias {
  /** ‖E ĝ − g‖ / ‖g‖ */
  readonly bias: number;
  /** Between E ĝ and g; 0 where E ĝ is 0. */
  readonly cosine: number;
  /** E ĝ · g / ‖g‖²: the factor by which the estimate is too long along the gradient. */
  readonly scale: number;
}

/** Every pattern of spikes of T steps and H neurons: T of [2^(T·H), H]. */
function patternsOf(steps: number, units: number): Tensor[] {
  const spikes = steps * units;
  if (spikes > MOST_SPIKES)
    throw new UserError(
      `bias through time: all patterns of at most ${MOST_SPIKES} spikes are enumerated, received ${steps} steps of ${units} neurons`,
    );
  const rows = 2 ** spikes;
  return Array.from({ length: steps }, (_, t) => {
    const bits = Float64Array.from({ length: rows * units }, (_, i) => {
      const [row, unit] = [Math.floor(i / units), i % units];
      return (row >> (t * units + unit)) & 1;
    });
    return constant(array(bits, { shape: [rows, units] }));
  });
}

/** The cell of a problem. Throws UserError unless one decision of it draws bits with P = σ(a), or one that draws nothing. */
function cellOf({ cell: config, units, x }: SpikingProblem): Cell {
  const cell = cellFor(config, { inputs: x.shape[1]!, units });
  const [decision, ...more] = cell.decisions;
  if (!decision || more.length > 0)
    throw new UserError(
      `bias through time: needs a cell with one kind of neuron that decides, received ${config.name} with ${cell.decisions.length}`,
    );
  return cell;
}

/** Each pattern's probability [R] and loss [R], the spikes given. */
function given(problem: SpikingProblem, patterns: readonly Tensor[]): { p: Tensor; loss: Tensor } {
  const cell = cellOf(problem);
  const rows = patterns[0]!.shape[0]!;
  let state: Named<Tensor> =
    cell.start?.(problem.params, rows) ??
    Object.fromEntries(
      Object.entries(cell.state).map(([name, width]) => [name, broadcastTo(constant(0, "float64"), [rows, width])]),
    );
  let nll: Tensor = constant(0, "float64");
  const outputs = patterns.map((spikes, t) => {
    const seen = cell.project(problem.params, tile(slice(problem.x, t, t + 1), rows));
    const step = cell.step(problem.params, state, seen, (_, a) => {
      nll = add(nll, sum(bernoulliNll(a, spikes), 1));
      return spikes;
    });
    state = step.state;
    return step.output;
  });
  return { p: exp(neg(nll)), loss: problem.loss(stack(outputs, 1)) };
}

/** The gradient of Σ P(pattern) loss(pattern) over every pattern of spikes that escape noise may draw. */
export function exactThroughTime(problem: SpikingProblem): {
  loss: number;
  gradients: Gradients;
  probability: Float64Array;
} {
  const { p, loss } = given(problem, patternsOf(problem.x.shape[0]!, problem.units));
  const expected = sum(mul(p, loss));
  const names = Object.keys(problem.params);
  const [value, probability, ...found] = evaluate([
    expected,
    p,
    ...gradients(
      expected,
      names.map((name) => problem.params[name]!),
    ),
  ]);
  return {
    loss: value!.data[0]!,
    probability: Float64Array.from(probability!.data),
    gradients: Object.fromEntries(names.map((name, i) => [name, Float64Array.from(found[i]!.data)])),
  };
}

/** A key whose only draws are the bits of each step, given: what else is asked of it would have to be integrated over. */
function keyOf(patterns: readonly Tensor[], name: string): Key {
  const refuse = (): never => {
    throw new UserError(
      `bias through time: needs an estimator that draws each spike once, with probability σ(a), received ${name}`,
    );
  };
  const at = (spikes: Tensor): Key => {
    const own: Key = { fold: refuse, uniform: refuse, normal: refuse, logistic: refuse, bernoulli: () => spikes };
    return own;
  };
  const step = (t: number | Tensor): Key => ({ ...at(patterns[0]!), fold: () => at(patterns[Number(t)]!) });
  return { ...at(patterns[0]!), fold: step };
}

/** The mean of a cell's estimate over its own noise: that of its training step at every pattern of spikes, by the patterns' probabilities. */
export function meanThroughTime(problem: SpikingProblem): Gradients {
  const cell = cellOf(problem);
  const { estimator, units } = cell.decisions[0]!;
  const drawn = estimator.unit.stochastic;
  const steps = problem.x.shape[0]!;
  const patterns = drawn ? patternsOf(steps, units) : [constant(array([[0]], { dtype: "float64" }))];
  const rows = drawn ? patterns[0]!.shape[0]! : 1;
  const weights = drawn ? exactThroughTime(problem).probability : Float64Array.of(1);
  if (drawn && estimator.unit !== bernoulli) keyOf(patterns, estimator.card.name).uniform([1]);
  const noise: DecisionNoise = { key: drawn ? keyOf(patterns, estimator.card.name) : key(0), rows };
  const states = Object.fromEntries(
    Object.entries(statesThroughTime(cell.decisions, steps, key(0))).map(([name, x]) => [
      name,
      cast(constant(x), "float64"),
    ]),
  );
  const x = tile(reshape(problem.x, [1, ...problem.x.shape]), rows);
  const { loss } = throughTime({ cell, params: problem.params, x, mode: "live", states, ...noise }, ({ outputs }) =>
    problem.loss(outputs),
  );
  const names = Object.keys(problem.params);
  const mean = sum(mul(loss, constant(array(weights))));
  const found = evaluate(
    gradients(
      mean,
      names.map((name) => problem.params[name]!),
    ),
  );
  return Object.fromEntries(names.map((name, i) => [name, Float64Array.from(found[i]!.data)]));
}

const all = (gradients: Gradients): number[] => Object.values(gradients).flatMap((part) => [...part]);
const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);

/** How far a mean is from the gradient, over all parameters. */
export function biasOf(mean: Gradients, exact: Gradients): Bias {
  const [m, g] = [all(mean), all(exact)];
  const [length, own] = [Math.hypot(...g), Math.hypot(...m)];
  return {
    bias: Math.hypot(...m.map((value, i) => value - g[i]!)) / length,
    cosine: own === 0 ? 0 : dot(m, g) / (length * own),
    scale: dot(m, g) / length ** 2,
  };
}

/**
 * The bias of a spiking cell's estimator on one sequence, by enumeration of every pattern of spikes: no noise is in the result.
 *
 *     biasThroughTime({ cell: { name: "lif", spike: "straight-through-slope" }, units: 2, params, x, loss })
 *
 * Throws UserError for more than 12 spikes in all (steps × units), for a cell without exactly one kind of neuron that decides, and for an
 * estimator that doesn't draw each spike once with probability σ(a).
 */
export const biasThroughTime = (problem: SpikingProblem): Bias =>
  biasOf(meanThroughTime(problem), exactThroughTime(problem).gradients);
