/** The bias of estimators through time, by enumeration: short sequences, few neurons, no statistics. */
import type { Cell, Named } from "../cells/cell.ts";
import type { DecisionNoise } from "../cells/decide.ts";
import { type AnyCell, cellFrom } from "../cells/index.ts";
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
  type DType,
  evaluate,
  exp,
  gradients,
  mul,
  NdArray,
  neg,
  reshape,
  sameShape,
  showShape,
  showSpec,
  slice,
  stack,
  sum,
  Tensor,
} from "../graph/index.ts";
import { type Key, key, tile } from "../random/index.ts";
import { show } from "../rules.ts";

/** The largest number of spikes in all: every pattern of them is a row. */
const MOST_SPIKES = 12;

/** One sequence, a cell whose neurons spike at random or not, and what is lost by its outputs. */
export interface SpikingProblem {
  /** The recurrent cell, by name, with options, or one of your own. */
  readonly cell: AnyCell;
  /** H: neurons. */
  readonly units: number;
  /** Parameters of the cell by name: arrays, such as those of `cellFor(…).init(key(1))`, or float64 constants. */
  readonly params: Named<Tensor | NdArray>;
  /** [T, I]: rows of numbers, an array, or a float64 constant. */
  readonly x: Tensor | NdArray | readonly (readonly number[])[];
  /** Outputs [R, T, H] → losses [R]. */
  readonly loss: (outputs: Tensor) => Tensor;
}

/** Gradients by the parameters' names. */
export type Gradients = Named<Float64Array>;

