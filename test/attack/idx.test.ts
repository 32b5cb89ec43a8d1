import { expect, test } from "vitest";
import { idx } from "./idx.ts";
import { eachCase } from "./suite.ts";

test("damaged IDX and gzip files are read right or refused", async () => {
  const { outcomes, faults } = await idx.run({ from: 0, cases: 400, folder: "", pack: "" });
  expect(faults).toEqual([]);
  // Both kinds are there, or little would be tested.
  expect(outcomes.read).toBeGreaterThan(80);
  expect(outcomes.refused).toBeGreaterThan(80);
});

test("a wrong outcome is reported with its seed, and the other cases run", async () => {
  const done: number[] = [];
  const { outcomes, faults } = await eachCase({ from: 5, cases: 4, progress: (n) => done.push(n) }, async (seed) => {
    if (seed === 7) throw new TypeError("broken");
    return "read";
  });
  expect(faults).toMatchObject([{ seed: 7, what: expect.stringContaining("TypeError: broken") }]);
  expect(outcomes).toEqual({ read: 3 });
  expect(done).toEqual([1, 2, 3, 4]);
});

test("a case that takes more memory than small files need is wrong", async () => {
  let held: Uint8Array | undefined;
  const { faults } = await eachCase({ from: 0, cases: 1 }, async () => {
    held = new Uint8Array(65e6);
    return "read";
  });
  expect(faults).toMatchObject([{ seed: 0, what: expect.stringContaining("took 65 MB (read)") }]);
  expect(held).toHaveLength(65e6);
});

test("a case that changes what all objects share is wrong, and the next one isn't", async () => {
  const { faults } = await eachCase({ from: 0, cases: 2 }, async (seed) => {
    if (seed === 0) Object.assign(Object.getPrototypeOf({}), { polluted: 1 });
    return "read";
  });
  expect(faults).toMatchObject([{ seed: 0, what: expect.stringContaining("has got the key polluted") }]);
  expect("polluted" in {}).toBe(false);
});

test("a case that takes much memory for a while is wrong", async () => {
  const { faults } = await eachCase({ from: 0, cases: 1 }, async () => {
    // Not counted among array buffers, as what was given back again isn't.
    const bytes = process.resourceUsage().maxRSS * 1024 - process.memoryUsage().rss + 450e6;
    new Uint8Array(new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) }).buffer).fill(1);
    return "read";
  });
  expect(faults).toMatchObject([{ seed: 0, what: expect.stringContaining("MB for a while (read)") }]);
});
