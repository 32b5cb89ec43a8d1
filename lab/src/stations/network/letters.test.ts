import { expect, it } from "vitest";
import { layoutOf, rangeText, shapeText, shortText, symbolOf } from "./letters.ts";

it("writes letters, shapes and numbers as on paper", () => {
  expect([0, 1, 12].map((layer) => symbolOf({ letter: "h", layer }))).toEqual(["h", "h₁", "h₁₂"]);
  expect([[], [10], [784, 400]].map(shapeText)).toEqual(["1", "10", "784 × 400"]);
  const numbers = [0, -0.1234, 0.00012, -1234.5, 123456, Number.NaN];
  expect(numbers.map(shortText)).toEqual(["0", "−0.123", "1.2e−4", "−1230", "1.2e+5", "–"]);
  expect(rangeText({ data: new Float32Array(), counts: new Float32Array(), least: -2, most: 0.5 })).toBe(
    "from −2 to 0.5",
  );
});

it("has a cell for every number, and draws a short vector as one row", () => {
  for (const length of [1, 10, 32, 33, 400, 784, 1000])
    for (const isWide of [true, false]) {
      const { columns, rows } = layoutOf(length, isWide);
      expect(columns * rows).toBeGreaterThanOrEqual(length);
      expect(columns * (rows - 1)).toBeLessThan(length);
      if (length <= 32) expect(rows).toBe(1);
    }
  expect(layoutOf(400, false)).toEqual({ columns: 20, rows: 20 });
  expect(layoutOf(400, true)).toEqual({ columns: 57, rows: 8 });
});
