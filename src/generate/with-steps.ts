import { UserError } from "../errors.ts";
import { modelFrom, type Own } from "../models/from-config.ts";
import type { Model } from "../models/model.ts";

/**
 * The same network for sequences of another number of steps, with parameters of the same shapes, so that trained ones fit it: cells and maps at each step
 * know of no number of steps. Throws UserError for a network whose parameters depend on it, and for one that reads or predicts no steps.
 */
export function withSteps(model: Model, steps: number, own: Own = {}): Model {
  const { head } = model.config as { readonly head: { readonly steps?: number } };
  if (head.steps === undefined || model.inputShape[0] !== head.steps)
    throw new UserError(`withSteps: ${model.name} must read and predict steps, its head is ${model.head.kind}`);
  const input = [steps, ...model.inputShape.slice(1)];
  const other = modelFrom({ ...(model.config as object), input, head: { ...head, steps } }, own);
  for (const [i, { parameters, name }] of model.layers.entries())
    for (const [k, { name: parameter, shape }] of parameters.entries())
      if (String(shape) !== String(other.layers[i]?.parameters[k]?.shape))
        throw new UserError(
          `withSteps: parameters must not depend on the number of steps, the ${parameter} of ${name} has the shape [${shape.join(", ")}] for ${head.steps} of them`,
        );
  return other;
}
