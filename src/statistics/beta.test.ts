import { expect, test } from "vitest";
import { betaTable } from "./beta.ts";

test("quantiles where they are known: Beta(1, β), whose distribution function is 1 − (1 − x)^β, and its mirror image", () => {
  const table = betaTable(1, 3).values;
  const mirrored = betaTable(3, 1).values;
  for (const cell of [1, 40, 2048, 4000, 4095]) {
    expect(table[cell]).toBeCloseTo(1 - (1 - cell / 4096) ** (1 / 3), 7);
    expect(mirrored[cell]).toBeCloseTo((cell / 4096) ** (1 / 3), 7);
  }
});

test("what is drawn has the mean, the variance and the mode of the distribution", () => {
  const [alpha, beta] = [5.344, 40.1];
  const { values, mean } = betaTable(alpha, beta);
  expect(mean).toBeCloseTo(alpha / (alpha + beta), 5);
  // The integral of the square over the straight pieces between quantiles.
  let second = 0;
  for (let i = 0; i < 4096; i++)
    second += (values[i]! ** 2 + values[i]! * values[i + 1]! + values[i + 1]! ** 2) / 3 / 4096;
  expect(second - mean ** 2).toBeCloseTo((alpha * beta) / ((alpha + beta) ** 2 * (alpha + beta + 1)), 5);
  // The density is highest where quantiles of equal probability lie closest.
  const widths = Array.from({ length: 4096 - 64 }, (_, i) => values[i + 64]! - values[i]!);
  const narrowest = widths.indexOf(Math.min(...widths));
  expect(values[narrowest + 32]).toBeCloseTo((alpha - 1) / (alpha + beta - 2), 2);
});

test("a function of the variable has its quantiles and its mean", () => {
  const logit = (x: number): number => Math.log(x / (1 - x));
  const plain = betaTable(3, 4);
  const through = betaTable(3, 4, logit);
  for (const cell of [0, 1, 2048, 4096]) expect(through.values[cell]).toBeCloseTo(logit(plain.values[cell]!), 10);
  // E[logit x] = ψ(α) − ψ(β), for whole numbers a difference of harmonic numbers.
  expect(through.mean).toBeCloseTo(-1 / 3, 3);
});
