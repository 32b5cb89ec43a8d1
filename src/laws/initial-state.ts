import type { Estimator, EstimatorState } from "../estimators/estimator.ts";
import { array, constant, type DType } from "../graph/index.ts";
import { key } from "../random/index.ts";

/** An estimator's state at the start, as tensors of `dtype`. */
export const initialState = (estimator: Estimator, units: number, dtype: DType = "float64"): EstimatorState =>
  Object.fromEntries(
    Object.entries(estimator.init?.([units], key(11)) ?? {}).map(([name, { data, shape }]) => [
      name,
      constant(array(data, { shape, dtype })),
    ]),
  );
