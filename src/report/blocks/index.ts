import type { Block } from "./block.ts";
import { calibration } from "./calibration.ts";
import { confusion } from "./confusion.ts";
import { cost } from "./cost.ts";
import { curves } from "./curves.ts";
import { featureMaps } from "./feature-maps.ts";
import { firing } from "./firing.ts";
import { gatesByClass } from "./gates-by-class.ts";
import { gradientNoise } from "./gradient-noise.ts";
import { method } from "./method.ts";
import { mistakes } from "./mistakes.ts";
import { predicted } from "./predicted.ts";
import { rasters } from "./rasters.ts";
import { results } from "./results.ts";
import { weights } from "./weights.ts";

/** The parts of a report, in the order of the page. */
export const blocks: readonly Block[] = [
  results,
  curves,
  predicted,
  firing,
  rasters,
  gatesByClass,
  confusion,
  calibration,
  mistakes,
  weights,
  featureMaps,
  gradientNoise,
  cost,
  method,
];
