import { describe, expect, it } from "vitest";
import { endOf } from "./range.ts";
import { winners } from "./winners.ts";

const curve = (name: string, ...errors: number[]) => ({ name, errors });

describe("who is nearest at each number of evaluations", () => {
  it("joins neighbours, and takes the first of equals", () => {
    const found = winners([1, 2, 4, 8], [curve("noisy", 4, 2, 1, 0.5), curve("biased", 2, 1.5, 1, 0.9)]);
    expect(found).toEqual([
      { name: "biased", from: 1, to: 2 },
      { name: "noisy", from: 4, to: 8 },
    ]);
  });
  it("leaves out who can't afford an estimate, and finds nobody in nothing", () => {
    expect(winners([1, 2], [curve("pair", Number.NaN, 0.1), curve("single", 1, 1)])).toEqual([
      { name: "single", from: 1, to: 1 },
      { name: "pair", from: 2, to: 2 },
    ]);
    expect(winners([1, 2], [])).toEqual([]);
    expect(winners([1], [curve("pair", Number.NaN)])).toEqual([]);
  });
});

describe("the end of an axis", () => {
  it("is a round number that nearly all numbers are within", () => {
    expect(endOf([0.1, -0.68, 0.3])).toBe(0.8);
    expect(endOf([1])).toBe(1.4);
    expect(endOf([-14.1])).toBe(20);
    expect(endOf([9])).toBe(10);
    expect(endOf([...new Array(999).fill(0.03), 50])).toBe(0.04);
  });
  it("is 1 where there is nothing to show", () => {
    expect(endOf([])).toBe(1);
    expect(endOf([0, 0])).toBe(1);
  });
});
