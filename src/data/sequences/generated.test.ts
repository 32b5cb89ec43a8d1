import { describe, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { type Batch, batches, shuffled } from "../batches.ts";
import { checkDataset } from "../check.ts";
import type { Split, StreamedDataset } from "../dataset.ts";
import { inMemory, loadDataset } from "../index.ts";
import { batchesOf } from "../stream.ts";
import { hashOf } from "../testing.ts";

const small = { examples: 7, valid: 5, test: 4 };
const epoch = async (data: StreamedDataset, size: number, at = 1, seed = 3) => {
  const found: Record<string, number[]>[] = [];
  for await (const { fields } of batchesOf("test", data.train, { epoch: at, size, seed }))
    found.push(Object.fromEntries(Object.entries<Batch["fields"][string]>(fields).map(([n, x]) => [n, [...x.data]])));
  return found;
};
const joined = async (...given: Parameters<typeof epoch>) =>
  (await epoch(...given)).reduce((all, batch) =>
    Object.fromEntries(Object.entries(batch).map(([name, values]) => [name, [...all[name]!, ...values]])),
  );
/** Each example of a split as plain numbers. */
const rows = ({ size, fields }: Split): Record<string, number[]>[] =>
  Array.from({ length: size }, (_, i) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, { data }]) => {
        const width = data.length / size;
        return [name, [...data.subarray(i * width, (i + 1) * width)]];
      }),
    ),
  );

describe.each(["adding", "copy", "parity"] as const)("the task %s", (name) => {
  test("is a data set that is checked, with a note, a baseline and a drawing", async () => {
    const data: StreamedDataset = await loadDataset(name, { length: 6, ...small });
    checkDataset("test", data);
    expect([data.name, data.train.size, data.valid.size, data.test.size]).toEqual([name, 7, 5, 4]);
    expect(data.splitNote).toBe(
      "7 fresh examples to train on in each epoch, drawn by seed 0, the training's seed and the epoch; 5 to validate, 4 to test, drawn by seed 0 alone.",
    );
    expect(data.baseline).toBeDefined();
    expect(data.drawing!.split("\n").length).toBeGreaterThan(1);
  });

  test("draws an epoch from seeds, epoch and place alone, whatever the batches", async () => {
    const data: StreamedDataset = await loadDataset(name, { length: 40, ...small });
    expect(await joined(data, 2)).toEqual(await joined(data, 7));
    expect((await epoch(data, 3)).map(({ x }) => x!.length / (widthOf(data) * 3))).toEqual([1, 1, 1 / 3]);
    for (const other of [await joined(data, 7, 2), await joined(data, 7, 1, 4)])
      expect(other.x).not.toEqual((await joined(data, 7)).x);
    const again: StreamedDataset = await loadDataset(name, { length: 40, ...small, seed: 1 });
    expect(await joined(again, 7)).not.toEqual(await joined(data, 7));
    expect(hashOf(again.valid.fields.x!)).not.toBe(hashOf(data.valid.fields.x!));
  });

  test("has no example twice, neither in two splits nor in two epochs", async () => {
    const data: StreamedDataset = await loadDataset(name, { length: 60, examples: 50, valid: 50, test: 50 });
    const drawn = (await Promise.all([1, 2, 3].map((at) => epoch(data, 1, at)))).flat();
    const all = [...drawn, ...rows(data.valid), ...rows(data.test)].map(({ x }) => x!.join());
    expect(new Set(all).size).toBe(250);
  });

  test("comes into memory as the first examples of its first epoch", async () => {
    const data: StreamedDataset = await loadDataset(name, { length: 6, ...small });
    const held = await inMemory(data, { seed: 3 });
    expect(Object.fromEntries(Object.entries(held.train.fields).map(([n, { data: d }]) => [n, [...d]]))).toEqual(
      await joined(data, 7),
    );
    checkDataset("test", held);
    expect(batches(held.train, 2, shuffled(7, 0, 1)).next().value).toMatchObject({ size: 2 });
    expect((await inMemory(data, { bytes: 1 })).train.size).toBe(1);
  });

  test.each([
    [{ length: 0 }, /^data: \w+: length must be a whole number at least [12], received 0/],
    [{ examples: 0 }, /^data: \w+: examples must be a whole number at least 1/],
    [{ valid: 0.5 }, /^data: \w+: valid must be a whole number/],
    [{ seed: -1 }, /^data: \w+: seed must be a whole number at least 0/],
    [{ size: 2 }, /^data: the options are length,/],
    [{ length: 2 ** 30, valid: 2 ** 30 }, /GB of memory/],
  ] as const)("refuses %o", async (given, message) => {
    const options: object = given;
    await expect(loadDataset(name, options)).rejects.toThrow(UserError);
    await expect(loadDataset(name, options)).rejects.toThrow(message);
  });
});

/** Numbers of one example's x. */
const widthOf = ({ fields }: StreamedDataset): number => fields.x!.shape.reduce((a, b) => a * b, 1);

