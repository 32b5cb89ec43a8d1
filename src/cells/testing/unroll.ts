import { UserError } from "../../errors.ts";
import { broadcastTo, constant, type Shape, sizeOf, stack, type Tensor } from "../../graph/index.ts";
import { gradientError, spread } from "../../graph/testing/finite-differences.ts";
import type { Cell, Decide, Named } from "../cell.ts";

/** Of cells none of whose neurons decides. */
export const noDecision: Decide = ({ name }) => {
  throw new UserError(`the neuron ${name} decides, and the test doesn't say how`);
};

/** The outputs of all steps [T, B, H], and the state after each, of x [T][B, I]. */
export function unroll(cell: Cell, params: Named<Tensor>, x: readonly Tensor[], decide: Decide = noDecision) {
  const [batch, dtype] = [x[0]!.shape[0]!, x[0]!.dtype];
  const zeros = Object.entries(cell.state).map(([name, width]) => [
    name,
    broadcastTo(constant(0, dtype), [batch, width]),
  ]);
  let state: Named<Tensor> = { ...Object.fromEntries(zeros), ...cell.start?.(params, batch) };
  const [outputs, states]: [Tensor[], Named<Tensor>[]] = [[], []];
  for (const row of x) {
    const step = cell.step(params, state, cell.project(params, row), decide);
    state = step.state;
    outputs.push(step.output);
    states.push(state);
  }
  return { outputs: stack(outputs), states };
}

/** Float64 numbers on ±0.9 for every parameter, no two alike. */
export function someParameters({ parameters }: Cell, seed = 1): Record<string, Tensor> {
  const values = spread(
    parameters.map(({ shape }) => shape),
    [-0.9, 0.9],
    seed,
  );
  return Object.fromEntries(parameters.map(({ name }, i) => [name, constant(values[i]!)]));
}

/** x [T][B, I] in float64. */
export const someInputs = (steps: number, shape: Shape, seed = 2): Tensor[] =>
  spread(
    Array.from({ length: steps }, () => shape),
    [-1.3, 1.4],
    seed,
  ).map((value) => constant(value));

/**
 * The error of the gradient of three steps of two examples with respect to every parameter and every input, beside central differences
 * in float64 (see `gradientError`).
 */
export function gradientErrorOf(cell: Cell, decide?: Decide): number {
  const shapes = cell.parameters.map(({ shape }) => shape);
  const values = [...spread(shapes, [-0.9, 0.9], 1), ...spread(Array(3).fill([2, cell.inputs]), [-1.3, 1.4], 2)];
  return gradientError((...given: Tensor[]) => {
    const params = Object.fromEntries(cell.parameters.map(({ name }, i) => [name, given[i]!]));
    return unroll(cell, params, given.slice(shapes.length), decide).outputs;
  }, values);
}

/** All parameters' numbers. */
export const countOf = ({ parameters }: Cell): number => parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Float64, all the same number. */
export const filled = (value: number, { shape }: { readonly shape: Shape }): Tensor =>
  broadcastTo(constant(value, "float64"), shape);
