import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearAxis, logAxis, logTicks, niceStep, thinned } from "./axes.ts";
import { acrossAxis, position } from "./frame.ts";
import { numberText } from "./numbers.ts";

describe("logTicks", () => {
  it.each([
    [1, 100, 6, [1, 3, 10, 30, 100]],
    [1, 100, 4, [1, 10, 100]],
    [1, 10, 6, [1, 2, 5, 10]],
    [1, 10, 10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    [1e-6, 1e6, 6, [1e-6, 1e-3, 1, 1e3, 1e6]],
    [40, 60, 6, [40, 50, 60]],
    [44, 46, 6, [44, 44.5, 45, 45.5, 46]],
    [16, 24, 4, [16, 20, 24]],
  ])("%f to %f, at most %i", (low, high, most, expected) => expect(logTicks(low, high, most)).toEqual(expected));

  it("are at least two and at most as many as there is room for, in order and inside", () => {
    const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        positive,
        fc.double({ min: 1.05, max: 1e9, noNaN: true }),
        fc.integer({ min: 4, max: 12 }),
        (low, factor, most) => {
          const ticks = logTicks(low, low * factor, most);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(most);
          expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
          expect(ticks[0]!).toBeGreaterThanOrEqual(low * (1 - 1e-6));
          expect(ticks.at(-1)!).toBeLessThanOrEqual(low * factor * (1 + 1e-6));
        },
      ),
    );
  });
});

describe("logAxis", () => {
  it("has a place for 0 below the least value, labelled 0, and none where nothing is 0", () => {
    const { domain, ticks, place, text } = logAxis([0, 0.01, 100]);
    expect(place(0)).toBe(domain[0]);
    expect(domain[0]).toBeLessThan(0.01);
    expect(ticks.map(text)).toEqual(["0", "0.01", "0.1", "1", "10", "100"]);
    expect(place(0.5)).toBe(0.5);
    const without = logAxis([0.01, 100]);
    expect(without.ticks.map(without.text)).toEqual(["0.01", "0.1", "1", "10", "100"]);
    expect(without.domain).toEqual([0.01, 100]);
    const at = position(logAxis([0, 0.01, 100]), 0, 100);
    expect([at(0), at(100)]).toEqual([0, 100]);
    expect(at(0.01)).toBeCloseTo(10, 9);
  });

  it("has a range around a single value, in which it has a tick or two", () => {
    const { domain, ticks } = logAxis([45.44]);
    expect(domain[0]).toBeLessThan(45.44);
    expect(domain[1]).toBeGreaterThan(45.44);
    expect(ticks.length).toBeGreaterThan(1);
  });
});

describe("linearAxis", () => {
  it("ends at ticks, and has a single value in its middle", () => {
    expect(linearAxis([0.13, 0.87], 6)).toMatchObject({ domain: [0, 1], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] });
    expect(linearAxis([-3, 12], 5).ticks).toEqual([-5, 0, 5, 10, 15]);
    const [low, high] = linearAxis([8]).domain;
    expect((low + high) / 2).toBe(8);
    expect(linearAxis([]).ticks).toContain(0);
  });
});

it("niceStep is 1, 2 or 5 times a power of ten, the least that suffices", () => {
  expect([niceStep(0, 10, 6), niceStep(0, 10, 3), niceStep(0, 0.3, 4), niceStep(0, 7e5, 8)]).toEqual([2, 5, 0.1, 1e5]);
});

it("thinned keeps the last label, and every second, third … of the others where they would meet", () => {
  const values = [1, 2, 3, 4, 5];
  const text = (value: number): string => "0".repeat(value > 0 ? 3 : 0);
  expect(thinned(values, (value) => 100 * value, text, 10)).toEqual(values);
  expect(thinned(values, (value) => 15 * value, text, 10)).toEqual([1, 3, 5]);
  expect(thinned(values, () => 0, text, 10)).toEqual([5]);
});

it("numberText writes numbers as people do", () => {
  const said = [0, 0.02, 1500, 2e-6, 1e-7, -1e-7, -2.71999, 123456.7, 45.44, 1e6, Number.NaN].map((value) =>
    numberText(value),
  );
  expect(said).toEqual(["0", "0.02", "1,500", "2·10⁻⁶", "10⁻⁷", "−10⁻⁷", "−2.72", "123,500", "45.44", "10⁶", "–"]);
});

it("a single value across has round labels, a single epoch its own", () => {
  const { ticks, domain } = acrossAxis([1.2048192771], false, 6);
  for (const tick of ticks) expect(String(tick).length).toBeLessThanOrEqual(4);
  expect(domain[0] < 1.2 && domain[1] > 1.21).toBe(true);
  expect(acrossAxis([3], false, 6).ticks).toEqual([3]);
});
