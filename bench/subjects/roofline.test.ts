import { describe, expect, it } from "vitest";
import type { Row } from "../rows.ts";
import { boundOf, type Ceilings, parseSize, rooflineTable } from "./roofline.ts";

const MB = 2 ** 20;
// 100 GFLOP/s, and 50, 40, 20 and 10 GB/s.
const ceilings: Ceilings = {
  arithmetic: 1e4,
  moved: new Map([
    ["first cache", 2e4],
    ["second cache", 2.5e4],
    ["third cache", 5e4],
    ["memory", 1e5],
  ]),
  threads: 2,
};
const nothing = { multiplyAdds: 0, steps: 0, bytes: 0 };

describe("a bound", () => {
  it("is that of the arithmetic or of the cache that holds what is moved, whichever is larger", () => {
    expect(boundOf({ ...nothing, multiplyAdds: 5e8, bytes: 100 }, ceilings)).toEqual({
      microseconds: 1e4,
      by: "arithmetic",
    });
    expect(boundOf({ ...nothing, steps: 5e5, bytes: 1 }, ceilings)).toEqual({ microseconds: 10, by: "arithmetic" });
    expect(boundOf({ ...nothing, bytes: 5e4 }, ceilings)).toEqual({ microseconds: 1, by: "first cache" });
    expect(boundOf({ ...nothing, bytes: 2 * MB }, ceilings).by).toBe("second cache");
    expect(boundOf({ ...nothing, bytes: 2 * MB + 1 }, ceilings).by).toBe("third cache");
    expect(boundOf({ ...nothing, bytes: 1e9, steps: 1 }, ceilings)).toEqual({ microseconds: 1e5, by: "memory" });
    // One thread has one thread's caches.
    expect(boundOf({ ...nothing, bytes: 2 * MB }, { ...ceilings, threads: 1 }).by).toBe("third cache");
  });
});

describe("a size", () => {
  it("is a network and the examples of a step", () => {
    expect(parseSize("784-3000-10:37")).toMatchObject({ units: [784, 3000, 10], batch: 37, stochastic: false });
    expect(parseSize("s8-4-2")).toMatchObject({ units: [8, 4, 2], batch: 100, stochastic: true });
    for (const wrong of ["8-4-2:", "8-4-2:0", "8-4-2:1.5", "8-4-2:1:2", "8"]) expect(() => parseSize(wrong)).toThrow();
  });
});

describe("the table", () => {
  it("has each instruction beside its bound, their sum, and a call as it runs", () => {
    const row = (part: string, value: number): Row => ({
      ...{ workload: `roofline x, ${part}`, engine: "e", threads: 2, value, unit: "µs" },
      ...{ min: value, max: value, values: [value], note: "" },
    });
    const x = { text: "gemm [2, 3] × [3, 4]  a, b", computes: "hidden1: matmul", share: 1, isAtMost: false };
    const instructions = [
      { ...x, ...nothing, seconds: 1, multiplyAdds: 5e6, bytes: 100 },
      { ...x, ...nothing, seconds: 1, text: "elementwise [9]", bytes: 5e4 },
    ];
    const rows = [
      ...[row("multiply-adds", 1e4), row("first cache", 2e4), row("second cache", 2.5e4)],
      ...[row("third cache", 5e4), row("memory", 1e5), row("a call", 210)],
      ...[row(" 0 gemm [2, 3] × [3, 4] | hidden1: matmul", 200), row(" 1 elementwise [9] | hidden1: matmul", 4)],
    ];
    const lines = rooflineTable("roofline x", rows, instructions, 2)
      .split("\n")
      .map((line) => line.trim().split(/ {2,}/));
    expect(lines[1]).toEqual([
      "0 gemm [2, 3] × [3, 4] | hidden1: matmul",
      "200",
      "100",
      "50%",
      "arithmetic",
      "100",
      "50.0",
    ]);
    expect(lines[2]).toEqual(["1 elementwise [9] | hidden1: matmul", "4.00", "1.00", "25%", "first cache", "3.00"]);
    expect(lines[3]).toEqual(["all of them, one by one", "204", "101", "50%", "103"]);
    expect(lines[4]).toEqual(["a call", "210", "101", "48%", "109"]);
    expect(lines[5]!.join(" ")).toContain("limits: 100 GFLOP/s; 50.0 GB/s in the first cache");
  });
});
