import { expect, test } from "vitest";
import { inkOf, PAD, PEN } from "./pen.ts";

const sum = (data: Uint8Array) => data.reduce((total, value) => total + value / 255, 0);

test("a point leaves a disc, and a line a disc more with each length of the pen", () => {
  const disc = sum(inkOf([[56, 56]]).data);
  expect(disc).toBeCloseTo(Math.PI * PEN ** 2, 0);
  const line = sum(inkOf([[30, 40, 60, 80]]).data);
  expect(Math.abs(line - disc - 50 * 2 * PEN)).toBeLessThan(5);
});

test("ink is not doubled where strokes cross, and none leaves the pad", () => {
  const one = inkOf([[20, 56, 90, 56]]).data;
  expect(inkOf([[20, 56, 90, 56, 20, 56]]).data).toEqual(one);
  const corner = inkOf([[0, 0, PAD, PAD]]);
  expect(corner.data).toHaveLength(PAD * PAD);
  expect([corner.data[0], corner.data.at(-1), corner.data[PAD - 1]]).toEqual([255, 255, 0]);
});
