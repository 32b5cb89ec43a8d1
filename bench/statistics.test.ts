import { describe, expect, it } from "vitest";
import { spread, timesAsFast } from "./statistics.ts";

describe("statistics of rounds", () => {
  it("spread gives the ends and the middle", () => {
    expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  });

  it("timesAsFast pairs rounds before it takes the median", () => {
    // The ratios are 3, 2/3 and 2; the medians alone would say 4/3.
    expect(timesAsFast([9, 4, 4], [3, 6, 2], "more")).toEqual({ min: 2 / 3, median: 2, max: 3 });
    expect(timesAsFast([2, 4], [6, 16], "less")).toEqual({ min: 3, median: 3.5, max: 4 });
  });

  it("timesAsFast refuses rounds that don't pair", () => {
    expect(() => timesAsFast([1, 2], [1], "more")).toThrow(/2 rounds against 1/);
  });
});
