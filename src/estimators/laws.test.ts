/** The laws that every row of the table obeys: a new estimator is tested the moment it is registered. */
import { expect, test } from "vitest";
import {
  add,
  array,
  constant,
  type DType,
  evaluate,
  matmul,
  mul,
  type NdArray,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  zerosLike,
} from "../graph/index.ts";
import { cells } from "../laws/axis.ts";
import { curvedLoss, expectedEstimate, type Layer, matrix, type Network, trueGradient } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { key } from "../random/index.ts";
import { countOf } from "./count.ts";
import type { Downstream, Estimator } from "./estimator.ts";
import { estimatorRow } from "./index.ts";
import { isSmooth, type Variant, variants } from "./testing/variants.ts";

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
const slice = (rows: readonly (readonly number[])[], n: number, m: number) =>
  rows.slice(0, n).map((row) => row.slice(0, m));

const INTO_LOSS = [
  [0.9, -1.4, 0.5],
  [-0.6, 0.8, 1.7],
];
const BETWEEN = [
  [1.1, -0.7],
  [-1.6, 0.4],
];

const oneLayer = (layer: Layer, units = 2): Network => ({
  layers: [layer],
  weights: [slice(INTO_LOSS, units, 3)],
  biases: [[0.7, -1.2].slice(0, units), [0.2, -0.3, 0.1]],
  loss: curvedLoss,
});

/** The score function with the least quadrature that is exact for it: it stands before and behind the others. */
const companion: Layer = { estimator: estimatorRow("score-function")(), axis: (a) => cells([sigmoid(a)]) };

/**
 * The same behind a layer that may call the rest of the network with any pattern of two bits, and not only with the one that was
 * sampled: what it sends is piecewise constant between the probabilities that all of them give.
 */
const behindAnyPattern: Layer = {
  estimator: companion.estimator,
  axis: (a) => cells([sigmoid(a), ...ALL_PATTERNS.flatMap((bits) => BEHIND.map((b, j) => sigmoid(b + dot(bits, j))))]),
};
const ALL_PATTERNS = [0, 1, 2, 3].map((k) => [k & 1, k >> 1]);
const BEHIND = [0.3, -0.5];
const dot = (bits: readonly number[], j: number) => bits.reduce((t, bit, i) => t + bit * BETWEEN[i]![j]!, 0);

const stack = (layers: readonly [Layer, Layer], units: readonly [number, number]): Network => ({
  layers,
  weights: [slice(BETWEEN, ...units), slice(INTO_LOSS, units[1], 3)],
  biases: [[0.7, -1.2].slice(0, units[0]), BEHIND.slice(0, units[1]), [0.2, -0.3, 0.1]],
  loss: curvedLoss,
});

