import { UserError } from "../../errors.ts";
import type { Tensor } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import { choice, type Values } from "../../options/index.ts";
import { key } from "../../random/index.ts";
import { eachExample } from "./each-example.ts";
import { type NoisyParameter, sampled } from "./samples.ts";
import type { WeightNoise } from "./weight-noise.ts";

/** Options of all noise. */
export const common = {
  per: choice(["batch", "example"], "what has a sample of the weights of its own", {
    default: "batch",
    aliases: { sequence: "example" },
  }),
  parameters: choice(["all", "matrices"], "which parameters are noisy", { default: "all" }),
};

/** Keeps the weights' noise apart from that of units and inputs. */
const WEIGHT_NOISE = 0x57474e;

/**
 * A step's pass at noisy weights. A batch of one example has the same noise either way. `deviation` gives σ of a parameter, one number or
 * one for each weight.
 */
export const noisyPass =
  (
    { per, seed }: Pick<Values<typeof common>, "per"> & { readonly seed: number },
    noisy: readonly NoisyParameter[],
    deviation: (parameter: NoisyParameter, logDeviation: Params<Tensor>) => number | Tensor,
  ): WeightNoise["train"] =>
  ({ params, logDeviation }, batch, step, pass) => {
    const noise = key(seed).fold(WEIGHT_NOISE).fold(step);
    const drawn = (sample: number): Params<Tensor> =>
      sampled(params, noisy, noise.fold(sample), (parameter) => deviation(parameter, logDeviation));
    const rows = Object.values(batch)[0]!.shape[0]!;
    const found =
      per === "example" && rows > 1
        ? eachExample(batch, (example, i) => pass(drawn(i), example, i))
        : pass(drawn(0), batch, undefined);
    // The rule would begin at the noisy value, and the noise would add up.
    for (const { row, name } of noisy)
      if (found.moved[row]?.[name])
        throw new UserError(
          `train: weightNoise: a rule moves the parameter ${name}: declare it with byRule in the rows of its stage`,
        );
    return found;
  };
