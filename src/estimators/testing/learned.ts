import { array, constant, evaluate, type Tensor } from "../../graph/index.ts";
import { initialState } from "../../laws/initial-state.ts";
import { key } from "../../random/index.ts";
import type { Downstream, Estimator, EstimatorState } from "../estimator.ts";

/** The state of an estimator after `steps` steps on the same pre-activations, each with noise of its own. */
export function learn(estimator: Estimator, a: Tensor, downstream: Downstream, steps: number): EstimatorState {
  let state = initialState(estimator, a.shape[1]!, a.dtype);
  for (let i = 0; i < steps; i++) {
    const next = Object.entries(estimator.estimate(a, key(5).fold(i), downstream, state).state);
    const values = evaluate(next.map(([, x]) => x));
    state = Object.fromEntries(
      next.map(([name], k) => [name, constant(array(values[k]!.data, { shape: values[k]!.shape, dtype: a.dtype }))]),
    );
  }
  return state;
}
