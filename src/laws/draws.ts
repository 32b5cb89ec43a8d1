import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type DType, type Shape, sum, type Tensor } from "../graph/index.ts";
import { fromUniform, type Key, key as keyOf } from "../random/key.ts";
import { initialState } from "./initial-state.ts";

/** A draw of random numbers that a layer makes in one step: one number for each unit of an example, or one an example. */
export interface Draw {
  /** Its place in the order in which the layer asks, from 0. */
  readonly index: number;
  readonly kind: "uniform" | "normal";
  readonly per: "unit" | "example";
  /** Units of the layer. */
  readonly units: number;
}

const BATCH = 7;

/**
 * The draws that an estimator makes in a step of a layer of `units`: it is run once with a key that writes them down. One that draws
 * nothing because it enumerates has those of its units' samples.
 */
export function drawsOf(estimator: Estimator, units: number): readonly Draw[] {
  const own = recorded(units, (a, key) =>
    estimator.estimate(a, key, (h) => sum(h, 1), initialState(estimator, units, a.dtype)),
  );
  return own.length > 0 ? own : sampleDrawsOf(estimator, units);
}

/** The draws of what its units sample, which come first in those of a step. */
export const sampleDrawsOf = (estimator: Estimator, units: number): readonly Draw[] =>
  recorded(units, (a, key) => estimator.unit.sample(a, key));

function recorded(units: number, run: (a: Tensor, key: Key) => unknown): readonly Draw[] {
  const draws: Draw[] = [];
  const source = keyOf(0);
  const write =
    (kind: Draw["kind"]) =>
    (shape: Shape, options: { dtype?: DType } = {}) => {
      draws.push({ index: draws.length, kind, per: perOf(shape, units), units });
      return source[kind](shape, options);
    };
  const uniform = write("uniform");
  const key: Key = { fold: () => key, uniform, normal: write("normal"), ...fromUniform(uniform) };
  run(source.normal([BATCH, units], { dtype: "float64" }), key);
  return draws;
}

function perOf(shape: Shape, units: number): Draw["per"] {
  const [rows, width, ...more] = shape;
  if (rows === BATCH && width === units && more.length === 0) return "unit";
  if (rows === BATCH && (width === undefined || width === 1) && more.length === 0) return "example";
  throw new UserError(
    `laws: noise is drawn with the shape of the pre-activations or one number an example, so that it can be integrated over; for a [${BATCH}, ${units}] the estimator drew [${shape.join(", ")}]`,
  );
}
