import { ablation } from "./ablation.ts";
import { compileTime } from "./compile.ts";
import { conditional } from "./conditional/index.ts";
import { estimatorSpeed } from "./estimators.ts";
import { gaterCost } from "./gaters.ts";
import { neighbour } from "./neighbour.ts";
import { overhead } from "./overhead.ts";
import { precision } from "./precision.ts";
import { recurrent } from "./recurrent/index.ts";
import { skippedSteps } from "./skip.ts";
import { spiking } from "./spiking/index.ts";
import { startup } from "./startup.ts";
import type { Subject } from "./subject.ts";

/** Every subject by the name that the command line takes. */
export const subjects: Readonly<Record<string, Subject>> = {
  startup,
  conditional,
  compile: compileTime,
  overhead,
  ablation,
  estimators: estimatorSpeed,
  gaters: gaterCost,
  neighbour,
  precision,
  recurrent,
  spiking,
  skip: skippedSteps,
};

/** The subjects' part of the help. */
export const subjectsUsage = Object.values(subjects)
  .map(({ example, about }) => `  ${example}\n      ${about}`)
  .join("\n");
