import { sigmoid } from "../../graph/index.ts";
import type { Unit } from "../estimator.ts";

/**
 * The binary stochastic neuron: h = 1[u < σ(a)], u uniform on [0, 1), so that P(h = 1) = E[h] = σ(a).
 * No gradient flows through `sample`.
 */
export const bernoulli: Unit = {
  sample: (a, key) => key.bernoulli(sigmoid(a)),
  readout: sigmoid,
  rate: sigmoid,
  stochastic: true,
};
