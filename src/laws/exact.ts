import { continuation } from "../estimators/continuation.ts";
import type { Estimator, EstimatorState, Mode } from "../estimators/estimator.ts";
import {
  add,
  array,
  constant,
  evaluate,
  gradients,
  matmul,
  mul,
  type NdArray,
  reshape,
  sum,
  type Tensor,
  tanh,
} from "../graph/index.ts";
import { type Key, replayKey, sharedKey, tile } from "../random/index.ts";
import type { Axis } from "./axis.ts";
import { type Draw, drawsOf, sampleDrawsOf } from "./draws.ts";
import { initialState } from "./initial-state.ts";

/**
 * One layer: an estimator, and the quadrature over each draw of its noise: of one unit given its pre-activation, or of one example
 * (then `a` is 0).
 */
export interface Layer {
  readonly estimator: Estimator;
  readonly axis: (a: number, draw: Draw) => Axis;
}

/**
 * A small network, in double precision: a₀ = biases[0], aₗ₊₁ = hₗ weights[l] + biases[l+1], and the loss is a function of the last
 * a. With k layers there are k weights and k + 1 biases.
 */
export interface Network {
  readonly layers: readonly Layer[];
  readonly weights: readonly (readonly (readonly number[])[])[];
  readonly biases: Biases;
  /** [N, F] → [N] */
  readonly loss: (y: Tensor) => Tensor;
}
export type Biases = readonly (readonly number[])[];

/** Σ vᵢ tanh(yᵢ) + c: not linear in any unit, and not 0 on average. */
export const curvedLoss = (y: Tensor): Tensor =>
  add(sum(mul(tanh(y), constant(array([1.3, -0.7, 0.9].slice(0, y.shape[1]), { dtype: "float64" }))), 1), 0.8);

/** A point of the noise of all layers, and its probability. */
interface Point {
  readonly biases: Biases;
  readonly probability: number;
  readonly noise: readonly (readonly number[])[]; // one list a layer, draw after draw
}

/** Rows of numbers as a tensor, float64 [N, width]. */
export const matrix = (rows: readonly (readonly number[])[]): Tensor =>
  constant(array(rows, { shape: [rows.length, rows[0]!.length], dtype: "float64" }));

const rowsOf = ({ data, shape }: NdArray): number[][] =>
  Array.from({ length: shape[0]! }, (_, i) => [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)]);

/** Every combination of one node of each axis. */
const product = (axes: readonly Axis[]): { nodes: number[]; weight: number }[] =>
  axes.reduce<{ nodes: number[]; weight: number }[]>(
    (all, axis) =>
      all.flatMap(({ nodes, weight }) =>
        axis.nodes.map((node, i) => ({ nodes: [...nodes, node], weight: weight * axis.weights[i]! })),
      ),
    [{ nodes: [], weight: 1 }],
  );

/** Layer `l`'s noise at all points, given back by a key draw by draw. */
function keyFor(network: Network, points: readonly Point[], l: number, of: DrawsOf): Key {
  const noise = { uniform: [] as Tensor[], normal: [] as Tensor[] };
  let from = 0;
  for (const { kind, per, units } of of(network.layers[l]!.estimator, network.biases[l]!.length)) {
    const width = per === "unit" ? units : 1;
    const values = matrix(points.map((point) => point.noise[l]!.slice(from, from + width)));
    noise[kind].push(per === "unit" ? values : reshape(values, [points.length]));
    from += width;
  }
  return sharedKey(replayKey(noise), points.length);
}

/** Which of a layer's draws are integrated over: all of a step, or what its units sample. */
type DrawsOf = (estimator: Estimator, units: number) => readonly Draw[];

const preactivation = (network: Network, biases: readonly Tensor[], l: number, h?: Tensor): Tensor =>
  h ? add(matmul(h, matrix(network.weights[l - 1]!)), biases[l]!) : biases[l]!;

const biasTensors = (network: Network, points: readonly Point[]): Tensor[] =>
  network.biases.map((_, l) => matrix(points.map((point) => point.biases[l]!)));

/** The pre-activations of layer `end` when all earlier ones send what their units sample. */
function sampleUpTo(network: Network, points: readonly Point[], end: number, of: DrawsOf): Tensor {
  const biases = biasTensors(network, points);
  let a = preactivation(network, biases, 0);
  for (let l = 0; l < end; l++)
    a = preactivation(
      network,
      biases,
      l + 1,
      network.layers[l]!.estimator.unit.sample(a, keyFor(network, points, l, of)),
    );
  return a;
}

