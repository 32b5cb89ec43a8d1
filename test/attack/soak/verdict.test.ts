import { expect, test } from "vitest";
import type { Sample } from "./load.ts";
import { verdictOf } from "./verdict.ts";

/** A hundred samples, 1,000 operations apart, of a load where nothing changes but what `change` says of the share that is done. */
const samples = (change: (share: number) => Partial<Sample> = () => ({})): Sample[] =>
  Array.from({ length: 100 }, (_, i) => ({
    ...{ done: 1000 * (i + 1), seconds: (i + 1) / 10, cpu: (i + 1) / 20 },
    ...{ rss: 100e6, heap: 10e6, outside: 5e6, pages: 256, threads: 11, files: 20 },
    ...change((i + 1) / 100),
  }));
const faults = (change?: (share: number) => Partial<Sample>, speed = true) =>
  verdictOf(samples(change), { speed }).faults;

test("a load that stays as it is has no fault, whatever its first tenth takes", () => {
  expect(faults()).toEqual([]);
  expect(faults((share) => (share <= 0.1 ? { rss: 50e6, heap: 1e6, threads: 2, files: 3, pages: 0 } : {}))).toEqual([]);
  // Medians don't see what is there for a moment.
  expect(faults((share) => (share === 1 ? { rss: 900e6, files: 99, threads: 80 } : {}))).toEqual([]);
  expect(faults((share) => ({ rss: 100e6 - 50e6 * share, threads: share < 0.5 ? 12 : 11 }))).toEqual([]);
});

// From the middle of the second tenth, 0.155, to that of the last, 0.955, a share grows by 0.8.
test.each<[string, (share: number, by: number) => Partial<Sample>, allowed: number, fault: string]>([
  ["resident memory", (share, by) => ({ rss: 100e6 + by * share }), 20e6, "by more than 16 MB"],
  ["heap", (share, by) => ({ heap: 10e6 + by * share }), 1.25e6, "by more than 1 MB"],
  ["memory outside of the heap", (share, by) => ({ outside: 5e6 + by * share }), 2.5e6, "by more than 2 MB"],
])("%s may grow by so much and no more", (title, change, allowed, fault) => {
  expect(faults((share) => change(share, 0.99 * allowed))).toEqual([]);
  const [found, ...others] = faults((share) => change(share, 1.01 * allowed));
  expect(found).toMatch(new RegExp(`^${title} grew from .* MB to .* MB, ${fault}$`));
  expect(others).toEqual([]);
});

test("one thread, one file or one page more is a fault", () => {
  expect(faults((share) => ({ threads: share > 0.5 ? 12 : 11 }))).toEqual([
    "threads grew from 11 to 12, by more than 0",
  ]);
  expect(faults((share) => ({ files: share > 0.5 ? 21 : 20 }))).toEqual([
    "open files grew from 20 to 21, by more than 0",
  ]);
  expect(faults((share) => ({ pages: share > 0.5 ? 257 : 256 }))).toEqual([
    "WebAssembly memory grew from 256 pages to 257 pages, by more than 0 pages",
  ]);
});

test("an operation that takes more processor time in the end is a fault, where speed is judged", () => {
  // 50 µs each until half of all is done, then 1.3 or 1.2 times that.
  const slower = (by: number) => (share: number) => ({ cpu: 5 * (share + (by - 1) * Math.max(0, share - 0.5)) });
  expect(faults(slower(1.15))).toEqual([]);
  expect(faults(slower(1.3))).toEqual([
    "an operation takes 65.0 µs of processor time in the end, 1.30 times that of the beginning: at most 1.18 times",
  ]);
  // Little by little: by 27 % from the middle of the second tenth to that of the last.
  expect(faults((share) => ({ cpu: 5 * (share + 0.18 * share ** 2) }))).toHaveLength(1);
  // Something else ran beside the last tenth.
  expect(faults((share) => ({ cpu: 5 * (share + Math.max(0, share - 0.9)) }))).toEqual([]);
  expect(faults(slower(1.3), false)).toEqual([]);
});

test("the table has a line for each tenth", () => {
  const { table } = verdictOf(samples(), { speed: true });
  expect(table).toHaveLength(11);
  expect(table[10]).toEqual(["10", "10,000", "50", "100.0", "10.0", "5.0", "256", "11", "20"]);
  expect(() => verdictOf(samples().slice(0, 19), { speed: true })).toThrow("a verdict needs 20 samples, received 19");
});
