import type { StageSpec } from "../stage.ts";
import { dense } from "./dense.ts";
import { gated } from "./gated.ts";
import { latent } from "./latent.ts";
import { perStep } from "./per-step.ts";
import { recurrent } from "./recurrent.ts";

/** Makes a stage from its JSON config without the kind. */
export type StageMaker = (config: never) => StageSpec;

/** Every stage by the kind that a config uses. */
export const stages = { dense, gated, latent, recurrent, "per-step": perStep } as const satisfies Record<
  string,
  StageMaker
>;
