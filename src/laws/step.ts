import type { Downstream, Estimator } from "../estimators/estimator.ts";
import { array, constant, evaluate, gradients, type NdArray, type Nested, sum, type Tensor } from "../graph/index.ts";
import { type Key, key as keyOf } from "../random/index.ts";
import { initialState } from "./initial-state.ts";

export interface Step {
  readonly loss: NdArray; //      [B]
  readonly gradient: NdArray; //  [B, H], of the losses' sum with respect to a
  readonly others: NdArray[]; //  the same with respect to `wrt`
  readonly state: { readonly [name: string]: NdArray };
}

interface StepOptions {
  readonly key?: Key;
  /** Averages and the like, by name (default: the estimator's own start). */
  readonly state?: { readonly [name: string]: Nested };
  readonly wrt?: readonly Tensor[];
}

/** One training step of a layer with pre-activations `a` in front of `downstream`, as numbers. */
export function step(estimator: Estimator, a: Tensor, downstream: Downstream, options: StepOptions = {}): Step {
  const { key = keyOf(7), state: given, wrt = [] } = options;
  const state = given
    ? Object.fromEntries(Object.entries(given).map(([k, v]) => [k, constant(array(v, { dtype: a.dtype }))]))
    : initialState(estimator, a.shape[1]!, a.dtype);
  const result = estimator.estimate(a, key, downstream, state);
  const names = Object.keys(result.state);
  const gradient = gradients(sum(result.loss), [a, ...wrt]);
  const values = evaluate([result.loss, ...names.map((name) => result.state[name]!), ...gradient]);
  return {
    loss: values[0]!,
    state: Object.fromEntries(names.map((name, i) => [name, values[1 + i]!])),
    gradient: values[1 + names.length]!,
    others: values.slice(2 + names.length),
  };
}
