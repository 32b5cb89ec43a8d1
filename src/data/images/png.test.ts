import { describe, expect, test } from "vitest";
import { BadImage, type Decoded } from "./decoded.ts";
import { decodePng, pngHeader } from "./png.ts";
import { type PngParts, pngFile } from "./testing.ts";

/** Whole numbers below 2^depth that don't repeat soon. */
const noise = (count: number, depth: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2654435761) >>> (32 - depth));

/** All pairs of a colour type and a depth, with the samples of a pixel. */
const kinds = [
  ...[1, 2, 4, 8, 16].map((depth) => ({ type: 0, depth, each: 1 })),
  ...[8, 16].map((depth) => ({ type: 2, depth, each: 3 })),
  ...[8, 16].map((depth) => ({ type: 4, depth, each: 2 })),
  ...[8, 16].map((depth) => ({ type: 6, depth, each: 4 })),
];
const sizes = [
  [1, 1],
  [5, 3],
  [9, 8],
  [13, 17],
] as const;

describe("decodePng", () => {
  test.each(kinds)(
    "reads colour type $type with $depth bits, each filter, interlaced or not",
    ({ type, depth, each }) => {
      for (const [width, height] of sizes)
        for (const interlaced of [false, true]) {
          const samples = noise(width * height * each, depth);
          const file = pngFile({ width, height, type, depth, samples, interlaced, filter: (y) => (y + width) % 5 });
          const found = decodePng(file);
          const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
          expect(found).toEqual({
            ...{ width, height, channels: each, white: depth === 16 ? 65535 : 255 },
            data: new (depth === 16 ? Uint16Array : Uint8Array)(samples.map((sample) => sample * scale)),
          });
          expect(pngHeader(file)).toMatchObject({ width, height, grey: type === 0 || type === 4 });
        }
    },
  );

  test.each([1, 2, 4, 8])(
    "looks up colours of a palette by %i bits, with the alpha of those that have one",
    (depth) => {
      const palette = [255, 0, 0, 0, 128, 255];
      const file = { width: 5, height: 2, type: 3, depth, samples: [0, 1, 1, 0, 1, 0, 0, 0, 1, 1] };
      const opaque = decodePng(pngFile({ ...file, parts: [["PLTE", palette]] }));
      expect(opaque).toMatchObject({ channels: 3, white: 255 });
      expect([...opaque.data.slice(0, 6)]).toEqual(palette);
      const parts = [
        ["PLTE", palette],
        ["tRNS", [7]],
      ] as const;
      const found = decodePng(pngFile({ ...file, parts }));
      expect(found.channels).toBe(4);
      expect([...found.data.slice(0, 8)]).toEqual([255, 0, 0, 7, 0, 128, 255, 255]);
    },
  );

  test("gives the transparent colour alpha 0, and every other pixel full alpha", () => {
    const grey = pngFile({ width: 3, height: 1, type: 0, depth: 2, samples: [0, 2, 3], parts: [["tRNS", [0, 2]]] });
    expect(decodePng(grey)).toMatchObject({ channels: 2, data: Uint8Array.of(0, 255, 170, 0, 255, 255) });
    const parts = [["tRNS", [0, 1, 0, 2, 0, 3]]] as const;
    const colours = pngFile({ width: 2, height: 1, samples: [1, 2, 3, 1, 2, 4], parts });
    expect(decodePng(colours)).toMatchObject({ channels: 4, data: Uint8Array.of(1, 2, 3, 0, 1, 2, 4, 255) });
  });

  test("reads pixels that are cut into several parts, beside parts that it doesn't need", () => {
    const file = pngFile({ width: 4, height: 4, samples: noise(48, 8), parts: [["gAMA", [0, 0, 177, 143]]] });
    expect([...decodePng(file).data]).toEqual(noise(48, 8));
  });
});

const small: PngParts = { width: 4, height: 4, samples: noise(48, 8) };

test("a PNG file that ends anywhere is refused, and so is one with a changed byte", () => {
  const file = pngFile(small);
  const whole: Decoded = decodePng(file);
  for (let end = 8; end < file.length; end++) expect(() => decodePng(file.subarray(0, end))).toThrow(BadImage);
  for (let at = 8; at < file.length; at++) {
    const changed = file.slice();
    changed[at]! ^= 1 << (at % 8);
    expect(() => decodePng(changed), `byte ${at}`).toThrow(BadImage);
  }
  expect(decodePng(file)).toEqual(whole);
});

test.each<[string, PngParts]>([
  ["it has no pixels: it is 0 wide and 4 high", { ...small, header: (b) => b.set([0, 0, 0, 0], 0) }],
  [
    "it has 400 million pixels, 20000 by 20000; at most 100 million are read",
    { ...small, header: (b) => b.set([0, 0, 78, 32, 0, 0, 78, 32], 0) },
  ],
  ["it has fewer pixels than its header says", { ...small, header: (b) => b.set([0, 0, 8, 0, 0, 0, 8, 0], 0) }],
  ["it has more pixels than its header says", { ...small, header: (b) => b.set([0, 0, 0, 3], 4) }],
  ["it has more pixels than its header says", { width: 9, height: 9, samples: new Uint8Array(243), header: (b) => b.set([0, 0, 0, 4, 0, 0, 0, 8], 0) }], // biome-ignore format: one line
  ["its header names colour type 5 with 8 bits", { ...small, header: (b) => b.set([5], 9) }],
  ["its header names colour type 2 with 4 bits", { ...small, header: (b) => b.set([4], 8) }],
  ["a compression, filter or interlacing that PNG doesn't have", { ...small, header: (b) => b.set([2], 12) }],
  ["a row has the filter 7, which PNG doesn't have", { ...small, filter: () => 7 }],
  ["it has no palette of colours", { width: 1, height: 1, type: 3, samples: [0] }],
  [
    "a pixel has colour 2, its palette has 1",
    { width: 1, height: 1, type: 3, samples: [2], parts: [["PLTE", [1, 2, 3]]] },
  ],
  ["its transparent colour has a wrong length", { ...small, parts: [["tRNS", [1]]] }],
  ['it has a part "WXYZ" that isn\'t known', { ...small, parts: [["WXYZ", [1]]] }],
])("decodePng says that %s", (message, parts) => {
  expect(() => decodePng(pngFile(parts))).toThrow(message);
});
