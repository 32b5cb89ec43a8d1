import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countsOf, inFileOrder, proportional, stratified } from "./split.ts";

describe("proportional(counts, wanted, most)", () => {
  test.each<[string, number[], number, number[], number[]]>([
    ["exact shares", [60, 30, 30], 20, [59, 29, 29], [10, 5, 5]],
    ["the largest remainder", [50, 30, 20], 3, [49, 29, 19], [1, 1, 1]],
    // Shares 2.25, 1.5 and .25.
    ["the largest remainder, not the largest class", [9, 6, 1], 4, [8, 5, 0], [2, 2, 0]],
    ["the lower label among equals", [5, 5, 5, 5], 6, [4, 4, 4, 4], [2, 2, 1, 1]],
    ["the larger class among equal remainders", [1, 7], 2, [1, 7], [0, 2]],
    ["nothing for a class without examples", [0, 3, 0, 3], 2, [0, 2, 0, 2], [0, 1, 0, 1]],
    // Remainders of six classes of one example are 1/6 each, that of 60 is 0: the seat goes to the 60 all the same.
    ["a seat that single examples pass on", [60, 1, 1, 1, 1, 1, 1], 11, [59, 0, 0, 0, 0, 0, 0], [11, 0, 0, 0, 0, 0, 0]],
    ["single examples where there is nothing else", [1, 1, 1], 1, [0, 0, 0], [1, 0, 0]],
    ["all there are", [3, 1, 2], 6, [2, 0, 1], [3, 1, 2]],
    // Shares 2³⁰ − ½, 2³⁰ − ½ and 1.
    [
      "shares of very large counts",
      [2 ** 31 - 1, 2 ** 31 - 1, 2],
      2 ** 31,
      [2 ** 31, 2 ** 31, 2],
      [2 ** 30, 2 ** 30 - 1, 1],
    ],
  ])("gives %s", (_, counts, wanted, most, seats) => {
    expect(proportional(counts, wanted, most)).toEqual(seats);
  });

  test("misses no share by a whole seat where nothing bounds it, and gives away exactly what is wanted", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, part) => {
          const total = counts.reduce((sum, count) => sum + count, 0);
          const wanted = Math.floor(part * total);
          const free = proportional(counts, wanted, counts);
          expect(free.reduce((sum, seat) => sum + seat, 0)).toBe(wanted);
          free.forEach((seat, label) => {
            expect(Math.abs(seat * total - counts[label]! * wanted)).toBeLessThan(Math.max(1, total));
          });
          const bound = proportional(
            counts,
            wanted,
            counts.map((count) => Math.max(0, count - 1)),
          );
          expect(bound.reduce((sum, seat) => sum + seat, 0)).toBe(wanted);
          expect(bound.every((seat, label) => seat <= counts[label]!)).toBe(true);
        },
      ),
    );
  });
});

describe("stratified", () => {
  const labels = Int32Array.from({ length: 90 }, (_, i) => (i < 60 ? 0 : i < 84 ? 1 : i < 89 ? 2 : 4));
  const sizes = { total: 90, validated: 15, trained: 30 };

  test("takes each class in proportion, a class of one example to train", () => {
    const { train, valid } = stratified(labels, 5, { ...sizes, trained: 75 }, 3);
    const of = (examples: Int32Array) =>
      countsOf(
        examples.map((example) => labels[example]!),
        5,
      );
    expect([of(train), of(valid)]).toEqual([
      [50, 20, 4, 0, 1],
      [10, 4, 1, 0, 0],
    ]);
    expect(of(stratified(labels, 5, sizes, 3).train)).toEqual([20, 8, 2, 0, 0]);
  });

  test("draws the same validation examples whatever the limit, and trains on a part of what no limit would", () => {
    const all = stratified(labels, 5, { ...sizes, trained: 75 }, 7);
    const some = stratified(labels, 5, sizes, 7);
    expect(some.valid).toEqual(all.valid);
    expect(new Set([...all.train, ...some.train]).size).toBe(75);
    expect(some).toEqual(stratified(labels, 5, sizes, 7));
    expect(some.valid).not.toEqual(stratified(labels, 5, sizes, 8).valid);
  });

  test("draws every example of a class as often as every other, within 5 standard errors", () => {
    const drawn = new Array<number>(90).fill(0);
    for (let seed = 0; seed < 2000; seed++)
      for (const example of stratified(labels, 5, sizes, seed).valid) drawn[example]!++;
    // Binomial: 2000 draws, each with probability 1/6 or (of label 2) 1/5. 89 two-sided tests at 5 sd err with 5e-5.
    drawn.forEach((count, example) => {
      const p = example < 84 ? 1 / 6 : example < 89 ? 1 / 5 : 0;
      expect(Math.abs(count - 2000 * p)).toBeLessThanOrEqual(5 * Math.sqrt(2000 * p * (1 - p)));
    });
  });
});

test("inFileOrder takes the first to train and the last to validate", () => {
  const { train, valid } = inFileOrder({ total: 12, validated: 2, trained: 4 });
  expect([Array.from(train), Array.from(valid)]).toEqual([
    [0, 1, 2, 3],
    [10, 11],
  ]);
});
