import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { imageSets } from "../../lab/image-sets.ts";
import { openIdx } from "../idx.ts";
import { centredDigit, type Ink } from "./centred.ts";

/** An image with each pixel as a square of `times` × `times` of them, at a place of a larger sheet. */
function enlarged(image: Uint8Array, times: number, sheet: number, left = 0, top = 0): Ink {
  const data = new Uint8Array(sheet * sheet);
  for (let y = 0; y < 28 * times; y++)
    for (let x = 0; x < 28 * times; x++)
      data[(top + y) * sheet + left + x] = image[Math.floor(y / times) * 28 + Math.floor(x / times)]!;
  return { width: sheet, height: sheet, data };
}

test("gives the digits of MNIST back as they are, however large and wherever they are drawn", async () => {
  const file = (await imageSets().mnist()).get("t10k-images-idx3-ubyte")!;
  const { data } = openIdx(await readFile(file), "digits").decode();
  for (let at = 0; at < 300; at++) {
    const digit = Uint8Array.from(data.subarray(at * 784, (at + 1) * 784));
    const [times, left, top] = [2 + (at % 3), at % 7, at % 11];
    expect(centredDigit(enlarged(digit, times, 130, left, top)), `digit ${at}`).toEqual(digit);
  }
});

test("keeps proportions: a stroke that is thin stays thin, and its middle lies in the middle pixel", () => {
  const data = new Uint8Array(100 * 100);
  for (let y = 30; y < 70; y++) data.fill(255, y * 100 + 3, y * 100 + 7);
  const found = centredDigit({ width: 100, height: 100, data });
  // 40 × 4 becomes 20 × 2, about the row 14 and the column 14: (14 + 15) / 2 is 14.5, of which half is rounded up.
  const lit = [...found.keys()].filter((at) => found[at]! > 0);
  expect(lit).toHaveLength(40);
  expect(lit.every((at) => found[at] === 255)).toBe(true);
  expect(new Set(lit.map((at) => at % 28))).toEqual(new Set([13, 14]));
  expect(Math.floor(lit[0]! / 28)).toBe(4);
});

test("keeps ink on the image where its centre of mass is far from its middle", () => {
  const data = new Uint8Array(40 * 40);
  for (let y = 0; y < 40; y++) for (let x = 0; x < 40; x++) if (x < 3 || y === 20) data[y * 40 + x] = 255;
  const found = centredDigit({ width: 40, height: 40, data });
  const columns = Array.from({ length: 28 }, (_, x) => found.some((value, at) => at % 28 === x && value > 0));
  expect(columns.filter(Boolean)).toHaveLength(20);
  expect(columns[27]).toBe(true);
});

test("refuses a sheet without ink", () => {
  expect(() => centredDigit({ width: 3, height: 3, data: new Uint8Array(9) })).toThrow("there is nothing on it");
});
