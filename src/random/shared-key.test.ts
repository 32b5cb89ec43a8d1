import { describe, expect, test } from "vitest";
import { evaluate, type Shape, type Tensor, transpose } from "../graph/index.ts";
import { key } from "./key.ts";
import { sharedKey, tile } from "./shared-key.ts";

const own = key(5).fold(2);
const value = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
/** Two copies of a batch of three. */
const shared = sharedKey(key(5), { rows: 3, copies: 2, units: 4 }).fold(2);

describe("sharedKey", () => {
  test.each(["uniform", "normal", "logistic"] as const)(
    "copies of a batch meet the %s draw of the batch itself",
    (kind) => {
      expect(value(shared[kind]([6, 4]))).toEqual(value(tile(own[kind]([3, 4]), 2)));
      expect(value(shared[kind]([6]))).toEqual(value(tile(own[kind]([3]), 2)));
      expect(value(shared[kind]([6, 1]))).toEqual(value(tile(own[kind]([3, 1]), 2)));
    },
  );

  test("called without copies it is the key itself, whatever is drawn", () => {
    const alone = key(5);
    for (const rows of [1, 2, 3]) expect(sharedKey(alone, { rows, copies: 1, units: 4 })).toBe(alone);
  });

  /** Numbers of a draw by [sample, copy, example], each a list of what the example has in it. */
  const draws: readonly (readonly [shape: Shape, read: (x: Tensor) => Tensor])[] = [
    [[12, 4], (x) => x.reshape([2, 2, 3, 4])],
    [[18], (x) => x.reshape([3, 2, 3, 1])],
    [[12, 1], (x) => x.reshape([2, 2, 3, 1])],
    [[5, 6, 4], (x) => x.reshape([5, 2, 3, 4])],
    [[6, 5, 4], (x) => transpose(x.reshape([2, 3, 5, 4]), [2, 0, 1, 3])],
    [[5, 6], (x) => x.reshape([5, 2, 3, 1])],
    [[6, 5], (x) => transpose(x.reshape([2, 3, 5, 1]), [2, 0, 1, 3])],
    [[2, 5, 6, 4], (x) => x.reshape([10, 2, 3, 4])],
    [[5, 12, 4], (x) => x.reshape([10, 2, 3, 4])],
  ];
  test.each(draws)("%j: the copies meet the same numbers, and all others are drawn by themselves", (shape, read) => {
    const drawn = read(shared.uniform(shape));
    const [, copies, , each] = drawn.shape;
    expect(copies).toBe(2);
    const [one, other] = [0, 1].map((copy) => value(transpose(drawn, [1, 0, 2, 3]).slice(copy, copy + 1)));
    expect(one).toEqual(other);
    expect(new Set(one).size).toBe(drawn.size / 2);
    expect(each).toBe(drawn.shape[3]);
  });

  test.each([[[5]], [[4]], [[1, 4]], [[1, 12]], [[7, 4]], [[1, 1, 4]], [[]]] as const)(
    "%j belongs to no example, and is the key's own",
    (shape) => {
      if (shape[1] === 12) {
        const wide = sharedKey(key(5), { rows: 3, copies: 2, units: 12 }).fold(2);
        expect(value(wide.uniform(shape))).toEqual(value(own.uniform(shape)));
      } else expect(value(shared.uniform(shape))).toEqual(value(own.uniform(shape)));
    },
  );

  test("one example a batch: its copies meet the same numbers, its samples don't", () => {
    const single = sharedKey(key(5), { rows: 1, copies: 2, units: 3 });
    const drawn = value(single.uniform([4, 3]));
    expect(drawn.slice(0, 3)).toEqual(drawn.slice(3, 6));
    expect(drawn.slice(6, 9)).toEqual(drawn.slice(9));
    expect(new Set(drawn).size).toBe(6);
    expect(new Set(value(single.normal([5, 2, 3]))).size).toBe(15);
  });

  const ambiguous: readonly (readonly [shape: Shape, units: number, reading: string])[] = [
    [[6], 6, "[B] or [H]"],
    [[6, 6], 4, "[K, B] or [B, K]"],
    [[6, 12, 4], 4, "[K, B, H] or [B, K, H]"],
    [[5, 6], 6, "[K, B] or [K, H]"],
  ];
  test.each(ambiguous)("%j of %i units is refused: it may be %s", (shape, units) => {
    const called = sharedKey(key(5), { rows: 3, copies: 2, units });
    for (const draw of [called.uniform, called.normal, called.logistic])
      expect(() => draw(shape)).toThrow(
        `([${shape.join(", ")}]): this layer has ${units} units and is called with 2 copies of 3 examples`,
      );
  });

  test.each([[[6, 1]], [[6, 6]], [[1, 6]], [[12, 6]], [[6, 5, 6]]] as const)("%j is not, of 6 units", (shape) => {
    expect(() => sharedKey(key(5), { rows: 3, copies: 2, units: 6 }).uniform(shape)).not.toThrow();
  });
});

test("tile: whole copies one after another", () => {
  const [x] = evaluate([tile(own.uniform([2, 1]), 2)]);
  expect(x!.shape).toEqual([4, 1]);
  expect([...x!.data.slice(2)]).toEqual([...x!.data.slice(0, 2)]);
});
