import type { Estimator } from "../estimators/estimator.ts";
import { bernoulli } from "../estimators/units/bernoulli.ts";

/**
 * Whether an estimator trains units that are 1 with probability σ(a): it outputs bits, or values between 0 and 1 in their place
 * that are read at test as the bits' probabilities.
 */
export const trainsBinaryUnits = ({ card, unit }: Estimator): boolean =>
  !card.categorical &&
  (unit === bernoulli || (card.family === "relaxation" && unit.stochastic && unit.readout === bernoulli.readout));
