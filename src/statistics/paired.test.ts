import { expect, test } from "vitest";
import { bySeed, paired } from "./paired.ts";

test("paired: differences of the seeds that both have, in the order of the seeds", () => {
  const records = [3, 1, 2].map((seed) => ({ seed, x: 10 * seed }));
  const own = bySeed(records, ({ x }) => x);
  expect([...own.keys()]).toEqual([1, 2, 3]);
  expect(paired(own, new Map([[3, 1], [1, 4], [9, 9]]))).toEqual([6, 29]); // biome-ignore format: pairs
  expect(paired(own, 10)).toEqual([0, 10, 20]);
});
