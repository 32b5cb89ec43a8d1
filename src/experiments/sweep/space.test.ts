import { describe, expect, it } from "vitest";
import { searches } from "./search.ts";
import { checkSpace, gridPoint, gridSize, pointAt } from "./space.ts";

describe("pointAt", () => {
  const range = { from: 0.001, to: 1, log: true };
  const at = (dimension: object, u: number) => pointAt({ x: dimension as { from: number; to: number } }, [u]).x;
  it("goes from one end of a range to the other", () => {
    const last = 1 - 2 ** -32;
    expect([0, 0.5, last].map((u) => at(range, u))).toEqual(["0.001", "0.0316228", "1"]);
    expect([0, 0.25, last].map((u) => at({ from: -5, to: 5 }, u))).toEqual(["-5", "-2.5", "5"]);
    expect([0, 0.33, 0.34, 0.67, last].map((u) => at({ from: 1, to: 3, whole: true }, u))).toEqual([
      "1",
      "1",
      "2",
      "3",
      "3",
    ]);
    expect([0, last].map((u) => at({ from: 16, to: 256, whole: true, log: true }, u))).toEqual(["16", "256"]);
    expect([0, 0.5, last].map((u) => at(["a", "b"], u))).toEqual(["a", "b", "b"]);
  });

  it("takes each whole number as often as its share of the range", () => {
    const n = 6000;
    const found = Array.from({ length: n }, (_, i) => at({ from: 2, to: 7, whole: true }, (i + 0.5) / n));
    for (const value of ["2", "3", "4", "5", "6", "7"]) expect(found.filter((x) => x === value)).toHaveLength(n / 6);
  });
});

describe("searches", () => {
  const space = { a: ["x", "y"], b: [1, 2, 3] };
  it("a grid has each value with each, the last option fastest", () => {
    expect(gridSize(space)).toBe(6);
    expect(Array.from({ length: 6 }, (_, i) => Object.values(gridPoint(space, i)).join(""))).toEqual(["x1", "x2", "x3", "y1", "y2", "y3"]); // biome-ignore format: one line
    expect(gridSize({ ...space, c: { from: 0, to: 1 } })).toBeUndefined();
  });

  it.each(["random", "sobol"] as const)("%s: a number's point depends on number and seed alone", (name) => {
    const wide = { ...space, c: { from: 0, to: 1 } };
    const [first, again, other] = [1, 1, 2].map((seed) => searches[name].points(wide, seed));
    const points = Array.from({ length: 50 }, (_, i) => first!(i));
    expect(again!(49)).toEqual(points[49]);
    expect(other!(49)).not.toEqual(points[49]);
    expect(new Set(points.map(({ c }) => c)).size).toBe(50);
    expect(new Set(points.map(({ b }) => b))).toEqual(new Set(["1", "2", "3"]));
  });
});

describe("checkSpace", () => {
  it.each([
    [null, "space must be an object of options and their values, received null"],
    [{}, "space must be an object of options and their values, received {}"],
    [{ a: [] }, "space.a must have at least one value, received []"],
    [{ a: [1, "1"] }, "space.a: values must differ, 1 comes twice"],
    [{ a: { min: 0, max: 1 } }, "space.a: there is no option min; did you mean from? The options are from, to"],
    [{ a: { from: 0, high: 1 } }, "space.a: there is no option high; did you mean to? The"],
    [{ a: [1, Number.POSITIVE_INFINITY] }, "space.a[1] must be a finite number, or a text, received Infinity"],
    [{ a: [Number.NaN] }, "space.a[0] must be a finite number, or a text, received NaN"],
    [{ a: Array(2) }, "space.a[0] must be a text, a number, true or false, received undefined"],
    [{ a: [{}] }, "space.a[0] must be a text, a number, true or false, received {}"],
    [{ a: 3 }, "space.a must be a list of values or { from, to }, received 3"],
    [{ a: { from: 2, to: 1 } }, "space.a.to must be a finite number above 2, received 1"],
    [
      { a: { from: 0, to: 1, log: true } },
      "space.a.from must be above 0, for log: true needs its logarithm, received 0",
    ],
    [{ a: { from: 0.5, to: 2, whole: true } }, "space.a.from must be a whole number, received 0.5"],
    [{ a: { from: 0, to: 1, step: 1 } }, "space.a: there is no option step: the options are from, to, log, whole"],
    [
      Object.fromEntries(Array.from({ length: 22 }, (_, i) => [`o${i}`, [1]])),
      "space must have at most 21 options, received 22",
    ],
  ])("refuses %j", (space, message) => {
    expect(() => checkSpace(space, "space")).toThrow(message);
  });
});
