import { describe, expect, test } from "vitest";
import { array, NdArray } from "../graph/index.ts";
import { checkDataset } from "./check.ts";
import type { Dataset, Split } from "./dataset.ts";
import { datasetFromArrays } from "./from-arrays.ts";
import { countsOf } from "./split.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
/** Example i has x = (i, −i), y = i/2, and is a cat, a dog or a cow, sorted: 30, 18 and 12 of them. */
const kinds = numbers(60).map((i) => (i < 30 ? "cat" : i < 48 ? "dog" : "cow"));
const given = { x: numbers(60).map((i) => [i, -i]), y: numbers(60).map((i) => i / 2), kind: kinds };
const partsOf = <Name extends string>({ train, valid, test: held }: Dataset<Name>) => [train, valid, held];

describe("datasetFromArrays with one record", () => {
  test("infers each field's name, type, shape and classes", () => {
    const data = datasetFromArrays(given);
    const typed: Dataset<"x" | "y" | "kind"> = data;
    // @ts-expect-error: the names are known to the compiler.
    expect(typed.fields.z).toBeUndefined();
    expect(data.fields).toEqual({
      x: { shape: [2], dtype: "float32" },
      y: { shape: [], dtype: "float32" },
      kind: { shape: [], dtype: "int32", classes: ["cat", "cow", "dog"] },
    });
    expect(data.name).toBe("arrays");
    checkDataset("own", data);
  });

  test("keeps rows together, each example in one split, in random order, a sixth of each class in both held-out splits", () => {
    const data = datasetFromArrays(given);
    const seen: number[] = [];
    for (const { fields, size } of partsOf(data)) {
      const order = Array.from(fields.y.data, (y) => 2 * y);
      expect(Array.from(fields.x.data)).toEqual(order.flatMap((i) => [i, -i]));
      expect(Array.from(fields.kind.data, (label) => ["cat", "cow", "dog"][label])).toEqual(order.map((i) => kinds[i]));
      expect(order).not.toEqual(order.toSorted((a, b) => a - b));
      expect(fields.kind.shape).toEqual([size]);
      seen.push(...order);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(numbers(60));
    const counts = partsOf(data).map(({ fields }) => countsOf(Int32Array.from(fields.kind.data), 3));
    expect(counts).toEqual([
      [20, 8, 12],
      [5, 2, 3],
      [5, 2, 3],
    ]);
    expect(data.splitNote).toBe(
      "60 examples: 40 to train on, 10 to validate, 10 to test, drawn by seed 0 in proportion to the classes of kind.",
    );
  });

  test("is a function of the seed, and draws from all examples alike where nothing is stratified", () => {
    expect(datasetFromArrays(given)).toEqual(datasetFromArrays(given, { seed: 0 }));
    expect(datasetFromArrays(given, { seed: 1 }).test).not.toEqual(datasetFromArrays(given).test);
    const { x, y } = given;
    const plain = datasetFromArrays({ x, y }, { valid: 7, test: 0.25, name: "plain" });
    expect([plain.name, ...partsOf(plain).map(({ size }) => size)]).toEqual(["plain", 38, 7, 15]);
    expect(plain.splitNote).toBe("60 examples: 38 to train on, 7 to validate, 15 to test, drawn by seed 0.");
    expect(datasetFromArrays(given, { stratify: false }).splitNote).toMatch(/drawn by seed 0\.$/);
    // Binomial without replacement: each example is tested with probability ¼ in 400 draws; 60 two-sided tests at 5 sd err with 4e-5.
    const tested = new Array<number>(60).fill(0);
    for (let seed = 0; seed < 400; seed++)
      for (const half of datasetFromArrays({ y }, { test: 15, seed }).test.fields.y.data) tested[2 * half]!++;
    for (const times of tested) expect(Math.abs(times - 100)).toBeLessThan(5 * Math.sqrt(400 * 0.25 * 0.75));
  });

  test("trains on a limit of examples, each class in proportion, and keeps the held-out splits", () => {
    const all = datasetFromArrays(given);
    const { train, valid, test: held, splitNote } = datasetFromArrays(given, { limit: 10 });
    expect([valid, held]).toEqual([all.valid, all.test]);
    expect(countsOf(Int32Array.from(train.fields.kind.data), 3)).toEqual([5, 2, 3]);
    expect(splitNote).toMatch(/The limit omits 30\.$/);
    const more = datasetFromArrays(given, { limit: 41 });
    expect(more).toEqual({
      ...all,
      warnings: [expect.stringContaining("the limit of 41 is more than the 40 examples")],
    });
    expect(() => datasetFromArrays(given, { limit: 0 })).toThrow("limit must be a whole number at least 1, received 0");
  });

  test("takes typed arrays, NdArrays, rows of typed arrays and single bytes", () => {
    const { fields } = datasetFromArrays({
      a: Float32Array.of(1, 2, 3),
      b: Int32Array.of(4, 5, 6),
      c: Float64Array.of(0.1, 0.2, 0.3),
      d: Uint8Array.of(7, 8, 9),
      e: array([
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ]),
      f: [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)],
      label: Uint8Array.of(0, 1, 0),
    });
    expect(Object.entries(fields).map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape}`)).toEqual([
      "a float32 ",
      "b int32 ",
      "c float32 ",
      "d float32 ",
      "e float32 2,1",
      "f float32 2",
      "label int32 ",
    ]);
    expect(fields.label.classes).toEqual(["0", "1"]);
  });

  test("names and counts classes as it is told, of any field", () => {
    const named = datasetFromArrays({ label: [0, 1, 1, 0] }, { classes: { label: ["no", "yes", "maybe"] } });
    expect(named.fields.label.classes).toEqual(["no", "yes", "maybe"]);
    const counted = datasetFromArrays({ digit: [0, 4, 4, 0] }, { classes: { digit: 5 } });
    expect(counted.fields.digit).toEqual({ shape: [], dtype: "int32", classes: ["0", "1", "2", "3", "4"] });
    const ordered = datasetFromArrays({ size: ["small", "large", "small"] }, { classes: { size: ["small", "large"] } });
    expect(
      partsOf(ordered)
        .flatMap(({ fields }) => [...fields.size.data])
        .sort(),
    ).toEqual([0, 0, 1]);
  });

  test("needs no more than three examples, one for each split", () => {
    expect(partsOf(datasetFromArrays({ x: [1, 2, 3] })).map(({ size }) => size)).toEqual([1, 1, 1]);
  });

  test.each<[string, object, object, string]>([
    ["lengths that differ", { x: [1, 2, 3], y: [1, 2] }, {}, "every field must have as many rows, x has 3 and y has 2"],
    ["no fields", {}, {}, "at least one field is needed, received none"],
    ["no examples", { x: [] }, {}, "there must be at least one example, received none"],
    ["a list of examples", [{ x: 1 }], {}, "must be given a record of arrays, received"],
    ["a number", { x: 5 }, {}, "x must be an NdArray, a typed array or a list of rows, received 5"],
    ["a scalar", { x: array(5) }, {}, "x must have a row for each example, received an NdArray float32[]"],
    ["ragged rows", { x: [[1, 2], [3]] }, {}, "x: row 1 must be numbers of the shape [2], as row 0 is, received [3]"],
    ["a gap", { x: [1, null, 3] }, {}, "x: row 1 must be a number, received null"],
    ["empty rows", { x: [[], []] }, {}, "x: row 0 must hold at least one number, received []"],
    ["a text among numbers", { x: [1, "2", 3] }, {}, 'x: row 1 must be a number, received "2"'],
    ["a number among texts", { kind: ["a", 2, "b"] }, {}, "kind: row 1 must be a text like row 0, received 2"],
    [
      "NaN",
      {
        x: [
          [1, 2],
          [3, Number.NaN],
          [4, 5],
        ],
      },
      {},
      "x must be finite numbers, row 1, value 1 is NaN (counted from 0)",
    ],
    ["a fraction", { label: [0, 1, 0.5] }, {}, "label must be whole numbers from 0, row 2 is 0.5"],
    [
      "rows of labels",
      { label: [[0, 1]] },
      {},
      "label must be one whole number for each example, received the shape [1, 2]",
    ],
    [
      "a negative label",
      { label: [0, 1, -1] },
      {},
      "labels must be in 0..1048575, example 2 (counted from 0) of label has -1",
    ],
    [
      "padding as a label",
      {
        x: [
          [[1], [2]],
          [[3], [4]],
          [[5], [6]],
        ],
        label: [
          [0, 1],
          [1, -1],
          [0, 1],
        ],
      },
      {},
      "label must be at least 0, row 1, value 1 is -1 (counted from 0): padding has no label of its own; give a field lengths, how many steps of each example count, and label 0 at the steps beyond", // biome-ignore format: one line
    ],
    [
      "a label that is skipped",
      { label: [0, 2, 0] },
      {},
      "the largest label is 2 and no example has the label 1; give the number of classes, or their names, as classes: { label: … }",
    ],
    [
      "a label outside",
      { label: [0, 1, 2] },
      { classes: { label: 2 } },
      "label must be in 0..1, row 2 is 2 (counted from 0)",
    ],
    [
      "an unknown text",
      { label: ["a", "c"] },
      { classes: { label: ["a", "b"] } },
      'label must be one of a, b, row 1 is "c"',
    ],
    ["one class", { label: ["a", "a"] }, {}, "label must have at least 2 classes, received 1 different texts"],
    ["classes of no field", { x: [1, 2, 3] }, { classes: { z: 2 } }, "classes: the options are x, received z"],
    [
      "two examples",
      { x: [1, 2] },
      {},
      "2 examples are too few for 1 to validate, 1 to test and at least 1 to train on",
    ],
    ["a share of 0", { x: [1, 2, 3] }, { valid: 0 }, "valid must be a finite number above 0, received 0"],
    ["half an example", { x: [1, 2, 3] }, { test: 1.5 }, "test must be a whole number at most 3, received 1.5"],
    [
      "a seed",
      { x: [1, 2, 3] },
      { seed: -1 },
      "seed must be a whole number at least 0 and below 4294967296, received -1",
    ],
    [
      "a field without classes to stratify",
      { x: [1, 2, 3] },
      { stratify: "x" },
      'stratify must be omitted: no field has classes, received "x"',
    ],
    [
      "an option",
      { x: [1, 2, 3] },
      { split: 1 },
      "the options are name, classes, seed, stratify, valid, test, folds, fold, limit, received split",
    ],
  ])("refuses %s", (_, arrays, options, message) => {
    expect(() => datasetFromArrays(arrays as never, options)).toThrow(`datasetFromArrays: ${message}`);
  });
});

describe("datasetFromArrays with three records", () => {
  const part = (...values: number[]) => ({ x: values, label: values.map((value) => (value > 2 ? "high" : "low")) });
  const three = { train: part(1, 2, 3), valid: part(4, 1), test: part(2) };

  test("keeps them as they are, with the classes of all", () => {
    const data: Dataset<"x" | "label"> = datasetFromArrays(three, { name: "own" });
    const train: Split<"x" | "label"> = data.train;
    expect(train).toEqual({
      name: "train",
      size: 3,
      fields: { x: new NdArray(Float32Array.of(1, 2, 3), [3]), label: new NdArray(Int32Array.of(1, 1, 0), [3]) },
    });
    expect(data.test.fields.label).toEqual(new NdArray(Int32Array.of(1), [1]));
    expect(data.fields.label.classes).toEqual(["high", "low"]);
    expect([data.name, data.splitNote]).toEqual([
      "own",
      "3 examples to train on, 2 to validate, 1 to test, as they were given.",
    ]);
  });

  test.each<[string, object, string]>([
    [
      "NaN",
      { ...three, valid: { ...part(4), x: [Number.NaN] } },
      "the valid split: x must be finite numbers, row 0 is NaN (counted from 0)",
    ],
    [
      "other fields",
      { ...three, test: { x: [1] } },
      "the test split: the splits must have the same fields, label is in some only",
    ],
    [
      "more fields",
      { ...three, test: { ...part(1), y: [1] } },
      "the test split: the splits must have the same fields, y is in some only",
    ],
    [
      "another shape",
      { ...three, test: { ...part(1), x: [[1, 2]] } },
      "the test split: x must have the shape [1], received [1, 2]",
    ],
    [
      "numbers for texts",
      { ...three, test: { x: [1], label: [0] } },
      "the test split: label must hold texts as other splits do, received numbers",
    ],
  ])("refuses %s", (_, splits, message) => {
    expect(() => datasetFromArrays(splits as never)).toThrow(`datasetFromArrays: ${message}`);
  });

  test("refuses a seed, since nothing is drawn", () => {
    expect(() => datasetFromArrays(three, { seed: 1 } as never)).toThrow(
      "the options are name, classes, received seed",
    );
  });
});

describe("sequences", () => {
  const x = numbers(12).map((i) => [[i], [i + 1], [i + 2]]);
  const sounds = x.map((_, i) => (i % 2 ? ["ah", "oh", "ah"] : ["oh", "ee", "ee"]));

  test("take a text for each step", () => {
    const { fields, train } = datasetFromArrays({ x, sound: sounds });
    expect(fields.sound).toEqual({ shape: [3], dtype: "int32", classes: ["ah", "ee", "oh"] });
    for (let i = 0; i < train.size; i++) {
      const own = [...train.fields.sound.data.subarray(3 * i, 3 * i + 3)];
      expect(own).toEqual(train.fields.x.data[3 * i]! % 2 ? [0, 2, 0] : [2, 1, 1]);
    }
    expect(() => datasetFromArrays({ x, sound: sounds }, { classes: { sound: ["ah", "oh"] } })).toThrow(
      'sound must be one of ah, oh, row 0, step 1 is "ee"',
    );
  });

  test.each<[string, object, string | RegExp]>([
    [
      "numbers",
      { x: x.with(1, [[1], [2]]) },
      /x: row 1 must be numbers of the shape \[3, 1\].*: sequences of different lengths must be padded to one.*; give a field lengths/,
    ],
    [
      "numbers without an axis of features",
      { x: x.map((_, i) => (i === 2 ? [1] : [1, 2])) },
      "sequences of different lengths must be padded",
    ],
    [
      "texts",
      { x, sound: sounds.with(3, ["ah"]) },
      /sound: row 3 must be a list of 3 texts, as row 0 is, .*: sequences of different lengths must be padded/,
    ],
  ])("of different lengths are refused with what to do: %s", (_, arrays, message) => {
    expect(() => datasetFromArrays(arrays as { x: number[][] })).toThrow(message);
  });

  test.each<[string, object, string]>([
    [
      "more texts than steps",
      { x, sound: x.map(() => ["a", "b", "c", "d"]) },
      "sound must be one text for each example, or one for each of the 3 steps of x, received 4 for each example",
    ],
    [
      "a number among texts",
      { x, sound: [["a", 2, "b"], ...sounds.slice(1)] },
      "sound: row 0, step 1 must be a text, received 2",
    ],
  ])("refuse %s", (_, arrays, message) => {
    expect(() => datasetFromArrays(arrays as { x: number[][] })).toThrow(message);
  });

  test("of rows of other kinds get no word of padding", () => {
    const message = (arrays: object): string => {
      try {
        datasetFromArrays(arrays as { x: number[][] });
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(message({ x: x.with(1, [["a"], [2], [3]] as never) })).toMatch(/^(?!.*padded).*row 1/);
    expect(
      message({
        x: x.with(1, [
          [1, 2],
          [2, 3],
          [3, 4],
        ]),
      }),
    ).toMatch(/^(?!.*padded).*row 1/);
  });
});
