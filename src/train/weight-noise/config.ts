import { family, type SpecOf } from "../../options/index.ts";
import { fixed } from "./fixed.ts";
import { learned } from "./learned.ts";

/** Noise in the weights of training steps, by name. */
export const weightNoises = family("weight noise", { fixed, learned }, { aliases: { adaptive: "learned" } });

/** Which weight noise, as JSON. */
export type WeightNoiseConfig = SpecOf<typeof weightNoises>;
