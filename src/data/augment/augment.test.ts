import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { philoxWords } from "../../random/philox.ts";
import type { ImageForm } from "../images/form.ts";
import { type AugmentationConfig, augmentationFamily, augmentedForm, augmenter, parseAugmentations } from "./index.ts";
import { sineAndCosine } from "./rotate.ts";

const form = (height: number, width: number, channels = 1): ImageForm => ({ height, width, channels });

/** One image for each place, after its changes in an epoch. */
function changed(
  configs: readonly AugmentationConfig[],
  image: ArrayLike<number>,
  of: ImageForm,
  { count = 1, epoch = 1, seed = 1, first = 0 } = {},
): number[][] {
  const images = new Float32Array(count * image.length);
  for (let i = 0; i < count; i++) images.set(Float32Array.from(image), i * image.length);
  augmenter(configs, of, seed)(images, epoch, (i) => first + i);
  return Array.from({ length: count }, (_, i) => [...images.subarray(i * image.length, (i + 1) * image.length)]);
}

const ramp = (size: number): number[] => Array.from({ length: size }, (_, i) => i + 1);

/** Images of any small form, from 1 on so that no pixel is 0. */
const forms = fc.record({
  height: fc.integer({ min: 3, max: 7 }),
  width: fc.integer({ min: 3, max: 7 }),
  channels: fc.constantFrom(1, 3),
});

describe("shift", () => {
  test("moves each pixel by one distance, at most n, and brings in zeros", () => {
    fc.assert(
      fc.property(forms, fc.integer({ min: 1, max: 2 }), fc.nat(1e6), (of, pixels, seed) => {
        const { height, width, channels } = of;
        const [image] = changed([{ name: "shift", pixels }], ramp(height * width * channels), of, { seed });
        const places = image!.flatMap((value, at) => (value === 0 ? [] : [{ at, from: value - 1 }]));
        const rowOf = (at: number) => Math.floor(at / (width * channels));
        const columnOf = (at: number) => Math.floor(at / channels) % width;
        const [dx, dy] = [
          columnOf(places[0]!.at) - columnOf(places[0]!.from),
          rowOf(places[0]!.at) - rowOf(places[0]!.from),
        ];
        expect(Math.max(Math.abs(dx), Math.abs(dy))).toBeLessThanOrEqual(pixels);
        expect(places).toHaveLength((height - Math.abs(dy)) * (width - Math.abs(dx)) * channels);
        for (const { at, from } of places) expect(at - from).toBe((dy * width + dx) * channels);
      }),
      { numRuns: 40 },
    );
  });

  test("takes each of the (2n + 1)² distances about as often", () => {
    const middle = [0, 0, 0, 0, 1, 0, 0, 0, 0];
    const found = changed([{ name: "shift", pixels: 1 }], middle, form(3, 3), { count: 9000 });
    const counts = new Array<number>(9).fill(0);
    for (const image of found) counts[image.indexOf(1)]!++;
    // χ² with 8 degrees of freedom is above 26.1 once in a thousand seeds; this one is fixed.
    expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(26.1);
  });

  test("fills with the nearest pixel or a reflection where that is asked for", () => {
    const seen = (edge: "zero" | "nearest" | "reflect") =>
      new Set(
        changed([{ name: "shift", pixels: 2, edge }], [1, 2, 3, 1, 2, 3, 1, 2, 3], form(3, 3), { count: 300 }).map(
          (image) => image.slice(3, 6).join(""),
        ),
      );
    expect(seen("nearest")).toEqual(new Set(["123", "112", "111", "233", "333"]));
    expect(seen("reflect")).toEqual(new Set(["123", "212", "321", "232"]));
    expect(seen("zero")).toEqual(new Set(["123", "012", "001", "230", "300", "000"]));
  });

  test("moves rows as it moves columns", () => {
    const edge = "reflect" as const;
    const turned = [1, 1, 1, 2, 2, 2, 3, 3, 3];
    const found = changed([{ name: "shift", pixels: 2, edge }], turned, form(3, 3), { count: 300 });
    expect(new Set(found.map((image) => [image[1], image[4], image[7]].join("")))).toEqual(
      new Set(["123", "212", "321", "232"]),
    );
  });

  test("must be smaller than the image", () => {
    expect(() => augmenter([{ name: "shift", pixels: 3 }], form(3, 8), 1)).toThrow(
      "augment shift: pixels must be below the 3 pixels of the image's shorter side, received 3",
    );
  });
});

