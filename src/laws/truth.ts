/** The expected loss of a small network and its gradient. The estimators have no part in them. */

import { bernoulli } from "../estimators/units/bernoulli.ts";
import { evaluate, gradients, sum } from "../graph/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { sampleDrawsOf } from "./draws.ts";
import type { Biases, Network } from "./exact.ts";
import { biasTensors, matrix, pointsOf, rowsOf, type Sampling, sampleUpTo, sampling } from "./noise.ts";

/** What binary units output is listed, with probabilities σ(±a); other units sample, and their noise is integrated over. */
const samplingsOf = (network: Network): Sampling[] =>
  network.layers.map(({ estimator, axis }, l): Sampling => {
    if (estimator.unit !== bernoulli)
      return sampling(estimator, sampleDrawsOf(estimator, network.biases[l]!.length), axis);
    return {
      axes: (row) => row.map((a) => ({ nodes: [1, 0], weights: [sigmoid(a), sigmoid(-a)] })),
      send: (_, bits) => matrix(bits),
    };
  });

/** E[loss] over the units' noise for each setting of the biases. */
export const expectedLosses = (network: Network, settings: readonly Biases[]): number[] =>
  losses(network, settings).expected;

function losses(network: Network, settings: readonly Biases[]) {
  const samplings = samplingsOf(network);
  const points = pointsOf(network, settings, samplings);
  const biases = biasTensors(settings, points);
  const a = sampleUpTo(network, biases, points, network.layers.length, samplings);
  const loss = network.loss(a.at(-1)!);
  const [values, slopes, ...before] = evaluate([loss, gradients(sum(loss), [biases.at(-1)!])[0]!, ...a.slice(0, -1)]);
  const expected = settings.map(() => 0);
  points.forEach(({ setting, probability }, i) => (expected[setting]! += probability * values!.data[i]!));
  return { points, expected, values: values!.data, slopes: rowsOf(slopes!), a: before.map(rowsOf) };
}

const STEP = 0.008;
const STENCIL = [-1, 9, -45, 45, -9, 1].map((c) => c / 60);
const OFFSETS = [-3, -2, -1, 1, 2, 3];

/** ∂E[loss]/∂biases; see `trueGradients`. */
export const trueGradient = (network: Network): number[][] => trueGradients(network, [network.biases])[0]!;

/**
 * ∂E[loss]/∂biases for each setting of the biases. For binary units it is Σ P(b) L(b) (b − σ(a)), to a rounding of each unit's own
 * gradient however certain the unit is; for others central differences of sixth order of the expectation, good to about 1e-11.
 */
export function trueGradients(network: Network, settings: readonly Biases[]): number[][][] {
  const moved: Biases[] = [];
  const shifts = settings.map((biases) =>
    network.layers.map(({ estimator }, l) =>
      estimator.unit === bernoulli
        ? []
        : biases[l]!.map((_, i) =>
            OFFSETS.map((offset) => {
              const shift = (row: readonly number[]) => row.map((x, j) => (j === i ? x + offset * STEP : x));
              return settings.length - 1 + moved.push(biases.map((row, m) => (m === l ? shift(row) : row)));
            }),
          ),
    ),
  );
  const { points, expected, values, slopes, a } = losses(network, [...settings, ...moved]);
  const found = settings.map((biases, s) =>
    biases.map((row, l) =>
      row.map((_, i) =>
        (shifts[s]![l]?.[i] ?? []).reduce((d, shifted, k) => d + (STENCIL[k]! * expected[shifted]!) / STEP, 0),
      ),
    ),
  );
  points.forEach(({ setting, probability, noise }, n) => {
    const into = found[setting];
    if (!into) return;
    into.at(-1)!.forEach((_, i, last) => (last[i]! += probability * slopes[n]![i]!));
    network.layers.forEach(({ estimator }, l) => {
      if (estimator.unit !== bernoulli) return;
      const row = into[l]!;
      noise[l]!.forEach(
        (bit, i) => (row[i]! += probability * values[n]! * (bit ? sigmoid(-a[l]![n]![i]!) : -sigmoid(a[l]![n]![i]!))),
      );
    });
  });
  return found;
}
