import { describe, expect, it } from "vitest";
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
