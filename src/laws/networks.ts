import { exact } from "../estimators/exact.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import { sum } from "../graph/index.ts";
import { key as keyOf } from "../random/key.ts";
import { cells, once } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { type Biases, curvedLoss, type Layer, matrix, type Network } from "./exact.ts";
import { initialState } from "./initial-state.ts";
import type { Subject } from "./law.ts";

const cut = (rows: readonly (readonly number[])[], n: number, m: number) =>
  rows.slice(0, n).map((row) => row.slice(0, m));

const INTO_LOSS = [
  [0.9, -1.4, 0.5],
  [-0.6, 0.8, 1.7],
  [1.2, 0.3, -0.8],
];
/** Two units' part of the weights. */
export const INTO_LOSS_OF_TWO = INTO_LOSS.slice(0, 2);
const BETWEEN = [
  [1.1, -0.7],
  [-1.6, 0.4],
];
const FIRST = [0.7, -1.2, 0.4];
const SECOND = [0.3, -0.5];
const LAST = [0.2, -0.3, 0.1];

/** Pre-activations of one layer whose units are nearly certain: of as many units as the subject's noise allows. */
const SATURATED: Readonly<Record<Subject["units"], readonly (readonly number[])[]>> = {
  1: [[3.5], [-10]],
  2: [
    [3.5, -3.5],
    [-10, 9],
    [0.4, 10],
  ],
  3: [
    [3.5, -3.5, 10],
    [-10, 0.4, -3.5],
    [10, 9, -0.2],
  ],
};
/** So certain that its noise makes no difference, and needs no nodes from half of it on. */
const CERTAIN = 60;
const spared = ({ estimator, axis }: Layer): Layer => ({
  estimator,
  axis: (a, draw) => (draw.per === "unit" && Math.abs(a) > CERTAIN / 2 ? once : axis(a, draw)),
});

/** One layer of units and a loss that isn't linear in any of them. */
export const oneLayer = (layer: Layer, units: number): Network => ({
  layers: [layer],
  weights: [cut(INTO_LOSS, units, 3)],
  biases: [FIRST.slice(0, units), LAST],
  loss: curvedLoss,
});

/** A network and several settings of its biases. */
interface Family {
  readonly network: Network;
  readonly settings: readonly Biases[];
}

/**
 * Other layers that an unbiased estimator is unbiased in: of other numbers of units, and of units that are nearly certain. Where the
 * noise of one unit takes hundreds of nodes, further units are so certain that theirs takes none.
 */
export function furtherLayers(subject: Subject): Family[] {
  const { units } = subject;
  const family = (layer: Layer, rows: readonly (readonly number[])[]): Family => ({
    network: oneLayer(layer, rows[0]!.length),
    settings: rows.map((row) => [row, LAST]),
  });
  // Units that compete are at least as many as are chosen.
  const competes = subject.estimator.card.family === "selection";
  const narrower = Array.from({ length: competes ? 0 : units - 1 }, (_, i) => family(subject, [FIRST.slice(0, i + 1)]));
  const wider = units === 1 ? [family(spared(subject), [[FIRST[0]!, -CERTAIN, -CERTAIN]])] : [];
  return [...narrower, ...wider, family(subject, SATURATED[units])];
}

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
  cells([sigmoid(a), ...patterns.map((bits) => sigmoid(SECOND[0]! + dot(bits, 0)))]);

/** Whether a step asks for the loss of anything but what it is trained on, without a gradient: later layers then sample. */
function samplesLater(estimator: Subject["estimator"], units: number): boolean {
  let found = false;
  const a = matrix([Array.from({ length: units }, () => 0.3)]);
  estimator.estimate(
    a,
    keyOf(0),
    (h, mode) => {
      found ||= mode === "detached";
      return sum(h, 1);
    },
    initialState(estimator, units),
  );
  return found;
}

/**
 * The layer behind one that is tested, and its units. One that calls the downstream network with other patterns than the sampled one
 * makes what is sent piecewise constant between the probabilities that all of them give; one that calls it between the patterns needs a
 * rest that is smooth, which enumeration is.
 */
export function behind({ estimator, units }: Subject): { layer: Layer; units: number } {
  if (estimator.card.passes === 1) return { layer: companion, units: 2 };
  if (!estimator.card.readsPath) return { layer: { ...companion, axis: anyPattern }, units: 1 };
  // Enumeration doesn't depend on its draws: the least rule that is exact for what is sampled will do, or none.
  const drawn = samplesLater(estimator, units);
  return { layer: { estimator: exact, axis: drawn ? companion.axis : () => once }, units: units === 1 ? 1 : 2 };
}
