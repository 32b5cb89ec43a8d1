import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { NdArray } from "../graph/index.ts";
import { batchCount, batches, shuffled } from "./batches.ts";
import type { LabelledSplit } from "./dataset.ts";

/** Example i has the inputs (i, i + ½) and the label 7i. */
function splitOf(size: number): LabelledSplit {
  return {
    name: "train",
    size,
    fields: {
      x: new NdArray(
        Float32Array.from({ length: 2 * size }, (_, at) => at / 2),
        [size, 2],
      ),
      label: new NdArray(
        Int32Array.from({ length: size }, (_, example) => 7 * example),
        [size],
      ),
    },
  };
}

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("shuffled(size, seed, epoch)", () => {
  test("is a permutation, and the same whenever it is asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), word, word, (size, seed, epoch) => {
        const order = shuffled(size, seed, epoch);
        expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
        expect(shuffled(size, seed, epoch)).toEqual(order);
      }),
    );
  });

  test("keeps its order from version to version, so that old runs can be resumed", () => {
    expect(Array.from(shuffled(10, 1, 0))).toEqual([5, 9, 1, 7, 2, 0, 3, 4, 8, 6]);
    expect(Array.from(shuffled(10, 1, 1))).toEqual([3, 4, 8, 9, 7, 5, 1, 6, 0, 2]);
    expect(Array.from(shuffled(10, 2, 0))).toEqual([4, 9, 7, 6, 8, 5, 2, 3, 0, 1]);
  });

  test("gives all 24 orders of four examples equally often", () => {
    const counts = new Map<string, number>();
    const draws = 24_000;
    for (let epoch = 0; epoch < draws; epoch++) {
      const order = shuffled(4, 5, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // χ² with 23 degrees of freedom: above 58.6 with probability 6e-5; the draws are the same in every run.
    const expected = draws / 24;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(58.6);
  });

  test.each([
    [-1, 0, 0, "size"],
    [1.5, 0, 0, "size"],
    [4, -1, 0, "seed"],
    [4, 2 ** 32, 0, "seed"],
    [4, Number.NaN, 0, "seed"],
    [4, 0, 0.5, "epoch"],
  ])("refuses size %d, seed %d, epoch %d", (size, seed, epoch, what) => {
    expect(() => shuffled(size, seed, epoch)).toThrow(UserError);
    expect(() => shuffled(size, seed, epoch)).toThrow(`shuffled: ${what} must be`);
  });
});

describe("batches(split, size, order)", () => {
  test("gives the examples of the order with their labels, each once", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), word);
    fc.assert(
      fc.property(sizes, fc.constantFrom("drop" as const, "keep" as const), ([count, size, seed], last) => {
        fc.pre(last === "keep" || size <= count);
        const order = shuffled(count, seed, 0);
        const seen: number[] = [];
        let given = 0;
        for (const batch of batches(splitOf(count), size, order, { last })) {
          expect(batch.index).toBe(given++);
          const { x, label } = batch.fields;
          expect([label.shape, x.shape]).toEqual([[batch.size], [batch.size, 2]]);
          for (let row = 0; row < batch.size; row++) {
            const example = label.data[row]! / 7;
            expect([x.data[2 * row], x.data[2 * row + 1]]).toEqual([example, example + 0.5]);
            seen.push(example);
          }
        }
        expect(given).toBe(batchCount(count, size, { last }));
        expect(seen).toEqual(Array.from(last === "keep" ? order : order.subarray(0, count - (count % size))));
      }),
    );
  });

  test("reuses its buffers from batch to batch", () => {
    const [first, second] = [...batches(splitOf(6), 3, shuffled(6, 1, 0))];
    expect(second!.fields.x.data.buffer).toBe(first!.fields.x.data.buffer);
    expect(second!.fields.label.data.buffer).toBe(first!.fields.label.data.buffer);
  });

  test("drops a last batch that is not full unless it is told to keep it", () => {
    const order = Int32Array.of(0, 1, 2, 3, 4);
    expect(Array.from(batches(splitOf(5), 2, order), ({ size }) => size)).toEqual([2, 2]);
    expect(Array.from(batches(splitOf(5), 2, order, { last: "keep" }), ({ size }) => size)).toEqual([2, 2, 1]);
  });

  test("gives nothing for an empty order", () => {
    expect([...batches(splitOf(5), 2, new Int32Array(0))]).toEqual([]);
  });

  test("refuses, before the first batch is asked for, sizes that leave nothing and orders that point outside", () => {
    const order = Int32Array.of(0, 1, 2);
    expect(() => batches(splitOf(3), 4, order)).toThrow("4 was given for 3");
    expect(() => batches(splitOf(3), 0, order)).toThrow(UserError);
    expect(() => batches(splitOf(3), 1.5, order)).toThrow("1.5 was given");
    expect(() => batches(splitOf(2), 1, order)).toThrow("in 0..1, the examples of train; it has 2 at 2");
    expect(() => batches(splitOf(2), 1, Int32Array.of(-1))).toThrow("it has -1 at 0");
  });

  test("gathers fields of any name, type and shape", () => {
    const frames = new NdArray(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [3, 2, 2],
    );
    const fields = { frames, count: new NdArray(Int32Array.of(5, 6, 7), [3]) };
    const [first, last] = [...batches({ name: "train", size: 3, fields }, 2, Int32Array.of(2, 0, 1), { last: "keep" })];
    expect(last!.fields.frames).toEqual(new NdArray(Float32Array.of(4, 5, 6, 7), [1, 2, 2]));
    expect(last!.fields.count).toEqual(new NdArray(Int32Array.of(6), [1]));
    expect(first!.fields.frames.shape).toEqual([2, 2, 2]);
  });

  test("refuses a field that lacks a row for each example", () => {
    const [order, split] = [Int32Array.of(0, 1, 2), splitOf(3)];
    const fields = { ...split.fields, label: new NdArray(new Int32Array(2), [2]) };
    expect(() => batches({ ...split, fields }, 1, order)).toThrow(
      "batches: 3 examples of train need a row of label each, its shape is [2]",
    );
  });
});
