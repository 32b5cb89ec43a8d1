import {
  add,
  evaluate,
  gradients,
  matmul,
  mul,
  reshape,
  stopGradient,
  sum,
  type Tensor,
  tanh,
} from "../../../graph/index.ts";
import { matrix } from "../../../laws/exact.ts";
import { type Key, replayKey } from "../../../random/index.ts";
import type { Downstream, Estimator } from "../../estimator.ts";

/** A pattern that a layer can send, and uniform draws that make it win its races. */
export interface Outcome {
  readonly sent: readonly number[]; //      [H], one-hot in each variable
  readonly uniforms: readonly number[]; //  [H]
}

/** Gumbels of 20.7 and −3: a class that gets the first wins whatever the logits are, up to differences of 23. */
const [WINS, LOSES] = [1 - 1e-9, 1e-9];

/** All C^N patterns of a layer of N = units / classes variables. */
export const outcomes = (units: number, classes: number): Outcome[] =>
  Array.from({ length: classes ** (units / classes) }, (_, k) => {
    const sent = Array.from({ length: units }, (_, i) => {
      const variable = Math.floor(i / classes);
      return Number(Math.floor(k / classes ** variable) % classes === i % classes);
    });
    return { sent, uniforms: sent.map((bit) => (bit ? WINS : LOSES)) };
  });

/** Every list of `length` of the values. */
export const tuples = <T>(values: readonly T[], length: number): T[][] =>
  length === 0 ? [[]] : tuples(values, length - 1).flatMap((rest) => values.map((value) => [...rest, value]));

/** softmax of each variable's logits, written out. */
export const probabilities = (a: readonly number[], classes: number): number[] =>
  a.map((x, i) => {
    const from = i - (i % classes);
    return 1 / a.slice(from, from + classes).reduce((total, other) => total + Math.exp(other - x), 0);
  });

const probability = (a: readonly number[], { sent }: Outcome, classes: number): number =>
  probabilities(a, classes).reduce((product, p, i) => (sent[i] ? product * p : product), 1);

/** A layer of one-hot units: its estimator, its classes, and how many samples it draws in a step. */
export interface Layer {
  readonly estimator: Estimator;
  readonly classes: number;
  readonly samples: number;
}

/** As in the binary laws: a₀ = biases[0], aₗ₊₁ = hₗ weights[l] + biases[l + 1], and the loss is a function of the last a. */
export interface Network {
  readonly layers: readonly Layer[];
  readonly weights: readonly (readonly (readonly number[])[])[];
  readonly biases: Biases;
  readonly loss: (y: Tensor) => Tensor; // [B, F] → [B]
}
type Biases = readonly (readonly number[])[];

/** Σ vᵢ tanh(yᵢ) + c, for two y: not at most quadratic in anything, and not 0 on average. */
export const curvedLoss = (y: Tensor): Tensor => add(sum(mul(tanh(y), matrix([[1.3, -0.7]])), 1), 0.8);

interface Point {
  readonly probability: number;
  readonly drawn: readonly (readonly Outcome[])[]; // of each layer, one outcome a sample
}

const affine = (sent: readonly number[], weights: readonly (readonly number[])[], bias: readonly number[]): number[] =>
  bias.map((b, j) => sent.reduce((total, bit, i) => total + bit * weights[i]![j]!, b));

/** All that can happen in the network when each layer draws `samples(layer)` outcomes and outputs the first of them on. */
function points(network: Network, biases: Biases, samples: (layer: Layer) => number): Point[] {
  let all: (Point & { readonly a: readonly number[] })[] = [{ probability: 1, drawn: [], a: biases[0]! }];
  network.layers.forEach((layer, l) => {
    all = all.flatMap(({ probability: before, drawn, a }) =>
      tuples(outcomes(a.length, layer.classes), samples(layer)).map((several) => ({
        probability: several.reduce((product, outcome) => product * probability(a, outcome, layer.classes), before),
        drawn: [...drawn, several],
        a: affine(several[0]!.sent, network.weights[l]!, biases[l + 1]!),
      })),
    );
  });
  return all;
}

/** E[loss] over what the units output; the estimators have no part in it. */
function expectedLoss(network: Network, biases: Biases): number {
  const all = points(network, biases, () => 1);
  const last = network.layers.length - 1;
  const y = all.map(({ drawn }) => affine(drawn[last]![0]!.sent, network.weights[last]!, biases[last + 1]!));
  const loss = evaluate([network.loss(matrix(y))])[0]!.data;
  return all.reduce((total, point, i) => total + point.probability * loss[i]!, 0);
}

const STEP = 0.008;
const STENCIL = [45, -9, 1].map((c) => c / 60);

/** ∂E[loss]/∂biases by central differences of sixth order: good to about 1e-11. */
export const trueGradient = (network: Network): number[][] =>
  network.biases.map((row, l) =>
    row.map((_, i) => {
      const at = (offset: number) =>
        expectedLoss(
          network,
          network.biases.map((other, m) => other.map((x, j) => (m === l && j === i ? x + offset : x))),
        );
      return STENCIL.reduce((d, c, k) => d + c * (at((k + 1) * STEP) - at(-(k + 1) * STEP)), 0) / STEP;
    }),
  );

/** What the estimators say, over all that can happen. Lists are per layer and unit; the last is the loss's own biases. */
export interface Estimated {
  readonly loss: number;
  readonly mean: number[][];
  readonly square: number[][];
}

/**
 * Runs the estimators at every point of their noise, all points in one batch. Exact for estimates that depend on the noise through the
 * outcomes alone; only the last layer may call the rest more than once.
 */
export function expectedEstimate(network: Network): Estimated {
  const all = points(network, network.biases, ({ samples }) => samples);
  const biases = network.biases.map((row) => matrix(all.map(() => row)));
  const from = (l: number): Downstream => {
    if (l === network.layers.length) return (h) => network.loss(affineOf(h, l));
    const { estimator, samples } = network.layers[l]!;
    const uniform = Array.from({ length: samples }, (_, k) => matrix(all.map(({ drawn }) => drawn[l]![k]!.uniforms)));
    const key: Key = replayKey({ uniform });
    return (h) => estimator.estimate(affineOf(h, l), key, from(l + 1), {}).loss;
  };
  const affineOf = (h: Tensor, l: number): Tensor => {
    if (l === 0) return biases[0]!;
    const copies = h.shape[0]! / all.length;
    const product = reshape(matmul(h, matrix(network.weights[l - 1]!)), [copies, ...biases[l]!.shape]);
    return reshape(add(product, biases[l]!), [h.shape[0]!, biases[l]!.shape[1]!]);
  };
  const loss = from(0)(stopGradient(biases[0]!));
  const [value, ...found] = evaluate([loss, ...gradients(sum(loss), biases)]);
  const expected = (of: (i: number) => number) => all.reduce((t, point, i) => t + point.probability * of(i), 0);
  const moments = (power: number) =>
    found.map(({ data, shape: [, units = 0] }) =>
      Array.from({ length: units }, (_, j) => expected((i) => data[i * units + j]! ** power)),
    );
  return { loss: expected((i) => value!.data[i]!), mean: moments(1), square: moments(2) };
}
