import { describe, expect, it } from "vitest";
import { boxOf, emptiest } from "./range.ts";

describe("what a picture shows", () => {
  it("is a square with the origin and nearly all points, where most of the room is theirs", () => {
    const many = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? -1 : -0.5) * ((i >> 1) / 1000));
    for (const factor of [1, 0.01, 40]) {
      const { left, bottom, side, step } = boxOf([...many.map((x) => factor * x), 500 * factor, 500 * factor]);
      expect(left).toBeLessThan(-factor);
      expect(left + side).toBeGreaterThan(0);
      expect(bottom).toBeLessThan(-0.5 * factor);
      expect(bottom + side).toBeGreaterThan(0);
      expect(side).toBeLessThan(1.4 * factor);
      expect(side / step).toBeGreaterThan(2);
    }
  });
  it("stays as it is where the points hardly change", () => {
    expect(boxOf([-1, -0.5, 0.2, 0.1])).toEqual(boxOf([-0.99, -0.5, 0.2, 0.11]));
  });
  it("is there before there are points", () => {
    expect(boxOf([])).toEqual(boxOf([0, 0]));
    expect(boxOf([]).side).toBeGreaterThan(0);
  });
});

describe("the corner for what lies over a picture", () => {
  const box = { left: -1, bottom: -1, side: 2, step: 0.5 };
  it("has the fewest points, and is at the top right where all are equal", () => {
    expect(emptiest([], box)).toEqual([1, 1]);
    expect(emptiest([0.5, 0.5, 0.9, 0.9, -0.5, -0.5, 0.6, -0.6, -0.4, 0], box)).toEqual([-1, 1]);
    expect(emptiest([0.5, 0.5, -0.5, 0.5, -0.5, -0.5], box)).toEqual([1, -1]);
    expect(emptiest([0.5, 0.5], { ...box, left: 0, bottom: 0 })).toEqual([1, 1]);
  });
});
