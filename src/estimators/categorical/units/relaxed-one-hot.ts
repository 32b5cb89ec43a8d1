import { div, softmax } from "../../../graph/index.ts";
import type { Unit } from "../../estimator.ts";
import { race } from "../race.ts";
import { flat } from "../variables.ts";
import { oneHotUnit } from "./one-hot.ts";

/**
 * The Gumbel-softmax (Concrete) distribution: each variable sends softmax((a + G)/τ), positive numbers that sum to 1 and come near a
 * one-hot vector as τ falls. Its readout is softmax(a), the mean of the one-hot variable that it stands for.
 */
export const relaxedOneHotUnit = (classes: number, temperature: number): Unit => ({
  sample: (a, key) => flat(softmax(div(race(a, key, classes), temperature))),
  readout: oneHotUnit(classes).readout,
  stochastic: true,
  classes,
});
