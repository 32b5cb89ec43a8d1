import { describe, expect, it } from "vitest";
import { evaluate } from "../graph/index.ts";
import { accumulator } from "../measure/replicates.ts";
import { key } from "../random/index.ts";
import { type Figure, product, root } from "./figure.ts";
import {
  bestScale,
  cosine,
  errorOfMean,
  figure,
  GROUPS,
  jackknife,
  positiveFigure,
  relativeVariance,
  signalToNoise,
  signFlip,
  squaredBias,
  squaredResidual,
} from "./jackknife.ts";

const vector = (...values: number[]): Float64Array => Float64Array.from(values);
const covers = ({ low, high }: Figure, value: number): boolean => low <= value && value <= high;

describe("moments", () => {
  const means = Array.from({ length: GROUPS }, (_, s) => vector(1 + s / 7, Math.sin(s), 2));
  const truths = means.map((_, s) => vector(Math.cos(3 * s), 0.5, 1 - s / 11));
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((t, x, i) => t + x * b[i]!, 0);

  it("are means over pairs of different groups", () => {
    const pairs = means.flatMap((_, s) => means.flatMap((__, t) => (s === t ? [] : [[s, t] as const])));
    const over = (kept: readonly (readonly [number, number])[], of: (s: number, t: number) => number) =>
      kept.reduce((total, [s, t]) => total + of(s, t), 0) / kept.length;
    const { all, without } = jackknife(
      means.map((mean, s) => ({ mean, variance: s })),
      truths,
    );
    expect(all.mm).toBeCloseTo(
      over(pairs, (s, t) => dot(means[s]!, means[t]!)),
      12,
    );
    expect(all.mg).toBeCloseTo(
      over(pairs, (s, t) => dot(means[s]!, truths[t]!)),
      12,
    );
    expect(all.gg).toBeCloseTo(
      over(pairs, (s, t) => dot(truths[s]!, truths[t]!)),
      12,
    );
    expect(all.variance).toBe((GROUPS - 1) / 2);
    const left = pairs.filter(([s, t]) => s !== 4 && t !== 4);
    expect(without[4]!.mg).toBeCloseTo(
      over(left, (s, t) => dot(means[s]!, truths[t]!)),
      12,
    );
    expect(without[4]!.variance).toBeCloseTo((190 - 4) / 19, 12);
  });

  it("give bias, cosine, best scale, residual and signal-to-noise of vectors that are known", () => {
    // m = (3, 4), g = (4, 3): ‖m‖ = ‖g‖ = 5, ⟨m, g⟩ = 24.
    const m = { mm: 25, mg: 24, gg: 25, variance: 100 };
    expect(squaredBias(m)).toBeCloseTo(2 / 25, 14);
    expect(cosine(m)).toBeCloseTo(0.96, 14);
    expect(bestScale(m)).toBeCloseTo(0.96, 14);
    expect(squaredResidual(m)).toBeCloseTo(1 - 0.96 ** 2, 14);
    expect(signalToNoise(m)).toBeCloseTo(0.5, 14);
    expect(relativeVariance(m)).toBe(4);
    expect(relativeVariance(m, 0.5)).toBe(1);
    // ‖m − g‖² = 2, and 100 of variance over 4 estimates.
    expect(errorOfMean(m, 4)).toBeCloseTo(Math.sqrt(27), 14);
    expect(errorOfMean({ ...m, mg: 26 }, 100)).toBe(1); // noise pushed the squared bias below 0
    // The best scale is the best one.
    const distance = (c: number) => (3 * c - 4) ** 2 + (4 * c - 3) ** 2;
    expect(distance(bestScale(m)) / 25).toBeCloseTo(squaredResidual(m), 14);
    expect(Math.min(distance(0.95), distance(0.97))).toBeGreaterThan(distance(0.96));
  });
});

describe("an accumulator", () => {
  it("gives mean and unbiased variance, in pieces as at once, far from zero too", () => {
    const values = [1e6 + 1, 5, 1e6 + 3, 5, 1e6 + 8, 11];
    const [once, pieces] = [accumulator(2), accumulator(2)];
    once.add(values);
    pieces.add(values.slice(0, 2));
    pieces.add(values.slice(2));
    for (const { mean, variance } of [once.read(), pieces.read()]) {
      expect([...mean]).toEqual([1e6 + 4, 7]);
      expect(variance).toBeCloseTo(13 + 12, 8);
    }
  });

  it("finds no variance in one vector repeated", () => {
    const same = accumulator(2);
    same.add([0.1, 1e7, 0.1, 1e7, 0.1, 1e7]);
    expect(same.read()).toEqual({ mean: vector(0.1, 1e7), variance: 0 });
  });
});