describe("flip", () => {
  test("mirrors rows, pixel by pixel, or leaves an image as it is", () => {
    fc.assert(
      fc.property(forms, fc.nat(1e6), (of, seed) => {
        const { height, width, channels } = of;
        const image = ramp(height * width * channels);
        const mirrored = image.map((_, at) => {
          const [pixel, c] = [Math.floor(at / channels), at % channels];
          return image[(pixel - (pixel % width) + width - 1 - (pixel % width)) * channels + c]!;
        });
        const [found] = changed([{ name: "flip" }], image, of, { seed });
        expect([image, mirrored]).toContainEqual(found);
        expect(changed([{ name: "flip", chance: 1 }], image, of, { seed })[0]).toEqual(mirrored);
      }),
      { numRuns: 40 },
    );
  });

  test("does so with its chance", () => {
    const share = (chance: number) =>
      changed([{ name: "flip", chance }], [1, 2], form(1, 2), { count: 4000 }).filter(([first]) => first === 2).length /
      4000;
    // Four standard errors are 0.032.
    expect(Math.abs(share(0.5) - 0.5)).toBeLessThan(0.032);
    expect(Math.abs(share(0.1) - 0.1)).toBeLessThan(0.02);
  });
});

describe("erase", () => {
  test("covers a square, or the part of it that lies within, and changes nothing else", () => {
    fc.assert(
      fc.property(forms, fc.integer({ min: 1, max: 3 }), fc.nat(1e6), (of, size, seed) => {
        const { height, width, channels } = of;
        const image = ramp(height * width * channels);
        const [found] = changed([{ name: "erase", size, value: -1 }], image, of, { seed });
        const gone = found!.flatMap((value, at) => (value === -1 ? [Math.floor(at / channels)] : []));
        for (const [at, value] of found!.entries()) if (value !== -1) expect(value).toBe(image[at]);
        const [rows, columns] = [gone.map((pixel) => Math.floor(pixel / width)), gone.map((pixel) => pixel % width)];
        const extent = (places: number[]) => Math.max(...places) - Math.min(...places) + 1;
        expect(gone).toHaveLength(extent(rows) * extent(columns) * channels);
        for (const [places, length] of [
          [rows, height],
          [columns, width],
        ] as const) {
          expect(extent(places)).toBeLessThanOrEqual(size);
          const touches = Math.min(...places) === 0 || Math.max(...places) === length - 1;
          if (!touches) expect(extent(places)).toBe(size);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("has its middle at each pixel about as often", () => {
    const found = changed([{ name: "erase", size: 1 }], new Array(9).fill(1), form(3, 3), { count: 9000 });
    const counts = new Array<number>(9).fill(0);
    for (const image of found) counts[image.indexOf(0)]!++;
    expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(26.1);
  });

  test("must fit the image", () => {
    expect(() => augmenter([{ name: "erase", size: 4 }], form(3, 8), 1)).toThrow("must be at most the 3 pixels");
  });
});

describe("rotate", () => {
  test("keeps the middle and the sum of what stays inside", () => {
    const image = new Array(81).fill(0);
    for (const at of [30, 31, 32, 39, 40, 41, 48, 49, 50]) image[at] = 1;
    for (const found of changed([{ name: "rotate", degrees: 30 }], image, form(9, 9), { count: 20 })) {
      expect(found[40]).toBeCloseTo(1, 5);
      expect(Math.abs(found.reduce((sum, value) => sum + value, 0) - 9)).toBeLessThan(0.5);
    }
  });

  test("turns a ramp into the ramp of the turned coordinates", () => {
    // Away from the edge, interpolation of a linear function is exact.
    const size = 11;
    const image = Array.from({ length: size * size }, (_, at) => 10 + (at % size) - 5);
    changed([{ name: "rotate", degrees: 40 }], image, form(size, size), { count: 8, seed: 3 }).forEach(
      (found, place) => {
        const word = philoxWords([3, 1], 0x4155474d, [place, 0])();
        const angle = ((2 * word) / 2 ** 32 - 1) * 40 * (Math.PI / 180);
        for (const [x, y] of [
          [5, 5],
          [6, 5],
          [5, 7],
          [3, 4],
        ] as const)
          expect(found[y * size + x]).toBeCloseTo(10 + Math.cos(angle) * (x - 5) + Math.sin(angle) * (y - 5), 4);
      },
    );
  });

  test("sineAndCosine is right to 1e-12", () => {
    for (let angle = -Math.PI; angle <= Math.PI; angle += 0.01) {
      const [sine, cosine] = sineAndCosine(angle);
      expect(Math.abs(sine - Math.sin(angle))).toBeLessThan(1e-12);
      expect(Math.abs(cosine - Math.cos(angle))).toBeLessThan(1e-12);
    }
  });
});

describe("augmenter", () => {
  const list: AugmentationConfig[] = [{ name: "shift", pixels: 1 }, { name: "flip" }, { name: "rotate", degrees: 20 }];
  const image = ramp(48);
  const of = form(4, 4, 3);

  test("gives an image by its place, epoch and seed, whatever lies beside it", () => {
    const all = changed(list, image, of, { count: 20 });
    for (const place of [0, 7, 19]) expect(changed(list, image, of, { first: place })[0]).toEqual(all[place]);
    expect(changed(list, image, of, { count: 20 })).toEqual(all);
    for (const other of [{ epoch: 2 }, { seed: 2 }, { first: 20 }])
      expect(changed(list, image, of, { count: 20, ...other })).not.toEqual(all);
  });

  test("draws apart for each change of a list", () => {
    // Were the draws the same, two shifts would always go the same way.
    const twice = changed(
      [
        { name: "shift", pixels: 1 },
        { name: "shift", pixels: 1 },
      ],
      ramp(49),
      form(7, 7),
      { count: 60 },
    );
    const distances = twice.map((found) => found.indexOf(25) - 24);
    expect(new Set(distances).size).toBeGreaterThan(9);
  });

  test("does nothing for an empty list", () => {
    expect(changed([], image, of)[0]).toEqual(image);
  });

  // Bits that must never change: a training that is resumed elsewhere sees the same images.
  test("gives the bits that it always gave", () => {
    const found = changed(
      [{ name: "shift", pixels: 1 }, { name: "flip" }, { name: "rotate", degrees: 45 }, { name: "erase", size: 1 }],
      ramp(9),
      form(3, 3),
      { seed: 5, epoch: 3, first: 11 },
    );
    expect(found[0]).toMatchInlineSnapshot(`
      [
        0.9396807551383972,
        0,
        0,
        3.954739570617676,
        3,
        0.23621302843093872,
        3.485682249069214,
        2.2364301681518555,
        0,
      ]
    `);
  });
});

describe("parseAugmentations", () => {
  test.each<[string, unknown[]]>([
    ["shift:2 flip", [{ name: "shift", pixels: 2 }, { name: "flip" }]],
    [" crop:4,edge=reflect ", [{ name: "crop", pixels: 4, edge: "reflect" }]],
    [
      "crop:4  flip:0.3",
      [
        { name: "crop", pixels: 4 },
        { name: "flip", chance: 0.3 },
      ],
    ],
    ["shift:pixels=3,edge=nearest", [{ name: "shift", pixels: 3, edge: "nearest" }]],
    ["none", []],
    ["", []],
    ["spin:4", [{ name: "spin" }]],
  ])("reads %o", (typed, expected) => {
    expect(parseAugmentations(typed)).toEqual(expected);
  });

  test.each([
    ["shift:2,shift:3", '"shift:pixels=2,shift:3" must have a space before each augmentation, as in shift:pixels=2 shift:3'],
    ["shift:2,flip", "must have a space before each augmentation, as in shift:pixels=2 flip"],
    ["(", '"(" must begin with the name of an augmentation, and a colon before its options, as in shift:…'],
  ])("says what is wrong with %s", (typed, message) => expect(() => parseAugmentations(typed)).toThrow(message)); // biome-ignore format: one line

  test("knows what papers call the changes", () => {
    expect(augmentationFamily.aliases).toMatchObject({ crop: "shift", cutout: "erase" });
  });
});

describe("augmentedForm", () => {
  const fields = (shape: number[]) => ({ x: { shape, dtype: "float32" as const } });
  test.each<[string, Parameters<typeof augmentedForm>[0], string]>([
    [
      "a table",
      { name: "table", fields: fields([4]) },
      "augment: table must hold images, [rows, columns] or [rows, columns, channels], received x [4]: omit augment (--augment)",
    ],
    ["sequences", { name: "adding", fields: fields([100, 2]), drawing: "…" }, "received sequences"],
    [
      "padded sequences",
      { name: "s", fields: { ...fields([9, 2]), lengths: { shape: [], dtype: "int32" } } },
      "received sequences",
    ],
    ["no field", { name: "s", fields: {} }, "received x is not there"],
  ])("refuses %s", (_, data, message) => {
    expect(() => augmentedForm(data, "x")).toThrow(message);
  });

  test("is that of an image", () => {
    expect(augmentedForm({ name: "m", fields: fields([28, 28]) }, "x")).toEqual(form(28, 28));
    expect(augmentedForm({ name: "c", fields: fields([32, 30, 3]) }, "x")).toEqual(form(32, 30, 3));
  });
});
