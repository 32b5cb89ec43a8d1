import { describe, expect, test } from "vitest";
import { array, constant, evaluate, type NdArray } from "../../graph/index.ts";
import { fitPreprocess, type PreprocessConfig, preprocess, preprocessNames, resolvePreprocess } from "./index.ts";

/** Columns 1, 2, 3, 6 (mean 3, variance 3.5), a constant whose mean rounds, and −2, 0, 0, 2 (mean 0, variance 2). */
const rows = array([
  [1, 0.1, -2],
  [2, 0.1, 0],
  [3, 0.1, 0],
  [6, 0.1, 2],
]);
const applied = (config: PreprocessConfig, x: NdArray) => evaluate([preprocess(config, constant(x))])[0]!;

describe("standardise", () => {
  test("has the mean and the deviation of each value, 0 for one that is always the same", () => {
    expect(fitPreprocess("standardise", rows)).toEqual({
      name: "standardise",
      mean: [3, Math.fround(0.1), 0],
      deviation: [Math.sqrt(3.5), 0, Math.sqrt(2)],
    });
  });

  test("gives a constant whose mean is rounded no deviation", () => {
    const { deviation } = fitPreprocess("standardise", array([0.1, 0.1, 0.1], { dtype: "float64" }));
    expect((0.1 + 0.1 + 0.1) / 3).not.toBe(0.1);
    expect(deviation).toEqual([0]);
  });

  test("scales by them, training examples to mean 0 and variance 1", () => {
    const { data, shape } = applied(fitPreprocess("standardise", rows), rows);
    expect(shape).toEqual([4, 3]);
    for (const column of [0, 2]) {
      const values = [0, 1, 2, 3].map((row) => data[3 * row + column]!);
      expect(values.reduce((sum, v) => sum + v, 0)).toBeCloseTo(0, 6);
      expect(values.reduce((sum, v) => sum + v * v, 0) / 4).toBeCloseTo(1, 6);
    }
    expect(data[0]).toBeCloseTo(-2 / Math.sqrt(3.5), 6);
  });
});

describe("standardise-channels", () => {
  /** Two images of one row and two columns: red 0, 2, 4, 6; green always 0.1; blue 1, 1, 1, 5. */
  const images = array(Float32Array.of(0, 0.1, 1, 2, 0.1, 1, 4, 0.1, 1, 6, 0.1, 5), { shape: [2, 1, 2, 3] });

  test("has the mean and the deviation of each channel over all pixels, 0 for one that is always the same", () => {
    expect(fitPreprocess("standardise-channels", images)).toEqual({
      name: "standardise-channels",
      mean: [3, Math.fround(0.1), 2],
      deviation: [Math.sqrt(5), 0, Math.sqrt(3)],
    });
  });

  test("scales each channel alike at every pixel", () => {
    const config = fitPreprocess("standardise-channels", images);
    const { data, shape } = applied(config, array(Float32Array.of(3, 7, 5, 8, 0, 2), { shape: [1, 1, 2, 3] }));
    expect(shape).toEqual([1, 1, 2, 3]);
    const wanted = [0, 0, Math.sqrt(3), Math.sqrt(5), 0, 0];
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(1e-6);
  });

  test("takes examples of other shapes for one channel", () => {
    for (const shape of [
      [4, 3],
      [2, 2, 3],
    ])
      expect(fitPreprocess("standardise-channels", array(images.data, { shape })).mean).toHaveLength(1);
  });

  test("a config has as many numbers as there are channels", () => {
    const config = { name: "standardise-channels", mean: [0, 0], deviation: [1, 1] };
    expect(resolvePreprocess(config, [4, 4, 2])).toBe(config);
    expect(() => resolvePreprocess(config, [4, 4, 3])).toThrow(
      "mean must have a number for each of the 3 channels of an example, it has 2",
    );
    expect(() => resolvePreprocess(config, [4, 4])).toThrow("each of the 1 channels");
  });
});

describe("unit-range", () => {
  test("has the smallest value and the distance to the largest", () => {
    const config = fitPreprocess("unit-range", rows);
    expect(config).toEqual({ name: "unit-range", low: [1, Math.fround(0.1), -2], width: [5, 0, 4] });
    const { data } = applied(config, array([[11, 5, 0]]));
    expect([...data]).toEqual([2, 0, 0.5]);
  });
});

// What is scaled by channels has tests of its own.
describe.each(preprocessNames.filter((name) => name !== "standardise-channels"))("%s", (name) => {
  test("makes a value 0 that never changed in training, whatever comes later", () => {
    const { data } = applied(fitPreprocess(name, rows), array([[3, 1e6, 0]]));
    expect(data[1]).toBe(0);
  });

  test("keeps the shape of images, and comes back from JSON as it was", () => {
    const images = array(
      Float32Array.from({ length: 24 }, (_, i) => (i * i) % 7),
      { shape: [4, 2, 3] },
    );
    const flat = array(images.data, { shape: [4, 6] });
    const config = fitPreprocess(name, images);
    expect(fitPreprocess(name, flat)).toEqual(config);
    const found = applied(resolvePreprocess(JSON.parse(JSON.stringify(config)), [2, 3]), images);
    expect(found.shape).toEqual([4, 2, 3]);
    expect(found.data).toEqual(applied(config, flat).data);
  });

  test.each<[string, object, string]>([
    ["another length", {}, `preprocess ${name}: `],
    ["an option", { odd: 1 }, `preprocess ${name}: the options are name, `],
  ])("refuses %s", (_, change, message) => {
    const config = { ...fitPreprocess(name, rows), ...change } as PreprocessConfig;
    expect(() => preprocess(config, constant(array([[1, 2]])))).toThrow(message);
  });
});

test.each<[unknown, string]>([
  [undefined, "preprocess: must be an object with a name, received undefined"],
  [
    { name: "standardize" },
    "preprocess: name must be one of standardise, standardise-channels, unit-range (did you mean standardise?)",
  ],
  [{ name: "standardise", mean: 1 }, "preprocess standardise: mean must be a list of numbers, received 1"],
  [
    { name: "standardise", mean: [1, 2, 3] },
    "preprocess standardise: mean must have a number for each of the 2 values of an example, it has 3",
  ],
  [{ name: "standardise", mean: [0, null] }, "mean[1] must be a finite number, received null"],
  [{ name: "standardise", mean: [0, 0], deviation: [1, -1] }, "deviation[1] must be a finite number at least 0"],
])("resolvePreprocess refuses %o", (config, message) => {
  expect(() => resolvePreprocess(config, [2])).toThrow(message);
});

test.each<[string, unknown, string]>([
  ["another name", rows, "fitPreprocess: name must be one of standardise, standardise-channels, unit-range"],
  ["standardise", array([[1], [Number.NaN]]), "must be finite numbers, row 1, value 0 is NaN (counted from 0)"],
  ["standardise", array([1, 2], { dtype: "int32" }), "must be a float32 NdArray [N, …], received an NdArray int32[2]"],
  ["standardise", [[1]], "must be a float32 NdArray [N, …], received [[1]]"],
])("fitPreprocess refuses %s of %o", (name, given, message) => {
  expect(() => fitPreprocess(name as "standardise", given as NdArray)).toThrow(message);
});
