import { describe, expect, test } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { Diverged } from "../../train/events.ts";
import { verdicts } from "../orderings.ts";
import { toyFor } from "./toy.ts";

const backend = referenceBackend();
const options = { steps: 40, points: 3, estimates: 2000, repeats: 2, rate: 0.05, settling: 50, seed: 1 };
const sizes = [1, 3];

describe("toyFor", () => {
  test.each(sizes)("%d bits: looks at even places, and E[f] at the start is that of fair coins", async (units) => {
    const { points } = await toyFor("straight-through-slope", units, backend, options)(0.45);
    expect(points.map(({ step }) => step)).toEqual([0, 20, 40]);
    expect(points[0]!.loss).toBeCloseTo((0.45 ** 2 + 0.55 ** 2) / 2, 6);
    expect(points[0]!.lossError).toBe(0);
  });

  test.each([{ settling: 1e9 }, { steps: 1e9, settling: 0 }])(
    "%o: the signal is heard between any two steps",
    async (long) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 10);
      const run = toyFor("straight-through-slope", 1, backend, { ...options, ...long, estimates: 2 });
      await expect(run(0.45, controller.signal)).rejects.toThrow("enough");
    },
  );

  test("the exact gradient has no variance, and goes down to the better bit on both sides of a half", async () => {
    for (const [target, best] of [
      [0.3, 0.09],
      [0.8, 0.04],
    ] as const) {
      const { points } = await toyFor("exact", 2, backend, { ...options, steps: 300, estimates: 10 })(target);
      for (const { variance, lossError } of points) expect([variance, lossError]).toEqual([0, 0]);
      expect(points[2]!.loss).toBeLessThan(best + 0.02);
    }
  });

  test.each(sizes)("%d bits: the score function's variance at fair coins is that of enumeration", async (units) => {
    const t = 0.3;
    const patterns = Array.from({ length: 2 ** units }, (_, k) =>
      Array.from({ length: units }, (_, i) => (k >> i) & 1),
    );
    const g = patterns.map((b) => (b[0]! - 0.5) * (b.reduce((sum, bit) => sum + (bit - t) ** 2, 0) / units));
    const mean = g.reduce((sum, v) => sum + v) / g.length;
    const expected = g.reduce((sum, v) => sum + (v - mean) ** 2, 0) / g.length;
    const { points, settled } = await toyFor("score-function", units, backend, options)(t);
    const [start] = points;
    // It has no state to settle, and the same noise.
    expect(settled).toEqual({ variance: start!.variance, error: start!.error });
    // Five standard errors of the deviations, and of the mean that they are from: a right one fails for one seed in a million.
    expect(Math.abs(start!.variance - expected)).toBeLessThan(5 * start!.error + (25 * expected) / options.estimates);
    expect(start!.error).toBeLessThan(0.1 * expected);
  });
});

test("toyFor: a moving average is settled before all are compared, and logits stay where they are meanwhile", async () => {
  const run = toyFor("score-function-moving-average", 1, backend, { ...options, settling: 200 });
  const { points, settled } = await run(0.3);
  // (L − c)(b − ½) with c = E[L]: half of the difference of the losses, times ±½, which is ½ · ¼ · 0.4 whatever the bit is; c deviates a little.
  expect(points[0]!.variance).toBeGreaterThan(0.015);
  expect(settled.variance).toBeLessThan(0.005);
});

test("toyFor: two estimates are enough for an unbiased variance: half their squared difference", async () => {
  const given = { ...options, rate: 0, steps: 39, points: 40, estimates: 2, repeats: 1 };
  const { points } = await toyFor("score-function", 1, backend, given)(0.3);
  const difference = 0.5 * 0.49 + 0.5 * 0.09;
  const possible = [0, difference ** 2 / 2];
  // Fair coins agree every time, or differ every time, with probability 2 · 2⁻⁴⁰.
  const found = points.map(({ variance }) => possible.findIndex((v) => Math.abs(v - variance) < 1e-6));
  expect(new Set(found)).toEqual(new Set([0, 1]));
});

describe("verdicts", () => {
  const known = [{ lower: { name: "a" }, higher: { name: "b", samples: 4 }, source: "x" }];
  const say = (lower: number, higher: number, error: number, samples = 4) =>
    verdicts(
      [
        { config: { name: "a", live: "one" }, at: { variance: lower, error } },
        { config: { name: "b", samples }, at: { variance: higher, error } },
      ],
      known,
    );

  test("seen, contradicted or undecided by two standard errors of the difference", () => {
    expect(say(1, 2, 0.1)).toMatchObject([{ verdict: "seen", ratio: 2 }]);
    expect(say(2, 1, 0.1)).toMatchObject([{ verdict: "contradicted", ratio: 0.5 }]);
    expect(say(1, 2, 0.4)).toMatchObject([{ verdict: "undecided" }]);
    expect(say(1, 2, 0.35)).toMatchObject([{ verdict: "seen" }]);
  });

  test("an estimator with other options is another one", () => {
    expect(say(1, 2, 0.1, 2)).toEqual([]);
  });
});

test("toyFor: logits that overflow are Diverged and not figures", async () => {
  const run = toyFor("straight-through-slope", 3, backend, { ...options, settling: 1, estimates: 10, rate: 3e38 });
  await expect(run(0.3)).rejects.toThrow("toys: a logit of straight-through-slope is no longer finite after 20 steps");
  await expect(run(0.3)).rejects.toBeInstanceOf(Diverged);
});
