import { expect, it } from "vitest";
import { studentQuantile } from "../../statistics/student.ts";
import { meanCurve, seedCurves } from "./curves.ts";

const seeds = [
  [{ x: 1, y: 10 }, { x: 2, y: 4 }], // biome-ignore format: a table
  [{ x: 1, y: 14 }, { x: 2, y: 6 }, { x: 3, y: 1 }], // biome-ignore format: a table
];
const metric = { name: "error", unit: "%", better: "lower" } as const;

it("is the mean over seeds where all have a value, with Student's interval", () => {
  const { points } = meanCurve({ name: "a", seeds });
  expect(points.map(({ x, y }) => [x, y])).toEqual([[1, 12], [2, 5]]); // biome-ignore format: one line
  expect(meanCurve({ name: "a", seeds: [...seeds].reverse() }).points.map(({ x }) => x)).toEqual([1, 2]);
  // Two values that are 2d apart have the standard error d.
  expect(points[0]!.high! - 12).toBeCloseTo(2 * studentQuantile(0.975, 1), 9);
  expect(5 - points[1]!.low!).toBeCloseTo(studentQuantile(0.975, 1), 9);
});

it("draws a band for several seeds, and none for one", async () => {
  const bands = (svg: string): number => svg.match(/aria-label="area"/g)?.length ?? 0;
  expect(bands(await seedCurves([{ name: "a", seeds }], metric, "epoch"))).toBe(1);
  const one = await seedCurves([{ name: "a", seeds: seeds.slice(1) }], metric, "epoch");
  expect(bands(one)).toBe(0);
  expect(one).toContain("Validation error falls from 14.00 to 1.00 % at epoch 3");
  expect(await seedCurves([{ name: "a", seeds: [] }], metric, "step")).toContain("Validation error was never finite");
});
