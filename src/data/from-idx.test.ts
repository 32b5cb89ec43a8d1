import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { integers, type LabelledSplit } from "./dataset.ts";
import { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "./from-idx.ts";
import { encodeIdx, type IdxData } from "./idx.ts";

const names = { trainImages: "a.idx3", trainLabels: "a.idx1", testImages: "b.idx3", testLabels: "b.idx1" };

const images = (count: number, data: IdxData = new Uint8Array(count * 6).map((_, i) => i)) =>
  encodeIdx({ shape: [count, 2, 3], data });
const labels = (count: number, data: IdxData = new Uint8Array(count).map((_, i) => i % 10)) =>
  encodeIdx({ shape: [count], data });

/** An IDX file of zeros, compressed without ever being whole: the header, then members of at most 2²⁰ zeros. */
function zeros(shape: readonly number[]): Uint8Array {
  const head = Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [n >>> 24, n >>> 16, n >>> 8, n]));
  const count = shape.reduce((product, size) => product * size, 1);
  const million = gzipSync(new Uint8Array(2 ** 20));
  const parts = Array.from({ length: Math.floor(count / 2 ** 20) }, () => million);
  return Buffer.concat([gzipSync(head), ...parts, gzipSync(new Uint8Array(count % 2 ** 20))]);
}

/** Twenty examples to train and to validate with, four to test with. */
const good: IdxFiles = {
  trainImages: images(20),
  trainLabels: labels(20),
  testImages: images(4),
  testLabels: labels(4),
};

const load = (files: Partial<IdxFiles> = {}, options: FromIdxOptions = {}) =>
  datasetFromIdx({ ...good, ...files }, { fileNames: names, ...options });

