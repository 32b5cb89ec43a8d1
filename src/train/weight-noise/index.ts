import { updateFor } from "../../optimizers/index.ts";
import { make } from "../../options/index.ts";
import type { TrainingConfig } from "../config.ts";
import { weightNoises } from "./config.ts";
import type { NoisyTraining, WeightNoise } from "./weight-noise.ts";

/**
 * The weight noise of a training; undefined where its config has none. Throws UserError for noise that is learned where the number of training
 * examples isn't known.
 */
export function weightNoiseFor(
  { weightNoise, seed, optimizer, schedule, clip }: TrainingConfig,
  model: NoisyTraining["model"],
  examples: number | undefined,
): WeightNoise | undefined {
  if (weightNoise === undefined) return undefined;
  // Decay, max-norm and groups of parameters are about weights, and a deviation is none.
  const update = updateFor({ optimizer: { ...optimizer, parameters: undefined }, schedule, clip });
  return make<WeightNoise, [NoisyTraining]>("weight noise", weightNoises, weightNoise, {
    ...{ seed, model, examples, optimizer: update },
  });
}
