import { describe, expect, test } from "vitest";
import { dithered, dots, penDrawing, raster, sideBySide, sparkline } from "./drawing.ts";

describe("sparkline", () => {
  test("goes from the smallest number to the largest, and shows the largest of what it joins", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([-1, 1])).toBe("▁█");
    expect(sparkline([3, 3, 3])).toBe("▁▁▁");
    expect(sparkline([0, 0, 0, 1, 0, 0, 0], { columns: 3 })).toBe("▁█▁");
    expect(sparkline([0.25, 0.5], { range: [0, 1] })).toBe("▃▅");
    expect(sparkline(new Float32Array(1000)).length).toBeLessThanOrEqual(80);
  });
});

describe("dots", () => {
  test("are two by four in a character, and none outside of the picture", () => {
    const picture = dots(3, 5);
    for (const [x, y] of [[0, 0], [1, 3], [2, 4], [3, 0], [-1, 0], [0, 5]] as const) picture.set(x, y); // biome-ignore format: one line
    expect(picture.text()).toBe("\u2881\n \u2801");
  });

  test("show spikes with time to the right and channels downwards", () => {
    // Three steps of two channels: channel 0 fires first, channel 1 last.
    expect(raster([1, 0, 0, 0, 0, 1], 3, 2)).toBe("\u2801\u2802");
    const wide = raster(new Float32Array(2000 * 300).fill(1), 2000, 300).split("\n");
    expect([wide.length <= 16, Math.max(...wide.map((line) => line.length)) <= 80]).toEqual([true, true]);
  });

  test("show lines of a pen as tall as they are wide, joined within a line only", () => {
    const square = penDrawing([[[0, 0], [10, 0]], [[0, 10], [10, 10]]], 8, 8); // biome-ignore format: one line
    expect(square).toBe("\u2809\u2809\u2809\u2809\n\u28c0\u28c0\u28c0\u28c0");
    expect(penDrawing([[[5, 5]]])).toBe("\u2801");
  });
});

describe("dithered", () => {
  const size = { width: 4, height: 4, columns: 4, rows: 4 };
  const count = (text: string): number =>
    [...text].reduce(
      (sum, c) => sum + (c > "\u2800" ? (c.codePointAt(0)! - 0x2800).toString(2).replaceAll("0", "").length : 0),
      0,
    );

  test("has as many dots of sixteen as the value says", () => {
    for (let n = 0; n <= 16; n++) expect(count(dithered(new Float32Array(16).fill(n / 16), size))).toBe(n);
    // Almost nothing is none.
    expect(count(dithered(new Float32Array(16).fill(0.02), size))).toBe(0);
  });

  test("shows the mean of what a dot stands for", () => {
    const halves = Float32Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 1 : 0));
    expect(count(dithered(halves, { width: 8, height: 8, columns: 4, rows: 4 }))).toBe(8);
  });
});

test("sideBySide: blocks fill the columns of a line, the next ones stand below", () => {
  expect(sideBySide(["a\nbb", "c", "d"], 6)).toBe("a   c\nbb\nd");
  expect(sideBySide(["long line"], 3)).toBe("long line");
});
