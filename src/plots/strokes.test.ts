import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { penLines, strokePng, strokeSheet } from "./strokes.ts";

const square = penLines([0, 0, 0, 4, 0, 0, 0, 4, 1, 1, 1, 0, -2, -2, 1]);

test("lines begin where the pen is put down, and end where it is lifted", () => {
  expect(square).toEqual([
    [
      [0, 0],
      [4, 0],
      [4, 4],
    ],
    [
      [5, 5],
      [3, 3],
    ],
  ]);
  expect(penLines([1, 2, 1, Number.NaN, 0, 0])).toEqual([[[1, 2]]]);
  expect(penLines([])).toEqual([]);
});

test("a drawing fills its square but for a margin, y downwards, and the next one stands beside it", () => {
  const svg = strokeSheet([{ title: "a < b", drawings: [square, square, square] }], {
    title: "t",
    columns: 2,
    size: 100,
  });
  expect(svg).toContain('width="200" height="226"');
  expect(svg).toContain(">a &#60; b</text>");
  expect(svg.match(/<path d="[^"]*"/g)).toEqual([
    '<path d="M10 36L74 36L74 100M90 116L58 84"',
    '<path d="M110 36L174 36L174 100M190 116L158 84"',
    '<path d="M10 136L74 136L74 200M90 216L58 184"',
  ]);
});

test("a drawing of one point is a dot, and one of none leaves its square free", () => {
  const svg = strokeSheet([{ title: "dots", drawings: [[[[7, 7]]], []] }], { title: "t", size: 50 });
  expect(svg.match(/<path d="[^"]*"/g)).toEqual(['<path d="M25 51h0.01"', '<path d=""']);
});

/** The grey values of a PNG that the library wrote. */
function pixelsOf(png: Uint8Array): { width: number; at(x: number, y: number): number } {
  const bytes = Buffer.from(png);
  const width = bytes.readUInt32BE(16);
  const from = bytes.indexOf("IDAT") + 4;
  const rows = inflateSync(bytes.subarray(from, from + bytes.readUInt32BE(from - 8)));
  return { width, at: (x, y) => rows[y * (width + 1) + 1 + x]! };
}

test("the PNG has the ink of the SVG at twice the size", async () => {
  const bar = penLines([0, 0, 0, 10, 0, 1]);
  const { width, at } = pixelsOf(await strokePng([{ title: "bar", drawings: [bar] }], { title: "t", size: 100 }));
  expect(width).toBe(200);
  // The bar runs at y = 26 + 50 from x = 10 to 90, 2.4 wide with round ends.
  expect([at(100, 152), at(21, 152), at(178, 151)]).toEqual([0, 0, 0]);
  expect([at(100, 148), at(100, 156), at(16, 152), at(184, 152), at(0, 0)]).toEqual([255, 255, 255, 255, 255]);
  const edge = at(100, 154);
  expect(edge).toBeGreaterThan(0);
  expect(edge).toBeLessThan(255);
});

test("sections of the PNG are divided by a line", async () => {
  const sections = [
    { title: "one", drawings: [square] },
    { title: "two", drawings: [square] },
  ];
  const { at } = pixelsOf(await strokePng(sections, { title: "t", size: 100 }));
  expect([at(100, 26), at(100, 2 * (26 + 100 + 13))].map((grey) => grey < 255)).toEqual([false, true]);
});
