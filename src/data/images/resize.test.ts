import { describe, expect, test } from "vitest";
import type { Decoded } from "./decoded.ts";
import { inGrey } from "./form.ts";
import { pixelsOf } from "./resize.ts";

const grey = (width: number, height: number, data: number[]): Decoded => ({
  ...{ width, height, channels: 1, white: 255 },
  data: Uint8Array.from(data),
});
const numbers = (image: Float32Array) => [...image].map((value) => Math.round(value * 255 * 1e3) / 1e3);

describe("pixelsOf", () => {
  test("keeps the values of an image of the right size: white is 1, black 0", () => {
    const image: Decoded = { width: 2, height: 1, channels: 3, white: 255, data: Uint8Array.of(0, 51, 255, 1, 2, 3) };
    const found = pixelsOf(image, { colour: "rgb" }, { height: 1, width: 2 });
    expect(found).toEqual(Float32Array.of(0, 51 / 255, 1, 1 / 255, 2 / 255, 3 / 255));
    const deep: Decoded = { width: 1, height: 1, channels: 1, white: 65535, data: Uint16Array.of(257) };
    expect(pixelsOf(deep, { colour: "rgb" }, { height: 1, width: 1 })).toEqual(new Float32Array(3).fill(1 / 255));
  });

  test("takes brightness for grey, as inGrey does of an image in colours", () => {
    const image: Decoded = { width: 2, height: 1, channels: 3, white: 255, data: Uint8Array.of(255, 0, 0, 9, 9, 9) };
    const size = { height: 1, width: 2 };
    const found = pixelsOf(image, { colour: "grey" }, size);
    expect(found).toEqual(Float32Array.of(0.299, 9 / 255));
    expect(inGrey(pixelsOf(image, { colour: "rgb" }, size), { ...size, channels: 3 })).toEqual(found);
  });

  test("shows white behind what is transparent", () => {
    const image: Decoded = { width: 3, height: 1, channels: 2, white: 255, data: Uint8Array.of(0, 0, 0, 255, 0, 51) };
    expect(numbers(pixelsOf(image, { colour: "grey" }, { height: 1, width: 3 }))).toEqual([255, 0, 204]);
  });

  test("averages what each pixel covers, also parts of pixels", () => {
    const image = grey(4, 2, [0, 40, 80, 120, 20, 60, 100, 140]);
    expect(numbers(pixelsOf(image, { colour: "grey", fit: "crop" }, { height: 1, width: 2 }))).toEqual([30, 110]);
    const row = grey(3, 3, [0, 90, 180, 0, 90, 180, 0, 90, 180]);
    // Each of two pixels covers one and a half.
    const two = numbers(pixelsOf(row, { colour: "grey", fit: "crop" }, { height: 2, width: 2 }));
    expect(two).toEqual([30, 150, 30, 150]);
  });

  test("repeats pixels where an image becomes larger", () => {
    const image = grey(2, 2, [10, 20, 30, 40]);
    const found = numbers(pixelsOf(image, { colour: "grey", fit: "crop" }, { height: 4, width: 4 }));
    expect(found).toEqual([10, 10, 20, 20, 10, 10, 20, 20, 30, 30, 40, 40, 30, 30, 40, 40]);
  });

  test("crop takes the middle, pad adds black borders", () => {
    const wide = grey(4, 2, [1, 2, 3, 4, 5, 6, 7, 8]);
    const size = { height: 2, width: 2 };
    expect(numbers(pixelsOf(wide, { colour: "grey", fit: "crop" }, size))).toEqual([2, 3, 6, 7]);
    const padded = numbers(pixelsOf(wide, { colour: "grey", fit: "pad" }, { height: 4, width: 4 }));
    expect(padded).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
    const tall = grey(1, 4, [10, 20, 30, 40]);
    expect(numbers(pixelsOf(tall, { colour: "grey", fit: "crop" }, { height: 1, width: 1 }))).toEqual([25]);
    expect(numbers(pixelsOf(tall, { colour: "grey", fit: "pad" }, size))).toEqual([3.75, 3.75, 8.75, 8.75]);
  });

  test("keeps the mean of an image whose proportions stay, whatever the sizes", () => {
    for (const [from, to] of [
      [7, 3],
      [10, 4],
      [5, 8],
      [64, 28],
    ] as const) {
      const image = grey(
        from,
        from,
        Array.from({ length: from * from }, (_, i) => (i * 37) % 256),
      );
      const mean = Array.from(image.data).reduce((sum, value) => sum + value, 0) / (255 * from * from);
      const found = pixelsOf(image, { colour: "grey", fit: "crop" }, { height: to, width: to });
      expect(found.reduce((sum, value) => sum + value, 0) / (to * to)).toBeCloseTo(mean, 6);
    }
  });

  test("never gives more than white", () => {
    for (let from = 1; from < 40; from++) {
      const image = grey(from, from, new Array(from * from).fill(255));
      const found = pixelsOf(image, { colour: "grey", fit: "crop" }, { height: 9, width: 9 });
      expect(Math.max(...found)).toBeLessThanOrEqual(1);
      expect(Math.min(...found)).toBeGreaterThan(0.999999);
    }
  });

  test("refuses another size where nothing says how to fit it", () => {
    expect(() => pixelsOf(grey(2, 1, [0, 0]), { colour: "grey" }, { height: 4, width: 3 })).toThrow(
      "it must be 4x3 pixels (rows x columns), it is 1x2",
    );
  });
});
