import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor, resolveEstimator } from "../estimators/index.ts";
import type { Shape } from "../graph/index.ts";
import { denseShapes, gainRule } from "../layers/dense.ts";
import { checkKeys, checkNumber, show } from "../rules.ts";
import type { LayerSummary } from "./model.ts";

/** A hidden layer: an affine map into units that an estimator trains through. */
export interface HiddenConfig {
  readonly units: number;
  readonly estimator: EstimatorConfig;
  /** Factor on the range of the first weights; 1 when left out. */
  readonly gain?: number | undefined;
}

/** The same, with an estimator of the user's own where that is wanted. */
export interface Hidden extends Omit<HiddenConfig, "estimator"> {
  readonly estimator: EstimatorConfig | Estimator;
}

/** The shape of one example. Throws UserError, naming the model, for anything but a whole number or a list of them. */
export function checkedInput(input: number | Shape, model: string): Shape {
  const shape: Shape = typeof input === "number" ? [input] : input;
  if (!Array.isArray(shape) || shape.length === 0)
    throw new UserError(`${model}: input must be a number of values or a shape, received ${show(input)}`);
  for (const length of shape) checkNumber(`${model}: input`, length, { whole: true, atLeast: 1 });
  return shape;
}

/** Hidden layers with their estimators made, and as JSON. Throws UserError, naming the list as `subject`, for one that can't be. */
export function checkedHidden(hidden: readonly Hidden[], subject: string) {
  if (!Array.isArray(hidden)) throw new UserError(`${subject} must be a list of layers, received ${show(hidden)}`);
  return hidden.map(({ units, estimator, gain = 1, ...others }: Hidden, i) => {
    const at = `${subject}[${i}]`;
    checkKeys(at, others, ["units", "estimator", "gain"]);
    checkNumber(`${at}.units`, units, { whole: true, atLeast: 1 });
    checkNumber(`${at}.gain`, gain, gainRule);
    const made = estimatorFor(estimator, `${at}.estimator`);
    const own = made === estimator;
    return {
      units,
      gain,
      made,
      estimator: own ? { name: made.card.name } : resolveEstimator(estimator as EstimatorConfig),
    };
  });
}

/** A dense hidden layer as a row of a model's table. */
export const hiddenSummary = (input: number, output: number, estimator: Estimator, name: string): LayerSummary => ({
  name,
  kind: `dense + ${estimator.card.name}`,
  input: [input],
  output: [output],
  parameters: denseShapes(input, output),
  multiplyAdds: input * output,
  activation: estimator.card.name,
  estimator,
});