/** The noise space of the network for each of several settings of its biases: layer by layer, as cells depend on what came before. */
function pointsOf(network: Network, settings: readonly Biases[], of: DrawsOf): Point[] {
  let points: Point[] = settings.map((biases) => ({ biases, probability: 1, noise: [] }));
  network.layers.forEach(({ estimator, axis }, l) => {
    const draws = of(estimator, network.biases[l]!.length);
    const a = rowsOf(evaluate([sampleUpTo(network, points, l, of)])[0]!);
    const axesOf = (row: readonly number[]) =>
      draws.flatMap((draw) => (draw.per === "unit" ? row : [0]).map((x) => axis(x, draw)));
    points = points.flatMap((point, i) =>
      product(axesOf(a[i]!)).map(({ nodes, weight }) => ({
        biases: point.biases,
        probability: point.probability * weight,
        noise: [...point.noise, nodes],
      })),
    );
  });
  return points;
}

/** E[loss] over the units' noise for each setting of the biases. The estimators have no part in it. */
export function expectedLosses(network: Network, settings: readonly Biases[]): number[] {
  const points = pointsOf(network, settings, sampleDrawsOf);
  const loss = evaluate([network.loss(sampleUpTo(network, points, network.layers.length, sampleDrawsOf))])[0]!.data;
  const totals = new Map(settings.map((biases) => [biases, 0]));
  points.forEach(({ biases, probability }, i) => totals.set(biases, totals.get(biases)! + probability * loss[i]!));
  return settings.map((biases) => totals.get(biases)!);
}

const STEP = 0.008;
const STENCIL = [-1, 9, -45, 45, -9, 1].map((c) => c / 60);
const OFFSETS = [-3, -2, -1, 1, 2, 3];

/** ∂E[loss]/∂biases by central differences of sixth order of the exact expectation: good to about 1e-11. */
export function trueGradient(network: Network): number[][] {
  const settings = network.biases.map((row, l) =>
    row.map((_, i) =>
      OFFSETS.map((offset) =>
        network.biases.map((other, m) => other.map((x, j) => (m === l && j === i ? x + offset * STEP : x))),
      ),
    ),
  );
  const losses = expectedLosses(network, settings.flat(2));
  let next = 0;
  return settings.map((row) =>
    row.map((shifts) => shifts.reduce((d, _, k) => d + STENCIL[k]! * losses[next++]!, 0) / STEP),
  );
}

/** What the estimators say, over all of their noise. Lists are per layer and unit; the last is the loss's own biases. */
export interface Estimated {
  /** E[value of the loss] */
  readonly loss: number;
  /** E[ĝ] */
  readonly mean: number[][];
  /** E[ĝ²] */
  readonly square: number[][];
}

/** Runs the real estimators through the graph at every point of their noise, all points in one batch. */
export function expectedEstimate(network: Network, states: readonly (EstimatorState | undefined)[] = []): Estimated {
  const points = pointsOf(network, [network.biases], drawsOf);
  const biases = biasTensors(network, points);
  const rest = (l: number, h: Tensor | undefined, mode: Mode): Tensor => {
    const copies = (h?.shape[0] ?? points.length) / points.length;
    const a = preactivation(
      network,
      biases.map((b) => tile(b, copies)),
      l,
      h,
    );
    if (l === network.layers.length) return network.loss(a);
    const { estimator } = network.layers[l]!;
    const key = keyFor(network, points, l, drawsOf);
    if (mode === "detached") return rest(l + 1, estimator.unit.sample(a, key), mode);
    if (mode === "mean") return rest(l + 1, estimator.unit.readout(a), mode);
    const state = states[l] ?? initialState(estimator, a.shape[1]!);
    const downstream = continuation((sent, how) => rest(l + 1, sent, how), mode);
    return estimator.estimate(a, key, downstream, state).loss;
  };
  const loss = rest(0, undefined, "live");
  const [value, ...grads] = evaluate([loss, ...gradients(sum(loss), biases)]);
  const expected = (of: (i: number) => number) => points.reduce((t, { probability }, i) => t + probability * of(i), 0);
  const moments = (power: number) =>
    grads.map(({ data, shape: [, units = 0] }) =>
      Array.from({ length: units }, (_, j) => expected((i) => data[i * units + j]! ** power)),
    );
  return { loss: expected((i) => value!.data[i]!), mean: moments(1), square: moments(2) };
}