const close = (
  received: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  within = 1e-9,
): void => {
  expect(received.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  received.forEach((row, l) =>
    row.forEach((x, i) => {
      const wanted = expected[l]![i]!;
      expect(Math.abs(x - wanted), `layer ${l}, unit ${i}: ${x} instead of ${wanted}`).toBeLessThan(within);
    }),
  );
};

const finite = ({ data }: NdArray): boolean => [...data].every(Number.isFinite);

const weights = (dtype: DType): Tensor => constant(array(INTO_LOSS, { dtype }));
const plain: Downstream = (h) => sum(tanh(matmul(h, weights(h.dtype))), 1);
const A = [
  [0.3, -0.8],
  [1.9, 0.1],
];

for (const variant of variants) {
  const { label, name, estimator, options } = variant;
  const { card, unit } = estimator;
  const law = (title: string, f: () => void) => test(`${label}: ${title}`, f);
  const units = isSmooth(variant) ? 1 : 2;
  const only = { ...variant };

  law("its card carries its name, a formula and an address, and its numbers are those of a step", () => {
    expect(card.name).toBe(name);
    expect(card.formula.length).toBeGreaterThan(0);
    if (card.family !== "exact") expect(card.source).toMatch(/\d{4}/);
    const rows = { live: 0, path: 0, detached: 0 };
    step(estimator, matrix(A), (h, mode = "live") => {
      expect([h.shape[1], h.dtype, h.shape[0]! % 2]).toEqual([2, "float64", 0]);
      rows[mode] += h.shape[0]! / 2;
      return plain(h);
    });
    const sizes = { samples: Number(options.samples ?? 1), units: 2 };
    expect(rows.live + rows.path + rows.detached).toBe(countOf(card.passes, sizes));
    expect(rows.live + rows.path).toBe(options.live === "all" ? sizes.samples : countOf(card.backward, sizes));
  });

  if (name !== "exact")
    law("the loss is that of what the unit samples with the same key", () => {
      const a = matrix(A);
      const sampled = evaluate([plain(unit.sample(a, key(7)))])[0]!;
      expect(step(estimator, a, plain).loss).toEqual(sampled);
    });

  law("the same key gives the same twice", () => {
    expect(step(estimator, matrix(A), plain)).toEqual(step(estimator, matrix(A), plain));
  });

  law(unit.stochastic ? "another key gives another sample" : "its sample is its readout", () => {
    const wide = matrix(Array.from({ length: 20 }, () => [0.3, 0.8]));
    const [one, other, readout] = evaluate([unit.sample(wide, key(1)), unit.sample(wide, key(2)), unit.readout(wide)]);
    if (unit.stochastic) expect(one).not.toEqual(other);
    else expect(one).toEqual(readout);
  });

  for (const dtype of ["float32", "float64"] as const)
    for (const size of [40, 400])
      law(`finite in ${dtype} where |a| is ${size}`, () => {
        const a = constant(array([[size, -size], [-size, 0]], { dtype })); // biome-ignore format: a table
        const { loss, gradient, state } = step(estimator, a, plain);
        const shown = [unit.sample(a, key(3)), unit.readout(a), unit.rate?.(a) ?? zerosLike(a)];
        for (const values of [loss, gradient, ...Object.values(state), ...evaluate(shown)])
          expect(finite(values), String(values)).toBe(true);
        expect([loss.dtype, gradient.dtype]).toEqual([dtype, dtype]);
      });

  law("an example's gradient is its own: it doesn't depend on the others in the batch", () => {
    // The noise of a batch's first row is that of a batch of one.
    const both = step(estimator, matrix(A), plain);
    const [first, other] = [step(estimator, matrix([A[0]!]), plain), step(estimator, matrix([A[0]!, [9, -9]]), plain)];
    for (const { loss, gradient } of [both, other]) {
      expect(loss.data[0]).toBeCloseTo(first.loss.data[0]!, 12);
      expect(gradient.data[0]).toBeCloseTo(first.gradient.data[0]!, 12);
      expect(gradient.data[1]).toBeCloseTo(first.gradient.data[1]!, 12);
    }
  });

  law("a loss that ignores the units gives no gradient, sample by sample or on average as the card says", () => {
    const network = { ...oneLayer(only, units), loss: (y: Tensor) => add(mul(sum(stopGradient(y), 1), 0), 3) };
    const { mean, square } = expectedEstimate(network);
    close([mean[0]!], [mean[0]!.map(() => 0)], 1e-12);
    if (!card.readsLoss) expect(square[0]).toEqual(square[0]!.map(() => 0));
  });

  law("the expected loss is that of the units' samples", () => {
    const network = oneLayer(only, units);
    const sampled = { ...network, layers: [{ ...variant, estimator: { ...estimator, estimate: sampling(variant) } }] };
    expect(expectedEstimate(network).loss).toBeCloseTo(expectedEstimate(sampled).loss, 11);
  });

  if (unit.rate)
    law("its rate is the probability that it isn't 0", () => {
      const { rate } = moments(variant);
      const within = options.noise === "gaussian" ? 2e-7 : 1e-12; // Φ is a fit in single precision
      close([evaluate([unit.rate!(matrix([POINTS]))]).flatMap(({ data }) => [...data])], [rate], within);
    });

  if (card.name !== "noisy-sigmoid" && options.readout !== "noise-free")
    law("its readout is the mean of what it sends", () => {
      const within = options.noise === "gaussian" && options.injection === "additive" ? 3e-7 : 1e-12;
      close([[...evaluate([unit.readout(matrix([POINTS]))])[0]!.data]], [moments(variant).mean], within);
    });

  if (name !== "as-if-deterministic")
    law("the rest of the network gets the gradient of the expected loss", () => {
      const network = oneLayer(only, units);
      close(expectedEstimate(network).mean.slice(1), trueGradient(network).slice(1));
    });

  law(
    card.unbiased ? "its mean over the noise is the gradient of the expected loss" : "biased, as its card says",
    () => {
      const network = oneLayer(only, units);
      const [mean, truth] = [expectedEstimate(network).mean, trueGradient(network)];
      if (card.unbiased) close(mean, truth);
      else expect(() => close([mean[0]!], [truth[0]!], 1e-3)).toThrow();
    },
  );

  if (card.unbiased)
    for (const [place, layers, sizes] of [
      ["in front of another", [only, name === "exact" ? behindAnyPattern : companion], [units, 2]],
      ["behind another", [companion, only], [2, units]],
    ] as const)
      law(`unbiased ${place} stochastic layer, for both layers`, () => {
        const network = stack(layers, sizes);
        close(expectedEstimate(network).mean, trueGradient(network));
      });
}

/** The estimate that only sends the unit's sample on. */
const sampling =
  ({ estimator: { unit } }: Variant): Estimator["estimate"] =>
  (a, k, downstream, state) => ({ loss: downstream(unit.sample(a, k)), state });

const POINTS = [-3.1, -0.4, 0.6, 2.3];

/** E[h] and P(h ≠ 0) of one unit at each of POINTS, by quadrature over its noise. */
function moments(variant: Variant): { mean: number[]; rate: number[] } {
  const of = (loss: Network["loss"]) =>
    POINTS.map((a) => {
      const layer = { ...variant, estimator: { ...variant.estimator, estimate: sampling(variant) } };
      return expectedEstimate({ layers: [layer], weights: [[[1]]], biases: [[a], [0]], loss }).loss;
    });
  return { mean: of((h) => sum(h, 1)), rate: of((h) => sum(h.notEqual(0), 1)) };
}
