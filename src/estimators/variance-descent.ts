import {
  add,
  constant,
  gradients,
  leaves,
  mapTree,
  mean,
  mul,
  square,
  sum,
  type Tensor,
  zerosLike,
} from "../graph/index.ts";
import { adam } from "../optimizers/adam.ts";
import type { EstimatorState, EstimatorStateArrays } from "./estimator.ts";
import { number } from "./options/option.ts";

/** β₂ of the authors of REBAR and of RELAX: an average over nearly all of training. */
const optimizer = adam({ beta2: 0.99999 });

/** The option for how fast something is learned. */
export const rateOption = (what: string, gain = "") =>
  number(0.001, { atLeast: 0 }, `Adam's learning rate for ${what}, down the estimate's variance; 0: fixed${gain}`);

/** One rate for all numbers of a net with one hidden layer. */
export const netRates = (rate: number) => ({ inWeight: rate, inBias: rate, outWeight: rate, outBias: rate });

/**
 * State for numbers that an estimator learns by lowering its own variance: the numbers under their names, and Adam's memory of
 * their gradients under `mean.NAME`, `square.NAME`, `meanWeight` and `squareWeight`.
 */
export const learnedState = (numbers: EstimatorStateArrays): EstimatorStateArrays => ({
  ...numbers,
  ...Object.fromEntries(leaves(optimizer.init(numbers)).map(({ path, value }) => [path, value])),
});

/**
 * The state after one step of Adam down the gradient of the estimate's mean square. The mean of an unbiased estimate doesn't depend
 * on how it was made, so that its variance falls with its square: Tucker et al. 2017, https://arxiv.org/abs/1703.07370.
 * @param estimate [B, H], made with the state's numbers
 * @param rates    learning rates of what is learned; what has none, or 0, stays
 */
export function descendVariance(
  state: EstimatorState,
  estimate: Tensor,
  rates: Readonly<Record<string, number>>,
): EstimatorState {
  const names = Object.keys(rates).filter((name) => rates[name]! > 0);
  if (names.length === 0) return state;
  const pick = (prefix = ""): EstimatorState => Object.fromEntries(names.map((name) => [name, state[prefix + name]!]));
  const numbers = pick();
  const slopes = gradients(mean(sum(square(estimate), 1)), Object.values(numbers));
  // From 0 at a rate of 1, Adam gives its directions, and each number has a rate of its own.
  const { params, state: memory } = optimizer.update(
    mapTree<Tensor, Tensor>(numbers, zerosLike),
    Object.fromEntries(names.map((name, i) => [name, slopes[i]!])),
    { ...state, mean: pick("mean."), square: pick("square.") },
    constant(1, estimate.dtype),
  );
  const moved = leaves(params).map(({ path, value }) => [path, add(numbers[path]!, mul(value, rates[path]!))] as const);
  return {
    ...state,
    ...Object.fromEntries(leaves(memory).map(({ path, value }) => [path, value])),
    ...Object.fromEntries(moved),
  };
}
