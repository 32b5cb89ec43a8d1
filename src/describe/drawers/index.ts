import type { StageSummary } from "../../models/model.ts";
import { dense } from "./dense.ts";
import type { Drawer } from "./drawer.ts";
import { gated } from "./gated.ts";
import { gatedConv } from "./gated-conv.ts";
import { conv, dropout, flatten, globalPool, normalise, pool } from "./image.ts";
import { latent } from "./latent.ts";
import { own } from "./own.ts";
import { ownCell } from "./own-cell.ts";
import { isKnown, recurrent } from "./recurrent.ts";
import { residual } from "./residual.ts";
import { encode, overTime, perStep } from "./sequence.ts";

/** How each kind of stage is drawn. */
const drawers: Readonly<Record<string, Drawer>> = {
  dense,
  conv,
  pool,
  "global-pool": globalPool,
  normalise,
  dropout,
  flatten,
  residual,
  gated,
  "gated-conv": gatedConv,
  latent,
  recurrent,
  encode,
  "per-step": perStep,
  "over-time": overTime,
};

/** The drawer of a stage; a kind that has none of its own is drawn as boxes, and so is a cell of the user's own. */
export function drawerOf(stage: StageSummary): Drawer {
  if (stage.kind === "recurrent" && !isKnown(stage)) return ownCell;
  return Object.hasOwn(drawers, stage.kind) ? drawers[stage.kind]! : own;
}
