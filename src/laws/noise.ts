/** The noise space of a small network: every combination of nodes of all draws, with its probability. */
import type { Estimator } from "../estimators/estimator.ts";
import { add, array, constant, evaluate, matmul, type NdArray, type Tensor } from "../graph/index.ts";
import { type Key, layerKey, replayKey } from "../random/index.ts";
import type { Axis } from "../statistics/quadrature.ts";
import { type Layout, sampleDrawsOf } from "./draws.ts";
import type { Biases, Network } from "./exact.ts";

/** A point of the noise of all layers, and its probability. */
export interface Point {
  /** Which of the settings of the biases it belongs to. */
  readonly setting: number;
  readonly probability: number;
  readonly noise: readonly (readonly number[])[]; // one list a layer, draw after draw
}

/** What a layer's noise is made of: given its pre-activations, an axis for each number, and what the numbers make it output. */
export interface Sampling {
  axes(row: readonly number[]): readonly Axis[];
  send(a: Tensor, noise: readonly (readonly number[])[]): Tensor;
}

/** Rows of numbers as a tensor, float64 [N, width]. */
export function matrix(rows: readonly (readonly number[])[]): Tensor {
  const width = rows[0]!.length;
  const data = new Float64Array(rows.length * width);
  rows.forEach((row, i) => data.set(row, i * width));
  return constant(array(data, { shape: [rows.length, width] }));
}

export function rowsOf({ data, shape }: NdArray): number[][] {
  const [length, width] = shape as [number, number];
  const rows: number[][] = [];
  for (let i = 0; i < length; i++) {
    const row: number[] = [];
    for (let j = 0; j < width; j++) row.push(data[i * width + j]!);
    rows.push(row);
  }
  return rows;
}

export const preactivation = (network: Network, biases: readonly Tensor[], l: number, h?: Tensor): Tensor =>
  h ? add(matmul(h, matrix(network.weights[l - 1]!)), biases[l]!) : biases[l]!;

/** The biases of each point as tensors [N, width], one a layer. */
export const biasTensors = (settings: readonly Biases[], points: readonly Point[]): Tensor[] =>
  settings[0]!.map((_, l) => matrix(points.map(({ setting }) => settings[setting]![l]!)));

/** The pre-activations of each layer up to `end` when all earlier ones send what the noise makes them send. */
export function sampleUpTo(
  network: Network,
  biases: readonly Tensor[],
  points: readonly Point[],
  end: number,
  samplings: readonly Sampling[],
): Tensor[] {
  const a = [preactivation(network, biases, 0)];
  for (let l = 0; l < end; l++) {
    const noise = points.map((point) => point.noise[l]!);
    a.push(preactivation(network, biases, l + 1, samplings[l]!.send(a[l]!, noise)));
  }
  return a;
}

/** The noise space for each of several settings of the biases: layer by layer, as cells depend on what came before. */
export function pointsOf(network: Network, settings: readonly Biases[], samplings: readonly Sampling[]): Point[] {
  let points: Point[] = settings.map((_, setting) => ({ setting, probability: 1, noise: [] }));
  samplings.forEach(({ axes }, l) => {
    const a = rowsOf(evaluate([sampleUpTo(network, biasTensors(settings, points), points, l, samplings)[l]!])[0]!);
    points = points.flatMap(({ setting, probability, noise }, i) =>
      product(axes(a[i]!)).map(({ nodes, weight }) => ({
        setting,
        probability: probability * weight,
        noise: [...noise, nodes],
      })),
    );
  });
  return points;
}

/** Every combination of one node of each axis. */
function product(axes: readonly Axis[]): { nodes: number[]; weight: number }[] {
  let all: { nodes: number[]; weight: number }[] = [{ nodes: [], weight: 1 }];
  for (const { nodes: more, weights } of axes) {
    const longer: typeof all = [];
    for (const { nodes, weight } of all)
      for (let i = 0; i < more.length; i++) longer.push({ nodes: [...nodes, more[i]!], weight: weight * weights[i]! });
    all = longer;
  }
  return all;
}

/** A key that gives a layer with pre-activations `a` [copies·N, H] its noise at N points, draw by draw, as a model's key gives it. */
export function keyFor(draws: readonly Layout[], noise: readonly (readonly number[])[], a: Tensor): Key {
  const held = { uniform: [] as Tensor[], normal: [] as Tensor[] };
  let from = 0;
  for (const { draw, units, fill } of draws) {
    const to = from + units.length;
    const { shape, data } = fill(noise.map((numbers) => numbers.slice(from, to)));
    held[draw.kind].push(constant(array(data, { shape })));
    from = to;
  }
  return layerKey(replayKey(held), a, noise.length);
}

/**
 * All of these draws of an estimator, each by the rule of its layer. What is sent is what its units sample with the first of the
 * numbers, those of the primary sample.
 */
export const sampling = (
  estimator: Estimator,
  draws: readonly Layout[],
  axis: Network["layers"][number]["axis"],
): Sampling => ({
  axes: (row) => draws.flatMap(({ draw, units }) => units.map((j) => axis(j === undefined ? 0 : row[j]!, draw))),
  send: (a, noise) => estimator.unit.sample(a, keyFor(sampleDrawsOf(estimator, a.shape[1]!), noise, a)),
});
