import fc from "fast-check";
import { expect, test } from "vitest";
import { constant, evaluate, mul, NdArray, sum, type Tensor } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { key as keyOf, replayKey } from "../random/index.ts";
import { normalDistribution } from "../statistics/normal.ts";
import { gaussian } from "../statistics/quadrature.ts";
import { topK } from "./top-k.ts";

const noKey = keyOf(0);
const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const weights = (a: readonly number[]): number[] => {
  const e = a.map(Math.exp);
  const total = e.reduce((t, x) => t + x, 0);
  return e.map((x) => x / total);
};
const a = [0.3, -1, 2, 0.9];

/** Σ vᵢ hᵢ² + (Σ h)² */
const v = a.map((_, i) => 1.5 + Math.sin(i));
const rest = (h: Tensor): Tensor => sum(mul(mul(h, h), matrix([v])).add(mul(h, h.sum(1, { keep: true }))), 1);

test("top-k: outputs the softmax of all, of the chosen, σ, or 1, for the chosen alone", () => {
  const all = weights(a);
  const sent = (value: "softmax" | "renormalised" | "sigmoid" | "one") =>
    numbers(topK({ k: 2, value }).unit.sample(matrix([a]), noKey));
  const chosen = weights([2, 0.9]);
  const expected = {
    softmax: [0, 0, all[2]!, all[3]!],
    renormalised: [0, 0, chosen[0]!, chosen[1]!],
    sigmoid: [0, 0, 1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(-0.9))],
    one: [0, 0, 1, 1],
  };
  for (const [value, wanted] of Object.entries(expected))
    sent(value as keyof typeof expected).forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 14));
});

test("top-k: exactly k are open, among equals the first, for any pre-activations", () => {
  const rows = fc.integer({ min: 1, max: 9 }).chain((n) =>
    fc.record({
      row: fc.array(fc.constantFrom(-1, 0, 0.5, 3), { minLength: n, maxLength: n }),
      k: fc.integer({ min: 1, max: n }),
      value: fc.constantFrom("softmax" as const, "renormalised" as const, "sigmoid" as const, "one" as const),
    }),
  );
  fc.assert(
    fc.property(rows, ({ row, k, value }) => {
      const { unit } = topK({ k, value });
      const order = row.map((x, i) => ({ x, i })).sort((p, q) => q.x - p.x || p.i - q.i);
      const open = new Set(order.slice(0, k).map(({ i }) => i));
      const wanted = row.map((_, i) => Number(open.has(i)));
      expect(numbers(unit.sample(matrix([row]), noKey)).map((h) => Number(h !== 0))).toEqual(wanted);
      expect(numbers(unit.rate!(matrix([row])))).toEqual(wanted);
    }),
    { seed: 3 },
  );
});

test("top-k: between two changes of the choice the gradient is that of what is sent, by finite differences", () => {
  for (const value of ["softmax", "renormalised", "sigmoid"] as const)
    for (const k of [1, 2, 3]) {
      const estimator = topK({ k, value });
      const { gradient } = step(estimator, matrix([a]), rest);
      a.forEach((_, i) => {
        const at = (d: number) => step(estimator, matrix([a.with(i, a[i]! + d)]), rest).loss.item();
        expect(gradient.data[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8);
      });
    }
});

test("top-k: with value one the open units' derivatives are copied, the closed get nothing", () => {
  // h = (0, 0, 1, 1): ∂/∂hᵢ of Σ vᵢhᵢ² + (Σ h)² is 2vᵢ + 4.
  const wanted = [0, 0, 2 * v[2]! + 4, 2 * v[3]! + 4];
  const { gradient } = step(topK({ k: 2, value: "one" }), matrix([a]), rest);
  wanted.forEach((g, i) => expect(gradient.data[i]).toBeCloseTo(g, 12));
});

test("top-k: noise times its standard deviation is added before choosing, in training and not at test; what is sent is of the noisy scores", () => {
  const { unit } = topK({ k: 1, noise: "gaussian", sd: 0.5, value: "sigmoid" });
  const key = replayKey({ normal: [matrix([[0, 0, -3, 1]])] });
  expect(numbers(unit.sample(matrix([a]), key))).toEqual([0, 0, 0, 1 / (1 + Math.exp(-1.4))]);
  expect(numbers(unit.readout(matrix([a])))).toEqual([0, 0, 1 / (1 + Math.exp(-2)), 0]);
  expect(unit.stochastic).toBe(true);
});

test("top-k: with noise it is biased, by what the choice itself is worth", () => {
  // Of two units one sends 1: E[L] = Φ(Δ/√2σ) L(1,0) + (1 − Φ) L(0,1), where L = Σ cᵢhᵢ.
  const [at, sd, c] = [[0.4, 0], 0.7, [1, -2]] as const;
  const estimator = topK({ k: 1, noise: "gaussian", sd, value: "one" });
  expect(estimator.card.unbiased).toBe(false);
  const scale = Math.SQRT2 * sd;
  const density = Math.exp(-((0.4 / scale) ** 2) / 2) / Math.sqrt(2 * Math.PI) / scale;
  const truth = (c[0] - c[1]) * density;
  // Given the second unit's noise z, the first one is chosen where its own is above (a₂ − a₁)/σ + z.
  const { nodes, weights: w } = gaussian([]);
  const chosen = nodes.reduce((t, z, i) => t + w[i]! * (1 - normalDistribution((at[1] - at[0]) / sd + z)), 0);
  // One row for either choice: their estimates, weighed by their probabilities, are the estimate's mean.
  const key = replayKey({ normal: [matrix([[5, -5], [-5, 5]])] }); // biome-ignore format: rows
  const { gradient } = step(estimator, matrix([at, at]), (h) => sum(mul(h, matrix([c])), 1), { key });
  const mean = chosen * gradient.data[0]! + (1 - chosen) * gradient.data[2]!;
  expect(mean).toBeCloseTo(chosen * c[0], 10);
  expect(Math.abs(mean - truth)).toBeGreaterThan(0.1);
});

test("top-k: without noise the card may say unbiased, unless 1 is sent", () => {
  expect(topK({ value: "softmax" }).card.unbiased).toBe(true);
  expect(topK({ value: "one" }).card.unbiased).toBe(false);
  expect(topK().unit.stochastic).toBe(false);
});

test("top-k: a layer with fewer units is a mistake, named with both numbers", () => {
  expect(() => topK({ k: 5 }).unit.sample(constant(NdArray.zeros([2, 4])), noKey)).toThrow(
    "top-k: k, of the units of its layer, must be a finite number at most 4, received 5",
  );
  expect(() => topK({ k: 0 })).toThrow("top-k: k must be a whole number at least 1, received 0");
});