async function refusal(files: Partial<IdxFiles>, options: FromIdxOptions = {}): Promise<string> {
  const error: unknown = await load(files, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe("datasetFromIdx", () => {
  test("draws a sixth for validation by seed 0, rounded down, and says so", async () => {
    const { train, valid, test: held, ...rest } = await load();
    expect([train.name, train.size, valid.name, valid.size, held.name, held.size]).toEqual([
      "train",
      17,
      "valid",
      3,
      "test",
      4,
    ]);
    expect(Array.from(held.fields.label.data)).toEqual([0, 1, 2, 3]);
    expect(rest).toEqual({
      name: "idx",
      fields: {
        x: { shape: [2, 3], dtype: "float32" },
        label: { shape: [], dtype: "int32", classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] },
      },
      splitNote:
        "20 training examples: 17 to train on, 3 (one sixth, rounded down) to validate, drawn by seed 0 in proportion " +
        "to the classes; 4 to test.",
    });
  });

  test("keeps the order of files of a published size: the first five sixths train, the last sixth validates", async () => {
    const { train, valid, splitNote } = await load({}, { publishedSize: 20 });
    expect(Array.from(train.fields.label.data)).toEqual(Array.from({ length: 17 }, (_, i) => i % 10));
    expect(Array.from(valid.fields.label.data)).toEqual([7, 8, 9]);
    expect(Array.from(valid.fields.x.data)).toEqual(
      Array.from({ length: 18 }, (_, i) => Math.fround((17 * 6 + i) / 255)),
    );
    expect(splitNote).toBe(
      "20 training examples: the first 17 to train on, the last 3 (one sixth, rounded down) to validate; 4 to test.",
    );
    const limited = await load({}, { publishedSize: 20, limit: 5 });
    expect(limited.train.fields.x.data).toEqual(train.fields.x.data.slice(0, 30));
    expect(limited.train.fields.label.data).toEqual(train.fields.label.data.slice(0, 5));
    expect(await load({}, { publishedSize: 21 })).toEqual(await load());
    expect(await refusal({}, { publishedSize: 20, splitSeed: 1 })).toBe(
      "data: idx keeps the published order of its files, splitSeed 1 draws nothing",
    );
  });

  test("keeps every training example, with its label, in exactly one split", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 200 }), fc.nat(2 ** 32 - 1), async (count, splitSeed) => {
        const labelled = Int32Array.from({ length: count }, (_, i) => (i * i) % 7);
        const pixels = new Float32Array(count * 6).map((_, at) => Math.floor(at / 6) / 256);
        const files = { trainImages: images(count, pixels), trainLabels: labels(count, labelled) };
        const { train, valid } = await load(files, { splitSeed });
        const seen = [...train.fields.x.data, ...valid.fields.x.data]
          .filter((_, at) => at % 6 === 0)
          .map((value) => value * 256);
        expect([...train.fields.label.data, ...valid.fields.label.data].join()).toBe(
          seen.map((example) => labelled[example]).join(),
        );
        expect(seen.sort((a, b) => a - b).join()).toBe(Array.from({ length: count }, (_, i) => i).join());
        expect(valid.size).toBe(Math.max(1, Math.floor(count / 6)));
        expect(train.fields.x.data.length).toBe(6 * train.size);
      }),
      { numRuns: 25 },
    );
  });

  test("gives each split of a sorted file, and each limit, all classes in proportion", async () => {
    const sorted = labels(
      1200,
      Uint8Array.from({ length: 1200 }, (_, i) => Math.floor(i / 120)),
    );
    const pixels = new Uint8Array(7200);
    const counts = ({ fields }: LabelledSplit) =>
      Array.from({ length: 10 }, (_, label) => integers(fields.label).filter((found) => found === label).length);
    const files = { trainImages: images(1200, pixels), trainLabels: sorted };
    const whole = await load(files);
    expect([counts(whole.train), counts(whole.valid)]).toEqual([new Array(10).fill(100), new Array(10).fill(20)]);
    // The first examples are as mixed as the rest: 100 in random order have fewer than 3 runs of one class with no seed.
    expect(
      integers(whole.train.fields.label)
        .slice(0, 100)
        .filter((label, i, all) => label === all[i - 1]).length,
    ).toBeLessThan(30);
    const limited = await load(files, { limit: 50 });
    expect(counts(limited.train)).toEqual(new Array(10).fill(5));
    expect(limited.valid).toEqual(whole.valid);
    expect((await load(files, { splitSeed: 1 })).valid.fields.label.data).not.toEqual(whole.valid.fields.label.data);
    expect(await load(files, { splitSeed: 0 })).toEqual(whole);
    expect(whole.warnings).toEqual([
      "a.idx1: examples are sorted or grouped by class (10 runs of one class, about 1081 in random order); " +
        "the splits are drawn by seed",
    ]);
  });

  test("reads the number of classes from the labels of both files, and refuses labels that skip a number", async () => {
    const held = { trainLabels: labels(20, new Uint8Array(20)), testLabels: labels(4, Uint8Array.of(0, 1, 2, 0)) };
    const { fields, valid, train } = await load(held);
    expect(fields.label.classes).toEqual(["0", "1", "2"]);
    expect(valid).toEqual((await load(held, { classes: 3 })).valid);
    expect(train.fields.label.data).toEqual(new Int32Array(17));
    const fix = "; give the number of classes with --classes N, or as `classes`";
    expect(await refusal({ ...held, testLabels: labels(4, Uint8Array.of(0, 3, 1, 0)) })).toBe(
      `data: the largest label is 3 and no example has the label 2${fix}`,
    );
    expect(await refusal({ ...held, testLabels: labels(4, new Uint8Array(4)) })).toBe(
      `data: all labels are 0, at least 2 classes are needed${fix}`,
    );
    expect(await refusal({ ...held, testLabels: labels(4, Int32Array.of(0, 2 ** 30, 1, 0)) })).toBe(
      `data: labels must be in 0..1048575, example 1 (counted from 0) of b.idx1 has ${2 ** 30}`,
    );
  });

  test("scales each of the 256 ubyte values by 1/255", async () => {
    const data = Uint8Array.from({ length: 258 }, (_, i) => i % 256);
    const { train } = await load(
      {
        trainImages: encodeIdx({ shape: [2, 129], data }),
        trainLabels: labels(2),
        testImages: encodeIdx({ shape: [4, 129], data: new Uint8Array(4 * 129) }),
      },
      { publishedSize: 2 },
    );
    expect(Array.from(train.fields.x.data)).toEqual(
      Array.from(data.subarray(0, 129), (value) => Math.fround(value / 255)),
    );
    expect(train.fields.x.data[0]).toBe(0);
  });

  test.each([Float32Array, Float64Array])("takes pixels of %o as they are, a negative zero as zero", async (Floats) => {
    const data = new Floats(Array.from({ length: 24 }, (_, i) => i / 23));
    data[0] = -0;
    const { test: held } = await load({ testImages: images(4, data) });
    expect(Array.from(held.fields.x.data)).toEqual(Array.from(data, (value) => Math.fround(value) + 0));
    expect(Object.is(held.fields.x.data[0], 0)).toBe(true);
  });

  test.each([Int8Array, Int16Array, Int32Array])("takes labels of %o", async (Integers) => {
    const { test: held } = await load({ testLabels: labels(4, Integers.of(9, 0, 3, 9)) });
    expect(Array.from(held.fields.label.data)).toEqual([9, 0, 3, 9]);
  });

  test("takes any mixture of plain and compressed files", async () => {
    const plain = await load();
    const mixed = await load({ trainImages: gzipSync(good.trainImages), testLabels: gzipSync(good.testLabels) });
    expect(mixed).toEqual(plain);
  });

  test("limits the training split alone", async () => {
    const whole = await load();
    const limited = await load({}, { limit: 5 });
    expect(limited.train).toMatchObject({ size: 5, fields: { label: { shape: [5] }, x: { shape: [5, 2, 3] } } });
    expect(limited.valid).toEqual(whole.valid);
    expect(limited.test).toEqual(whole.test);
    expect(limited.splitNote).toContain("The limit omits 12.");
    expect(await load({}, { limit: 17 })).toEqual(whole);
    const all = await load({}, { limit: 18 });
    const warning = "the limit of 18 is more than the 17 examples to train on: all of them are used";
    expect(all).toEqual({ ...whole, warnings: [...(whole.warnings ?? []), warning] });
  });
});

