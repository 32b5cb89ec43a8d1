import type { StageSpec } from "../stage.ts";
import { conv } from "./conv.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import { encode } from "./encode.ts";
import { flatten } from "./flatten.ts";
import { gated } from "./gated.ts";
import { globalPool } from "./global-pool.ts";
import { latent } from "./latent.ts";
import { normalise } from "./normalise.ts";
import { overTime } from "./over-time.ts";
import { perStep } from "./per-step.ts";
import { pool } from "./pool.ts";
import { recurrent } from "./recurrent.ts";
import { residual } from "./residual.ts";

/** Makes a stage from its JSON config without the kind. */
export type StageMaker = (config: never) => StageSpec;

/** Every stage by the kind that a config uses. */
export const stages = {
  dense,
  conv,
  pool,
  "global-pool": globalPool,
  normalise,
  dropout,
  flatten,
  residual,
  gated,
  latent,
  recurrent,
  "per-step": perStep,
  encode,
  "over-time": overTime,
} as const satisfies Record<string, StageMaker>;