describe("adding", () => {
  test("is drawn with the marked values that add up to y, at any length", async () => {
    for (const length of [2, 80, 81, 100, 1000]) {
      const drawing = (await loadDataset("adding", { length, ...small })).drawing!;
      const [first, second] = [...drawing.matchAll(/^marked (\S+) in step/gm)].map(([, value]) => Number(value));
      const y = Number(/^y +(\S+)$/m.exec(drawing)![1]);
      expect(Math.abs(first! + second! - y)).toBeLessThan(2e-4);
      expect(drawing.includes("value")).toBe(length <= 80);
    }
  });

  // Recorded: the examples are part of what figures of a training mean.
  test("has the same bytes for the same seed on any machine", async () => {
    const { valid, test: held } = await loadDataset("adding", { valid: 20, test: 20 });
    expect([hashOf(valid.fields.x), hashOf(valid.fields.y), hashOf(held.fields.x)]).toEqual([
      "e949388e69683119",
      "5af45352cdbf2d18",
      "0d8b017381be0374",
    ]);
  });

  test("marks one step of each half, and asks for the sum of what is there, to the last bit", async () => {
    for (const length of [2, 3, 10]) {
      const data = await loadDataset("adding", { length, ...small, valid: 200 });
      const ever = new Set<number>();
      for (const { x, y } of rows(data.valid)) {
        const marked = Array.from({ length }, (_, step) => step).filter((step) => x![2 * step + 1] !== 0);
        expect(marked.map((step) => x![2 * step + 1])).toEqual([1, 1]);
        expect(marked.map((step) => step < Math.floor(length / 2))).toEqual([true, false]);
        expect(y).toEqual([Math.fround(x![2 * marked[0]!]! + x![2 * marked[1]!]!)]);
        for (const step of marked) ever.add(step);
      }
      expect(ever.size).toBe(length);
      const values = rows(data.valid).flatMap(({ x }) => x!.filter((_, at) => at % 2 === 0));
      expect(values.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))).toBe(true);
    }
  });

  // The squared error (u + v − 1)² has the mean 1/6 and the variance 7/180: 6 standard errors of 20,000 are crossed once in 5·10⁸.
  test("is solved by 1 with a mean squared error of 1/6", async () => {
    const data = await loadDataset("adding", { length: 4, ...small, valid: 20_000 });
    const errors = [...data.valid.fields.y.data].map((y) => (y - 1) ** 2);
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    expect(Math.abs(mean - 1 / 6)).toBeLessThan(6 * Math.sqrt(7 / 180 / 20_000));
    expect(data.baseline).toContain("1/6 = 0.167");
  });
});

describe("copy", () => {
  // Recorded: the examples are part of what figures of a training mean.
  test("has the same bytes for the same seed on any machine", async () => {
    const { valid } = await loadDataset("copy", { valid: 20, test: 20 });
    expect([hashOf(valid.fields.x), hashOf(valid.fields.label)]).toEqual(["f852960458f19da7", "4c15fd3efa2cc618"]);
  });

  test("shows ten symbols, T − 1 blanks, a delimiter and ten blanks, and asks for the symbols at the end", async () => {
    for (const length of [1, 7]) {
      const data = await loadDataset("copy", { length, ...small });
      expect(data.fields).toMatchObject({ x: { shape: [length + 20, 10] }, label: { shape: [length + 20] } });
      for (const { x, label } of rows(data.valid)) {
        const steps = Array.from({ length: length + 20 }, (_, step) => x!.slice(10 * step, 10 * step + 10));
        expect(steps.every((step) => step.filter((value) => value === 0).length === 9 && step.includes(1))).toBe(true);
        const shown = steps.map((step) => step.indexOf(1));
        expect(shown.slice(0, 10).every((symbol) => symbol < 8)).toBe(true);
        expect(shown.slice(10)).toEqual([...Array<number>(length - 1).fill(8), 9, ...Array<number>(10).fill(8)]);
        expect(label).toEqual([...Array<number>(length + 10).fill(8), ...shown.slice(0, 10)]);
      }
    }
  });

  test("has the loss 10 ln 8 / (T + 20) by blanks and a guess among the eight symbols", async () => {
    const data = await loadDataset("copy", { length: 12, ...small });
    const blanks = (step: number): number => (step < 22 ? 1 : 0);
    for (const { label } of rows(data.test)) {
      const nats = label!.map((symbol, step) => -Math.log(symbol === 8 ? blanks(step) : (1 - blanks(step)) / 8));
      expect(nats.reduce((sum, x) => sum + x, 0) / 32).toBeCloseTo((10 * Math.log(8)) / 32, 12);
    }
    expect(data.baseline).toContain(`10 ln 8 / 32 = ${((10 * Math.log(8)) / 32).toPrecision(3)}`);
  });
});

describe("parity", () => {
  // Recorded: the examples are part of what figures of a training mean.
  test("has the same bytes for the same seed on any machine", async () => {
    const { valid } = await loadDataset("parity", { valid: 20, test: 20 });
    expect([hashOf(valid.fields.x), hashOf(valid.fields.label)]).toEqual(["6967e899ecce2352", "c4499a8780e9674d"]);
  });

  test("has the parity so far at every step, or that of all bits", async () => {
    const every = await loadDataset("parity", { length: 70, ...small });
    const last = await loadDataset("parity", { length: 70, ...small, predict: "last-step" });
    expect([every.fields.label.shape, last.fields.label.shape]).toEqual([[70], []]);
    for (const { x, label } of rows(every.valid)) {
      expect(x!.every((bit) => bit === 0 || bit === 1)).toBe(true);
      expect(label).toEqual(x!.map((_, step) => x!.slice(0, step + 1).reduce((sum, bit) => sum + bit, 0) % 2));
    }
    expect(rows(last.valid)).toEqual(rows(every.valid).map(({ x, label }) => ({ x, label: [label!.at(-1)] })));
    await expect(loadDataset("parity", { predict: "each" as "last-step" })).rejects.toThrow(
      'data: parity: predict must be one of every-step, last-step, received "each"',
    );
  });

  // 10,000 bits: 6 standard deviations of the share of ones are 0.03.
  test("has as many ones as zeros", async () => {
    const data = await loadDataset("parity", { length: 100, ...small, valid: 100 });
    const ones = [...data.valid.fields.x.data].filter((bit) => bit === 1).length;
    expect(Math.abs(ones / 10_000 - 0.5)).toBeLessThan(0.03);
  });
});
