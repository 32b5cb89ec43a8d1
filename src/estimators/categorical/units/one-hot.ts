import { softmax, type Tensor } from "../../../graph/index.ts";
import type { Unit } from "../../estimator.ts";
import { race, winners } from "../race.ts";
import { flat, variables } from "../variables.ts";

/** softmax(a) for each variable. [B, H] → [B, H] */
const probabilities =
  (classes: number) =>
  (a: Tensor): Tensor =>
    flat(softmax(variables(a, classes)));

/**
 * One-hot variables of `classes` classes each: a layer outputs a 1 for the class of each variable that wins a race of Gumbels, which is
 * class c with probability softmax(a)_c, and 0 for the others. No gradient flows through `sample`.
 */
export const oneHotUnit = (classes: number): Unit => ({
  sample: (a, key) => flat(winners(race(a, key, classes))),
  readout: probabilities(classes),
  rate: probabilities(classes),
  stochastic: true,
  classes,
});
