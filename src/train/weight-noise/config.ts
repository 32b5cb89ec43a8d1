import { choice, family, number, type SpecOf, spec } from "../../options/index.ts";

const per = choice(["batch", "example"], "what shares one sample of the weights", {
  default: "batch",
  aliases: { sequence: "example" },
});
const parameters = choice(["all", "matrices"], "the parameters that are noisy", { default: "all" });

export const weightPriors = family("weight prior", {
  /** Mean and variance that make the divergence smallest, in closed form, in each step. */
  fitted: { options: {} },
  fixed: {
    options: {
      mean: number({}, "of all weights", { default: 0 }),
      deviation: number({ above: 0 }, "of all weights", { required: true }),
    },
  },
});

/** Noise in the weights of training steps, as JSON. */
export const weightNoises = family(
  "weight noise",
  {
    /** One deviation for all weights. */
    fixed: {
      options: {
        deviation: number({ atLeast: 0 }, "standard deviation of the noise", { default: 0.075 }),
        per,
        parameters,
      },
    },
    /** A deviation of its own for each weight, which is trained. */
    learned: {
      options: {
        deviation: number({ above: 0 }, "standard deviation before the first step", { default: 0.075 }),
        rate: number({ above: 0 }, "factor on the learning rate, for log deviations", { default: 1 }),
        prior: spec(weightPriors, "what the weights are coded with: fitted, fixed", { default: { name: "fitted" } }),
        per,
        parameters,
      },
    },
  },
  { aliases: { adaptive: "learned", gaussian: "fixed" } },
);

export type WeightNoiseConfig = SpecOf<typeof weightNoises>;
export type WeightPriorConfig = SpecOf<typeof weightPriors>;
