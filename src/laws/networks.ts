import { exact } from "../estimators/exact.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import { cells } from "./axis.ts";
import { curvedLoss, type Layer, type Network } from "./exact.ts";
import type { Subject } from "./law.ts";

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
const cut = (rows: readonly (readonly number[])[], n: number, m: number) =>
  rows.slice(0, n).map((row) => row.slice(0, m));

export const INTO_LOSS = [
  [0.9, -1.4, 0.5],
  [-0.6, 0.8, 1.7],
];
const BETWEEN = [
  [1.1, -0.7],
  [-1.6, 0.4],
];
const FIRST = [0.7, -1.2];
const SECOND = [0.3, -0.5];
const LAST = [0.2, -0.3, 0.1];

/** One layer of units and a loss that isn't linear in any of them. */
export const oneLayer = (layer: Layer, units: number): Network => ({
  layers: [layer],
  weights: [cut(INTO_LOSS, units, 3)],
  biases: [FIRST.slice(0, units), LAST],
  loss: curvedLoss,
});

/** Two layers of units, and the same loss. */
export const stack = (layers: readonly [Layer, Layer], units: readonly [number, number]): Network => ({
  layers,
  weights: [cut(BETWEEN, ...units), cut(INTO_LOSS, units[1], 3)],
  biases: [FIRST.slice(0, units[0]), SECOND.slice(0, units[1]), LAST],
  loss: curvedLoss,
});

/** The score function with the least quadrature that is exact for it: it stands before and behind the others. */
export const companion: Layer = { estimator: scoreFunction, axis: (a) => cells([sigmoid(a)]) };

const patterns = [0, 1, 2, 3].map((k) => [k & 1, k >> 1]);
const dot = (bits: readonly number[], j: number) => bits.reduce((t, bit, i) => t + bit * BETWEEN[i]![j]!, 0);
const anyPattern: Layer["axis"] = (a) =>
  cells([sigmoid(a), ...patterns.flatMap((bits) => SECOND.map((b, j) => sigmoid(b + dot(bits, j))))]);

/**
 * The layer behind one that is tested. One that calls the rest of the network with other patterns than the sampled one makes what is
 * sent piecewise constant between the probabilities that all of them give; one that calls it between the patterns needs a rest
 * that is smooth, which enumeration is.
 */
export function behind({ estimator: { card } }: Subject): Layer {
  if (card.passes === 1) return companion;
  // Enumeration doesn't depend on its draws: the least rule that is exact for what is sampled will do.
  return card.readsPath ? { ...companion, estimator: exact } : { ...companion, axis: anyPattern };
}
