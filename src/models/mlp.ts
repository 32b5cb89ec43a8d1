import { UserError } from "../errors.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { type EstimatorConfig, estimatorFor } from "../estimators/index.ts";
import type { Shape } from "../graph/index.ts";
import { checkKeys, checkObject, show } from "../rules.ts";
import { classes as classesHead } from "./heads/classes.ts";
import type { Classifier } from "./model.ts";
import { network } from "./network.ts";
import type { StageSpec } from "./stage.ts";
import { dense } from "./stages/dense.ts";

/** A hidden layer: an affine map into units that an estimator trains through. */
export interface HiddenConfig {
  readonly units: number;
  readonly estimator: EstimatorConfig;
  /** Factor on the range of the first weights (default: 1). */
  readonly gain?: number | undefined;
}

/** The same, with an estimator of the user's own where that is wanted. */
export interface Hidden extends Omit<HiddenConfig, "estimator"> {
  /** The estimator of its units, by name, with options, or one of your own. */
  readonly estimator: EstimatorConfig | Estimator;
}

/** What a multilayer perceptron is made from. */
export interface MlpOptions {
  /** Shape of one example without the batch axis, or the number of its values. */
  readonly input: number | Shape;
  /** The hidden layers, from first to last. */
  readonly hidden: readonly Hidden[];
  /** C: classes to tell apart. */
  readonly classes: number;
  /** Noise samples of each example in a training step, whose losses and gradients are averaged (default: 1). */
  readonly trainingSamples?: number | undefined;
  /** Whether gradients compute groups of layers again: less memory at the peak of a step, more time (default: false). */
  readonly recompute?: boolean | undefined;
}

/**
 * A multilayer perceptron whose hidden units decide: dense stages with an estimator each, an affine map into class scores, and the head for
 * classes.
 *
 *     a = h W + b,  h' = what the estimator's unit outputs,  …,  P(class) = softmax(h W + b)
 *
 * Throws UserError for a size that isn't a whole number of at least 1, an estimator that doesn't exist, or weights too large for an
 * array; and so does its `init` for more parameters than there is memory.
 */
export function mlp(options: MlpOptions): Classifier {
  checkObject("mlp", options, ["input", "hidden", "classes", "trainingSamples", "recompute"]);
  const { input, hidden, classes, trainingSamples, recompute } = options;
  return network({
    ...{ name: "mlp", input, trainingSamples, recompute },
    stages: [...hiddenStages(hidden, "hidden", "mlp: hidden"), dense({ name: "output" })],
    subjects: hidden.map((_, i) => `mlp: hidden[${i}]`),
    head: classesHead(classes, { subject: "mlp: classes" }),
  });
}

/** Dense stages named `name`1, `name`2 …. Throws UserError, naming the list as `subject`, where it isn't one or a layer has no estimator. */
export function hiddenStages(hidden: readonly Hidden[], name: string, subject: string): StageSpec[] {
  if (!Array.isArray(hidden)) throw new UserError(`${subject} must be a list of layers, received ${show(hidden)}`);
  return hidden.map((layer: Hidden, i) => {
    if (typeof layer !== "object" || layer === null || Array.isArray(layer))
      throw new UserError(
        `${subject}[${i}] must be a layer, such as { units: ${typeof layer === "number" ? layer : 400}, estimator: "straight-through-slope" }, received ${show(layer)}`,
      );
    const { units, estimator, gain, ...others } = layer;
    checkKeys(`${subject}[${i}]`, others, ["units", "estimator", "gain"]);
    if (estimator === undefined) estimatorFor(estimator, `${subject}[${i}].estimator`);
    // Not a number of units at all would mean those that a head asks for.
    return dense({ units: units === undefined ? Number.NaN : units, estimator, gain, name: `${name}${i + 1}` });
  });
}