describe("datasetFromIdx refuses", () => {
  const pixelsWith = (at: number, value: number) => {
    const data = new Float32Array(120).fill(0.5);
    data[at] = value;
    return images(20, data);
  };

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.25, 1.5])(
    "the pixel %d, naming file, image, pixel and value",
    async (value) => {
      // Also where a limit would leave the image out.
      for (const limit of [undefined, 1]) {
        expect(await refusal({ trainImages: pixelsWith(13 * 6 + 4, value) }, { limit })).toBe(
          `data: pixels must be within [0, 1], image 13 of a.idx3 has ${value} at pixel 4 (both counted from 0)`,
        );
      }
    },
  );

  test.each([10, 200])("the label %d of a later example, naming file, example and value", async (value) => {
    expect(await refusal({ testLabels: labels(4, Uint8Array.of(1, 2, value, 0)) }, { classes: 10 })).toBe(
      `data: labels must be in 0..9, example 2 (counted from 0) of b.idx1 has ${value}`,
    );
  });

  test("a negative label", async () => {
    expect(await refusal({ testLabels: labels(4, Int8Array.of(1, -1, 2, 0)) })).toContain("b.idx1 has -1");
  });

  test("labels and images whose files are swapped", async () => {
    expect(await refusal({ trainImages: good.trainLabels, trainLabels: good.trainImages })).toBe(
      "data: a.idx3 holds labels where images are expected, and a.idx1 images: the two are swapped",
    );
    expect(await refusal({ testImages: good.testLabels, testLabels: good.testImages })).toContain(
      "b.idx3 holds labels",
    );
  });

  test("training and test files that are swapped", async () => {
    const message = await refusal({ trainImages: good.testImages, testImages: good.trainImages });
    expect(message).toBe(
      "data: a.idx3 holds 4 images and a.idx1 20 labels, the counts must be equal; a.idx3 and b.idx3 may be swapped",
    );
  });

  test.each<[string, Partial<IdxFiles>, string]>([
    ["fewer labels than images", { trainLabels: labels(19) }, "a.idx3 holds 20 images and a.idx1 19 labels"],
    ["more labels than images", { testLabels: labels(5) }, "b.idx3 holds 4 images and b.idx1 5 labels"],
    ["a label file in place of images", { trainImages: labels(20) }, "a.idx3 must hold images (rank 2 or more)"],
    ["an image file in place of labels", { testLabels: images(4) }, "b.idx1 must hold labels (rank 1), its rank is 3"],
    ["images of 16-bit integers", { testImages: images(4, new Int16Array(24)) }, "they are int16"],
    ["labels that are not integers", { trainLabels: labels(20, new Float32Array(20)) }, "they are float32"],
    [
      "images of two shapes",
      { testImages: encodeIdx({ shape: [4, 3, 2], data: new Uint8Array(24) }) },
      "those of a.idx3 are [2, 3] and those of b.idx3 are [3, 2]",
    ],
    ["no test images", { testImages: images(0), testLabels: labels(0) }, "b.idx3 holds no images"],
    ["no training images", { trainImages: images(0), trainLabels: labels(0) }, "a.idx3 holds no images"],
    ["one training image", { trainImages: images(1), trainLabels: labels(1) }, "at least 2 images"],
    [
      "images without pixels",
      { trainImages: encodeIdx({ shape: [20, 0, 3], data: new Uint8Array(0) }) },
      "the images of a.idx3 have no pixels, their shape is [0, 3]",
    ],
    ["a truncated file", { trainLabels: good.trainLabels.subarray(0, 20) }, "a.idx1 ends after 20 bytes"],
  ])("%s", async (_, files, message) => {
    expect(await refusal(files)).toContain(message);
  });

  test.each([-1, 2 ** 32, 0.5, Number.NaN])("the seed %d of a split", async (splitSeed) => {
    expect(await refusal({}, { splitSeed })).toContain(`data: splitSeed must be a whole number`);
  });

  test("a label file of two axes, with its shape", async () => {
    const oneHot = encodeIdx({ shape: [4, 10], data: new Uint8Array(40) });
    expect(await refusal({ testLabels: oneHot })).toBe(
      "data: b.idx1 must hold labels (rank 1), its rank is 2: [4, 10]",
    );
  });

  test("more than memory holds, before anything is unpacked", async () => {
    // 3 MB that unpack to 3 GB and make 12 GB of numbers: refused by labels that do not fit, without unpacking any.
    const bomb = zeros([3_000_000, 1000]);
    expect(bomb.length).toBeLessThan(4_000_000);
    const before = process.memoryUsage().rss;
    expect(await refusal({ trainImages: bomb })).toContain("a.idx3 holds 3000000 images and a.idx1 20 labels");
    const { availableMemory } = process;
    process.availableMemory = () => 14e9;
    try {
      expect(await refusal({ trainImages: bomb, trainLabels: zeros([3_000_000]), testImages: zeros([4, 1000]) })).toBe(
        "data: idx, with inputs [1000], takes 15 GB of memory, 14 GB are available",
      );
    } finally {
      process.availableMemory = availableMemory;
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  test.each([0, -1, 2.5, Number.NaN])("the limit %d", async (limit) => {
    expect(await refusal({}, { limit })).toContain(`data: limit must be a whole number at least 1, received ${limit}`);
  });

  test("a number of classes that is none, or differs from that of the names", async () => {
    expect(await refusal({}, { classes: 1 })).toContain("at least 2, received 1");
    expect(await refusal({}, { classes: 2.5 })).toContain("received 2.5");
    for (const classes of [2 ** 20 + 1, 2 ** 31, 2 ** 53]) {
      expect(await refusal({}, { classes })).toContain(`an integer of at most 1048576, received ${classes}`);
    }
    expect(await refusal({}, { classes: 3, classNames: ["a", "b"] })).toContain("3 classes need as many names, 2");
    expect(await refusal({}, { classNames: ["a", "b"] })).toContain("labels must be in 0..1, example 2");
  });

  test("a damaged file by a name of its own where none is given", async () => {
    await expect(datasetFromIdx({ ...good, testLabels: new Uint8Array(3) })).rejects.toThrow(
      "idx: the test labels ends after 3 bytes",
    );
  });
});
