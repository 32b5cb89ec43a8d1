import { describe, expect, it } from "vitest";
import { MOST_DIMENSIONS, sobol } from "./sobol.ts";

/** scipy.stats.qmc.Sobol(21, scramble=False).random(1024)[1000], SciPy 1.17.1. */
const POINT_1000 = [
  0.2197265625, 0.0966796875, 0.5185546875, 0.6767578125, 0.2802734375, 0.9072265625, 0.0458984375, 0.8994140625,
  0.5009765625, 0.0693359375, 0.0849609375, 0.2548828125, 0.1611328125, 0.3837890625, 0.1435546875, 0.3701171875,
  0.7197265625, 0.3447265625, 0.9912109375, 0.7255859375, 0.5224609375,
];

describe("sobol", () => {
  it("gives the points that SciPy gives", () => {
    const at = sobol(MOST_DIMENSIONS);
    expect([...at(1000)]).toEqual(POINT_1000);
    expect([0, 1, 2, 3].map((i) => [...at(i).subarray(0, 3)])).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
    ]);
  });

  it.each([undefined, 1, 4294967295])("has one of 256 points in each 256th of each dimension, with seed %s", (seed) => {
    const at = sobol(MOST_DIMENSIONS, seed);
    const points = Array.from({ length: 256 }, (_, i) => at(i));
    for (let dimension = 0; dimension < MOST_DIMENSIONS; dimension++)
      expect(new Set(points.map((point) => Math.floor(256 * point[dimension]!))).size).toBe(256);
  });

  it("has one of 64 points in each field of 8 × 8 of the first two dimensions, with any seed", () => {
    for (const seed of [undefined, 7, 8]) {
      const at = sobol(2, seed);
      const fields = Array.from({ length: 64 }, (_, i) => [...at(i)].map((x) => Math.floor(8 * x)).join());
      expect(new Set(fields).size).toBe(64);
    }
    expect(sobol(2, 7)(5)).not.toEqual(sobol(2, 8)(5));
  });
});