/** How far the mean of an estimate is from the gradient. */
export interface Bias {
  /** ‖E ĝ − g‖ / ‖g‖; NaN where g is 0. */
  readonly bias: number;
  /** ‖E ĝ − g‖ */
  readonly absolute: number;
  /** Between E ĝ and g; 0 where E ĝ is 0, NaN where g is 0. */
  readonly cosine: number;
  /** E ĝ · g / ‖g‖²: the factor by which the estimate is too long along the gradient; NaN where g is 0. */
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

/** A problem whose numbers are float64 tensors, with its cell. */
interface Known extends Pick<SpikingProblem, "units" | "loss"> {
  readonly cell: Cell;
  readonly params: Named<Tensor>;
  readonly x: Tensor;
}

const SUBJECT = "bias through time";

/** A float64 constant of numbers that the user gave. Throws UserError where they are none, or a tensor of another type. */
function float64(name: string, given: unknown): Tensor {
  const double: DType = "float64";
  if (given instanceof NdArray) return constant(new NdArray(Float64Array.from(given.data), given.shape));
  if (given instanceof Tensor && given.dtype === double) return given;
  const rule = `${SUBJECT}: ${name} must be an array of numbers or a float64 constant, constant(array(…, { dtype: "float64" }))`;
  if (given instanceof Tensor) throw new UserError(`${rule}; received ${showSpec(given)}`);
  if (!Array.isArray(given)) throw new UserError(`${rule}; received ${show(given)}`);
  return constant(array(given as number[][], { dtype: double }));
}

/** Throws UserError for inputs or parameters that aren't the cell's, and as `cellOf` does. */
function known(problem: SpikingProblem): Known {
  const x = float64("x", problem.x);
  if (x.rank !== 2) throw new UserError(`${SUBJECT}: x must be [steps, inputs], received ${showShape(x.shape)}`);
  const cell = cellOf(problem, x);
  const own = cell.parameters.map(({ name, shape }) => {
    const value = float64(`params["${name}"]`, problem.params[name]);
    if (!sameShape(value.shape, shape))
      throw new UserError(`${SUBJECT}: params["${name}"] must be ${showShape(shape)}, received ${showShape(value.shape)}`); // biome-ignore format: one line
    return [name, value] as const;
  });
  return { ...problem, cell, x, params: Object.fromEntries(own) };
}

/** The losses of outputs [R, T, H]. Throws UserError unless there is one number for each row. */
function lossOf({ loss }: Pick<SpikingProblem, "loss">, outputs: Tensor): Tensor {
  const [rows] = outputs.shape as [number];
  const found = loss(outputs);
  if (!(found instanceof Tensor) || !sameShape(found.shape, [rows]))
    throw new UserError(
      `${SUBJECT}: loss must give one number for each row, [R] of outputs [R, T, H], here [${rows}]; received ${found instanceof Tensor ? showShape(found.shape) : show(found)}`,
    );
  return found;
}

/** The cell of a problem. Throws UserError unless one decision of it draws bits with P = σ(a), or one that draws nothing. */
function cellOf({ cell: config, units }: SpikingProblem, x: Tensor): Cell {
  const cell = cellFrom(config, { inputs: x.shape[1]!, units }, `${SUBJECT}: cell`);
  const [decision, ...more] = cell.decisions;
  if (!decision || more.length > 0)
    throw new UserError(
      `bias through time: needs a cell with one kind of neuron that decides, received ${cell.config.name} with ${cell.decisions.length}`,
    );
  return cell;
}

/** Each pattern's probability [R] and loss [R], the spikes given. */
function given(problem: Known, patterns: readonly Tensor[]): { p: Tensor; loss: Tensor } {
  const { cell } = problem;
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
  return { p: exp(neg(nll)), loss: lossOf(problem, stack(outputs, 1)) };
}

/** The gradient of Σ P(pattern) loss(pattern) over every pattern of spikes that escape noise may draw. */
export function exactThroughTime(asked: SpikingProblem): {
  loss: number;
  /** E |loss|: beside it, a gradient of rounding errors is 0. */
  size: number;
  gradients: Gradients;
  probability: Float64Array;
} {
  const problem = known(asked);
  const { p, loss } = given(problem, patternsOf(problem.x.shape[0]!, problem.units));
  const expected = sum(mul(p, loss));
  const names = Object.keys(problem.params);
  const [value, probability, losses, ...found] = evaluate([
    expected,
    p,
    loss,
    ...gradients(
      expected,
      names.map((name) => problem.params[name]!),
    ),
  ]);
  return {
    loss: value!.data[0]!,
    size: Array.from(probability!.data).reduce((sum, own, i) => sum + own * Math.abs(losses!.data[i]!), 0),
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
export function meanThroughTime(asked: SpikingProblem): Gradients {
  const problem = known(asked);
  const { cell } = problem;
  const { estimator, units } = cell.decisions[0]!;
  const drawn = estimator.unit.stochastic;
  const steps = problem.x.shape[0]!;
  const patterns = drawn ? patternsOf(steps, units) : [constant(array([[0]], { dtype: "float64" }))];
  const rows = drawn ? patterns[0]!.shape[0]! : 1;
  const weights = drawn ? exactThroughTime(asked).probability : Float64Array.of(1);
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
    lossOf(problem, outputs),
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

/** A gradient shorter than this share of the loss is the rounding errors of a sum that is 0. */
const ROUNDING = 1e-13;

/**
 * How far a mean is from the gradient, over all parameters.
 * @param size of the losses, beside which a gradient of rounding errors is 0
 */
export function biasOf(mean: Gradients, exact: Gradients, size = 0): Bias {
  const [m, g] = [all(mean), all(exact)];
  const [length, own] = [Math.hypot(...g), Math.hypot(...m)];
  const absolute = Math.hypot(...m.map((value, i) => value - g[i]!));
  if (length <= ROUNDING * Math.max(size, own)) return { bias: NaN, absolute, cosine: NaN, scale: NaN };
  return {
    bias: absolute / length,
    absolute,
    cosine: own === 0 ? 0 : dot(m, g) / (length * own),
    scale: dot(m, g) / length ** 2,
  };
}

/**
 * The bias of a spiking cell's estimator on one sequence, by enumeration of every pattern of spikes: no noise is in the result.
 *
 *     biasThroughTime({ cell: { name: "lif", spike: "straight-through-slope" }, units: 2, params, x, loss })
 *
 * Numbers are arrays or float64 constants, and all sums are float64. Where the gradient is 0, the relative measures are NaN and `absolute` says how long
 * the mean estimate is.
 *
 * Throws UserError for more than 12 spikes in all (steps × units), for a cell without exactly one kind of neuron that decides, for an estimator
 * that doesn't draw each spike once with probability σ(a), for numbers of another shape or type, and for a loss that isn't one number for each row.
 */
export function biasThroughTime(problem: SpikingProblem): Bias {
  const { gradients: exact, size } = exactThroughTime(problem);
  return biasOf(meanThroughTime(problem), exact, size);
}
