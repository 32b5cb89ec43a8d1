import { continuation } from "../estimators/continuation.ts";
import type { Estimator, EstimatorState, Mode } from "../estimators/estimator.ts";
import { add, array, constant, evaluate, gradients, mul, sum, type Tensor, tanh } from "../graph/index.ts";
import { tile } from "../random/index.ts";
import type { Axis } from "../statistics/quadrature.ts";
import { type Draw, drawsOf } from "./draws.ts";
import { initialState } from "./initial-state.ts";
import { biasTensors, keyFor, pointsOf, preactivation, rowsOf, sampling } from "./noise.ts";

/**
 * One layer: an estimator, and the quadrature over each draw of its noise: of one unit given its pre-activation, or of one example
 * (then `a` is 0).
 */
export interface Layer {
  /** The estimator of the layer's units. */
  readonly estimator: Estimator;
  /** The quadrature over one draw, given the unit's pre-activation. */
  readonly axis: (a: number, draw: Draw) => Axis;
}

/**
 * A small network, in double precision: a₀ = biases[0], aₗ₊₁ = hₗ weights[l] + biases[l+1], and the loss is a function of the last
 * a. With k layers there are k weights and k + 1 biases.
 */
export interface Network {
  /** The layers, from first to last. */
  readonly layers: readonly Layer[];
  /** One matrix [from, to] for each layer: from its units to what comes next. */
  readonly weights: readonly (readonly (readonly number[])[])[];
  /** The first layer's pre-activations, then what is added behind each matrix. */
  readonly biases: Biases;
  /** [N, F] → [N] */
  readonly loss: (y: Tensor) => Tensor;
}
export type Biases = readonly (readonly number[])[];

/** Σ vᵢ tanh(yᵢ) + c: not linear in any unit, and not 0 on average. */
export const curvedLoss = (y: Tensor): Tensor =>
  add(sum(mul(tanh(y), constant(array([1.3, -0.7, 0.9].slice(0, y.shape[1]), { dtype: "float64" }))), 1), 0.8);

/** What the estimators say, over all of their noise. Lists are per layer and unit; the last is the loss's own biases. */
export interface Estimated {
  /** E[value of the loss] */
  readonly loss: number;
  /** E[ĝ] */
  readonly mean: number[][];
  /** E[ĝ²] */
  readonly square: number[][];
}

/** See `expectedEstimates`; with the network's own biases. */
export const expectedEstimate = (network: Network, states?: readonly (EstimatorState | undefined)[]): Estimated =>
  expectedEstimates(network, [network.biases], states)[0]!;

/**
 * Runs the real estimators through the graph at every point of their noise and for each setting of the biases, all points in one
 * batch, with the keys that layers have in a model.
 */
export function expectedEstimates(
  network: Network,
  settings: readonly Biases[],
  states: readonly (EstimatorState | undefined)[] = [],
): Estimated[] {
  const draws = network.layers.map(({ estimator }, l) => drawsOf(estimator, network.biases[l]!.length));
  const samplings = network.layers.map(({ estimator, axis }, l) => sampling(estimator, draws[l]!, axis));
  const points = pointsOf(network, settings, samplings);
  const noise = network.layers.map((_, l) => points.map((point) => point.noise[l]!));
  const biases = biasTensors(settings, points);
  const rest = (l: number, h: Tensor | undefined, mode: Mode): Tensor => {
    const copies = (h?.shape[0] ?? points.length) / points.length;
    const tiled = biases.map((b) => tile(b, copies));
    const a = preactivation(network, tiled, l, h);
    if (l === network.layers.length) return network.loss(a);
    const { estimator } = network.layers[l]!;
    const key = keyFor(draws[l]!, noise[l]!, a);
    if (mode === "detached") return rest(l + 1, estimator.unit.sample(a, key), mode);
    if (mode === "mean") return rest(l + 1, estimator.unit.readout(a), mode);
    const state = states[l] ?? initialState(estimator, a.shape[1]!);
    const downstream = continuation((sent, how) => rest(l + 1, sent, how), mode);
    return estimator.estimate(a, key, downstream, state).loss;
  };
  const loss = rest(0, undefined, "live");
  const [value, ...grads] = evaluate([loss, ...gradients(sum(loss), biases)]);
  const rows = grads.map(rowsOf);
  const expected = (setting: number, of: (i: number) => number) =>
    points.reduce((t, point, i) => (point.setting === setting ? t + point.probability * of(i) : t), 0);
  return settings.map((given, s) => {
    const moments = (power: number) =>
      given.map((row, l) => row.map((_, j) => expected(s, (i) => rows[l]![i]![j]! ** power)));
    return { loss: expected(s, (i) => value!.data[i]!), mean: moments(1), square: moments(2) };
  });
}

export { matrix } from "./noise.ts";
export { expectedLosses, trueGradient, trueGradients } from "./truth.ts";
