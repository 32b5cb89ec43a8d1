import type { StageCard } from "../stage.ts";
import { card as conv } from "./conv.ts";
import { card as dense } from "./dense.ts";
import { card as dropout } from "./dropout.ts";
import { card as encode } from "./encode.ts";
import { card as flatten } from "./flatten.ts";
import { card as gated } from "./gated.ts";
import { card as globalPool } from "./global-pool.ts";
import type { stages } from "./index.ts";
import { card as latent } from "./latent.ts";
import { card as normalise } from "./normalise.ts";
import { card as overTime } from "./over-time.ts";
import { card as perStep } from "./per-step.ts";
import { card as pool } from "./pool.ts";
import { card as recurrent } from "./recurrent.ts";
import { card as residual } from "./residual.ts";

/** A card for each stage. A new one has its line here, beside that in `index.ts`. */
export const stageCards: { readonly [K in keyof typeof stages]: StageCard } = {
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
};
