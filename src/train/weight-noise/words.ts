import { resolveSpec } from "../../options/index.ts";
import { type WeightNoiseConfig, weightNoises } from "./config.ts";

/** Weight noise in words: "weight noise of 0.075, one sample a batch". Throws UserError for a config that isn't as it must be. */
export function weightNoiseInWords(config: WeightNoiseConfig): string {
  const { name, deviation, per, parameters } = resolveSpec("weight noise", weightNoises, config, { fill: true });
  return [
    name === "learned" ? `learned weight noise, ${deviation} at first` : `weight noise of ${deviation}`,
    ...(parameters === "matrices" ? ["in matrices"] : []),
    `one sample ${per === "example" ? "an example" : "a batch"}`,
  ].join(", ");
}
