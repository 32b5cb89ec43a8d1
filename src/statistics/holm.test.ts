import { describe, expect, it } from "vitest";
import { holm } from "./holm.ts";

describe("holm", () => {
  it("multiplies the smallest by their number, the next by one less, and never puts a larger p below a smaller one", () => {
    // 3·0.01, 2·0.02, and 0.04 raised to no less than that.
    expect(holm([0.02, 0.04, 0.01])).toEqual([0.04, 0.04, 0.03]);
    expect(holm([0.6, 0.5])).toEqual([1, 1]);
    expect(holm([0.001, 0.03, 0.02].map((p) => p))).toEqual([0.003, 0.04, 0.04]);
  });
});