/** Groups of `size` normal estimates of (0.6, 0, −0.8) + bias, each component with its own standard deviation. */
const DATASETS = 400;
const SIZE = 16;
const G = vector(0.6, 0, -0.8);
const SDS = [1, 0.5, 2];
const TOTAL = 1 + 0.25 + 4;
function* datasets(bias: readonly number[], seed: number) {
  const perSet = GROUPS * SIZE * 3;
  const [normal] = evaluate([key(seed).normal([DATASETS * perSet])]);
  for (let set = 0; set < DATASETS; set++)
    yield Array.from({ length: GROUPS }, (_, s) => {
      const group = accumulator(3);
      const from = set * perSet + s * SIZE * 3;
      group.add(
        Array.from({ length: SIZE * 3 }, (__, i) => G[i % 3]! + bias[i % 3]! + SDS[i % 3]! * normal!.data[from + i]!),
      );
      return group.read();
    });
}

/** 95 % intervals miss 20 of 400 on average; 42 or more, or 4 or less, in fewer than one of 100,000 suites. */
const misses = { least: 5, most: 41 };

describe("intervals at 95 %", () => {
  it("miss the truth about as often as they say: variance, bias, cosine, best scale", () => {
    const bias = [0.3, 0.4, 0];
    const [mm, mg] = [0.81 + 0.16 + 0.64, 0.54 + 0.64]; // m = (0.9, 0.4, −0.8)
    const missed = { variance: 0, bias: 0, cosine: 0, scale: 0 };
    for (const groups of datasets(bias, 1)) {
      const jack = jackknife(groups, [G]);
      missed.variance += Number(
        !covers(
          positiveFigure(jack, (x) => x.variance),
          TOTAL,
        ),
      );
      missed.bias += Number(!covers(root(figure(jack, squaredBias)), 0.5));
      missed.cosine += Number(!covers(figure(jack, cosine), mg / Math.sqrt(mm)));
      missed.scale += Number(!covers(figure(jack, bestScale), mg / mm));
    }
    for (const count of Object.values(missed)) {
      expect(count).toBeLessThanOrEqual(misses.most);
      expect(count).toBeGreaterThanOrEqual(misses.least);
    }
  });

  it("include the error of a reference", () => {
    const references = datasets([0, 0, 0], 3);
    let [missed, ignoring] = [0, 0];
    for (const groups of datasets([0.3, 0.4, 0], 2)) {
      const reference = references.next().value!.map(({ mean }) => mean);
      const against = (truth: Float64Array[]) =>
        covers(root(figure(jackknife(groups, truth), (m) => m.mm - 2 * m.mg + m.gg)), 0.5);
      missed += Number(!against(reference));
      const pooled = vector(...[0, 1, 2].map((i) => reference.reduce((t, r) => t + r[i]! / GROUPS, 0)));
      ignoring += Number(!against([pooled]));
    }
    expect(missed).toBeLessThanOrEqual(misses.most);
    expect(missed).toBeGreaterThanOrEqual(misses.least);
    expect(ignoring).toBeGreaterThan(missed);
  });

  it("of a product are wider than those of its factors, and empty for a factor of 0", () => {
    const [a, b] = [
      { value: 2, low: 1.6, high: 2.5 },
      { value: 3, low: 2.4, high: 3.75 },
    ];
    const { value, low, high } = product(a, b);
    expect(value).toBe(6);
    expect(high / value).toBeCloseTo(1.25 ** Math.SQRT2, 12);
    expect(value / low).toBeCloseTo(1.25 ** Math.SQRT2, 12);
    expect(product({ value: 0, low: 0, high: 0 }, b)).toEqual({ value: 0, low: 0, high: 0 });
  });
});

describe("the test for a bias", () => {
  it("finds one that isn't there as often as it says", () => {
    let [at5, at50] = [0, 0];
    for (const groups of datasets([0, 0, 0], 4)) {
      const { p } = jackknife(groups, [G]);
      at5 += Number(p <= 0.05);
      at50 += Number(p <= 0.5);
    }
    expect(at5).toBeGreaterThanOrEqual(misses.least);
    expect(at5).toBeLessThanOrEqual(misses.most);
    // 200 ± 45 is 4.5 standard deviations: one of 100,000.
    expect(Math.abs(at50 - DATASETS / 2)).toBeLessThan(45);
  });

  it("finds one that is there, and none where all deviations are 0", () => {
    for (const groups of datasets([0.9, 0, 0], 5)) {
      expect(jackknife(groups, [G]).p).toBeLessThan(0.01);
      break;
    }
    expect(signFlip(Array.from({ length: GROUPS }, () => vector(0, 0)))).toBe(1);
  });
});
