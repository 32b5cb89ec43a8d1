import { configurable, number } from "../../options/index.ts";
import { common, noisyPass } from "./noisy-pass.ts";
import { noisyParameters } from "./samples.ts";
import { type NoisyTraining, nothingLearned, type WeightNoise } from "./weight-noise.ts";

const options = { deviation: number({ atLeast: 0 }, "σ of the noise", { default: 0.075 }), ...common };

/**
 * Gaussian noise of one deviation in all weights: the gradient at θ + σε, with ε ~ N(0, 1) for each weight, moves θ. Jim, Giles and Horne, "An
 * analysis of noise in recurrent neural networks", 1996; Graves, Mohamed and Hinton, "Speech recognition with deep recurrent neural networks",
 * 2013, with σ = 0.075 and one sample for each training sequence.
 */
export const fixed = configurable(
  "weight noise fixed",
  options,
  ({ deviation, per, parameters }, { seed, model }: NoisyTraining): WeightNoise => ({
    init: () => nothingLearned,
    train: noisyPass({ per, seed }, noisyParameters(model, parameters), () => deviation),
  }),
);
