import { expect, test } from "vitest";
import { idx } from "./idx.ts";
import { eachCase } from "./suite.ts";

test("damaged IDX and gzip files are read right or refused", async () => {
  const { read = 0, refused = 0 } = await idx.run({ from: 0, cases: 400 });
  expect(read + refused).toBe(400);
  // Both kinds are there, or little would be tested.
  expect(Math.min(read, refused)).toBeGreaterThan(80);
});

test("a wrong outcome ends the run with its seed", async () => {
  const done: number[] = [];
  const run = eachCase({ from: 5, cases: 9, progress: (count) => done.push(count) }, async (seed) => {
    if (seed === 7) throw new TypeError("broken");
    return "read";
  });
  await expect(run).rejects.toThrow("seed 7: broken");
  expect(done).toEqual([1, 2]);
});

test("a case that takes more memory than small files need is wrong", async () => {
  let held: Uint8Array | undefined;
  const run = eachCase({ from: 0, cases: 1 }, async () => {
    held = new Uint8Array(65e6);
    return "read";
  });
  await expect(run).rejects.toThrow("seed 0: took 65 MB (read)");
  expect(held).toHaveLength(65e6);
});
