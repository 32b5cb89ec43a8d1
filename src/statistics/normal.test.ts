import { expect, test } from "vitest";
import { philoxWords } from "../random/index.ts";
import { normalDistribution, normalDraws } from "./normal.ts";

test("normalDistribution: Φ as tables have it, and its mirror image", () => {
  for (const [x, p] of [
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [1, 0.8413447460685429],
    [1.959963984540054, 0.975],
    [3, 0.9986501019683699],
    [6, 0.9999999990134123],
  ] as const) {
    expect(normalDistribution(x)).toBeCloseTo(p, 15);
    expect(normalDistribution(-x)).toBeCloseTo(1 - p, 15);
  }
});

test("normalDraws: two words a draw, √(−2 ln u) cos 2πv", () => {
  // A word of 0 stands for 2⁻³³, a negative one for the upper half.
  const words = [0, 0, -(2 ** 31), 2 ** 31];
  const draw = normalDraws(() => words.shift()!);
  expect(draw()).toBeCloseTo(Math.sqrt(2 * 33 * Math.log(2)), 8);
  expect(draw()).toBeCloseTo(-Math.sqrt(2 * Math.log(2)), 8);
  expect(words).toEqual([]);
});

test("normalDraws: the share below −1, 0 and 1.5 is Φ's", () => {
  const draw = normalDraws(philoxWords([3, 4], 7));
  const drawn = Array.from({ length: 20_000 }, draw);
  // The seed is fixed. Three shares within five standard errors: a right draw fails for one seed in 600,000.
  for (const x of [-1, 0, 1.5]) {
    const p = normalDistribution(x);
    const share = drawn.filter((z) => z < x).length / drawn.length;
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / drawn.length));
  }
});
