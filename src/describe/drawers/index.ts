import { dense } from "./dense.ts";
import type { Drawer } from "./drawer.ts";
import { gated } from "./gated.ts";
import { latent } from "./latent.ts";
import { own } from "./own.ts";
import { recurrent } from "./recurrent.ts";
import { encode, overTime, perStep } from "./sequence.ts";

/** How each kind of stage is drawn. */
const drawers: Readonly<Record<string, Drawer>> = {
  dense,
  gated,
  latent,
  recurrent,
  encode,
  "per-step": perStep,
  "over-time": overTime,
};

/** The drawer of a kind of stage; one that has none of its own is drawn as boxes. */
export const drawerOf = (kind: string): Drawer => (Object.hasOwn(drawers, kind) ? drawers[kind]! : own);
