import type { StageCard } from "../stage.ts";
import { card as dense } from "./dense.ts";
import { card as encode } from "./encode.ts";
import { card as gated } from "./gated.ts";
import type { stages } from "./index.ts";
import { card as latent } from "./latent.ts";
import { card as overTime } from "./over-time.ts";
import { card as perStep } from "./per-step.ts";
import { card as recurrent } from "./recurrent.ts";

/** A card for each stage. A new one has its line here, beside that in `index.ts`. */
export const stageCards: { readonly [K in keyof typeof stages]: StageCard } = {
  dense,
  gated,
  latent,
  recurrent,
  "per-step": perStep,
  encode,
  "over-time": overTime,
};
