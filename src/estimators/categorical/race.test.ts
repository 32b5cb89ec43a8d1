import fc from "fast-check";
import { expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { array, constant, evaluate, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { key, replayKey } from "../../random/index.ts";
import { race, winners } from "./race.ts";
import { probabilities } from "./testing/enumeration.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { relaxedOneHotUnit } from "./units/relaxed-one-hot.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const logits = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 6, maxLength: 6 });
const draws = fc.array(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), { minLength: 6, maxLength: 6 });

test("race: the class of the least −log(u)/eᵃ wins, as in a race of exponential clocks with rates eᵃ", () => {
  fc.assert(
    fc.property(logits, draws, (a, u) => {
      const times = a.map((x, i) => -Math.log(u[i]!) / Math.exp(x));
      fc.pre(times.every((x, i) => times.every((y, j) => i === j || Math.abs(x / y - 1) > 1e-9))); // no ties
      const wanted = times.map((t, i) => Number(t === Math.min(...times.slice(i - (i % 3), i - (i % 3) + 3))));
      const sent = numbers(oneHotUnit(3).sample(matrix([a]), replayKey({ uniform: [matrix([u])] })));
      expect(sent).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test("race: of two classes the first wins where u₂ < u₁^(e^(a₂ − a₁)), which is so with probability σ(a₁ − a₂)", () => {
  const [a1, a2] = [0.4, -0.9];
  const nodes = Array.from({ length: 4000 }, (_, k) => (k + 0.5) / 4000);
  const thresholds = nodes.map((u) => u ** Math.exp(a2 - a1));
  for (const [side, wins] of [
    [-1e-9, 1],
    [1e-9, 0],
  ] as const) {
    const u = nodes.flatMap((first, k) => [first, thresholds[k]! + side]);
    const a = matrix([nodes.flatMap(() => [a1, a2])]);
    const sent = numbers(oneHotUnit(2).sample(a, replayKey({ uniform: [matrix([u])] })));
    expect(sent.filter((_, i) => i % 2 === 0)).toEqual(nodes.map(() => wins));
  }
  const mean = thresholds.reduce((t, x) => t + x, 0) / nodes.length;
  expect(Math.abs(mean - 1 / (1 + Math.exp(a2 - a1)))).toBeLessThan(1e-5); // the midpoint rule's error
});

test("race: 200,000 seeded draws of five classes have the frequencies softmax(a) (χ² at one false alarm in 10⁶)", () => {
  const a = [0.3, -0.8, 0.5, 1.2, -2];
  const [rows, copies] = [2000, 100];
  const wide = constant(array(Array.from({ length: rows }, () => Array.from({ length: copies }, () => a).flat())));
  const counts = a.map(() => 0);
  numbers(oneHotUnit(5).sample(wide, key(1))).forEach((bit, i) => (counts[i % 5]! += bit));
  const expected = probabilities(a, 5).map((p) => p * rows * copies);
  const chi2 = counts.reduce((t, n, c) => t + (n - expected[c]!) ** 2 / expected[c]!, 0);
  expect(chi2).toBeLessThan(33.4); // 4 degrees of freedom
});

test("winners: the first of equals wins, and no other", () => {
  const a = matrix([[1, 2, 2, 0, 0, 0]]);
  const tied = race(a, replayKey({ uniform: [matrix([[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]])] }), 3);
  expect(numbers(winners(tied))).toEqual([0, 1, 0, 1, 0, 0]);
});

test("relaxed units: softmax((a + G)/τ), one-hot with the same winner as τ falls", () => {
  const [a, u] = [[0.3, 1.2, -0.8], [0.2, 0.6, 0.9]]; // biome-ignore format: a table
  const sample = (temperature: number) =>
    numbers(relaxedOneHotUnit(3, temperature).sample(matrix([a]), replayKey({ uniform: [matrix([u])] })));
  const scores = a.map((x, i) => (x - Math.log(-Math.log(u[i]!))) / 0.7);
  probabilities(scores, 3).forEach((z, i) => expect(sample(0.7)[i]).toBeCloseTo(z, 14));
  expect(sample(1e-4)).toEqual([0, 1, 0]);
  expect(numbers(oneHotUnit(3).sample(matrix([a]), replayKey({ uniform: [matrix([u])] })))).toEqual([0, 1, 0]);
});

test("a layer whose units are no multiple of its classes is an error that names both", () => {
  for (const use of [oneHotUnit(3).readout, (a: Tensor) => oneHotUnit(3).sample(a, key(1))]) {
    expect(() => use(matrix([[1, 2, 3, 4]]))).toThrow(UserError);
    expect(() => use(matrix([[1, 2, 3, 4]]))).toThrow("must be a multiple of classes (3), received a layer of 4");
  }
});
