import { lab } from "./lab.ts";
import type { Load } from "./load.ts";
import { pools } from "./pools.ts";
import { predictions } from "./predictions.ts";
import { stepsOn } from "./steps.ts";
import { trainings } from "./trainings.ts";

/** Every load, in the order in which they run. */
export const loads: readonly Load[] = [stepsOn("native"), stepsOn("wasm"), trainings, predictions, lab, pools];
