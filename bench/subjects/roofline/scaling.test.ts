import { describe, expect, it } from "vitest";
import type { CacheLevel } from "../../cache-levels.ts";
import { barrierOn, contention, type Machine, predict, type Single, timeOn } from "./scaling.ts";

const levels: readonly CacheLevel[] = [
  { name: "second cache", bytes: 1000, sharedBy: 1 },
  { name: "third cache", bytes: 8000, sharedBy: 8 },
  { name: "memory", bytes: Number.POSITIVE_INFINITY, sharedBy: Number.POSITIVE_INFINITY },
];
const limits = (threads: number, ...microseconds: number[]) => ({
  ...{ threads, arithmetic: 1 },
  moved: levels.map((level, i) => ({ level, microseconds: microseconds[i]! })),
});
// On two threads the second cache is twice as fast, the third 1.6 times, the memory not at all.
const machine: Machine = { one: limits(1, 1e6, 2e6, 8e6), two: limits(2, 5e5, 1.25e6, 8e6), barrier: 0.5 };
const single = (time: number, own: Partial<Single["instruction"]> = {}): Single => ({
  time,
  instruction: { bytes: 0, footprint: 0, alone: false, chunks: [0, 16], ...own },
});

it("contention is none where two threads move twice as much, and whole where they move no more", () => {
  expect([50, 62.5, 75, 100, 120, 40].map((two) => contention(100, two))).toEqual([0, 0.25, 0.5, 1, 1, 0]);
});

describe("an instruction on several threads", () => {
  it("takes its time where one thread does it alone", () => {
    expect(timeOn(single(7, { alone: true }), 64, machine)).toEqual({ microseconds: 7, limit: "one thread" });
  });

  it("takes as long as the thread with the most chunks, of the phase that has more", () => {
    expect(timeOn(single(16), 1, machine)).toEqual({ microseconds: 16, limit: "even shares" });
    expect(timeOn(single(16), 8, machine)).toEqual({ microseconds: 2, limit: "even shares" });
    // 16 chunks for 12 threads: four have two.
    expect(timeOn(single(16), 12, machine)).toEqual({ microseconds: 2, limit: "chunks" });
    expect(timeOn(single(16, { chunks: [12, 4] }), 64, machine).microseconds).toBeCloseTo(16 / 12, 12);
    expect(timeOn(single(16, { chunks: [0, 16] }), 64, machine)).toEqual({ microseconds: 1, limit: "chunks" });
  });

  it("is shared evenly where the chunks aren't known", () => {
    const { chunks: _, ...unknown } = single(64).instruction;
    expect(timeOn({ time: 64, instruction: unknown }, 64, machine)).toEqual({ microseconds: 1, limit: "even shares" });
  });

  it("takes what its bytes take to move, where that is more", () => {
    const bytes = { bytes: 1e6, chunks: [0, 64] as const };
    // In the threads' own caches: 10⁹ bytes take 10⁶ µs on one, so 10⁶ bytes 1000, and an eighth on eight.
    expect(timeOn(single(10, { ...bytes, footprint: 8000 }), 8, machine)).toEqual({
      ...{ microseconds: 125, limit: "second cache" },
    });
    // In the shared one: 2000 on one thread, 1 + 0.25 · 7 eighths of it on eight.
    expect(timeOn(single(10, { ...bytes, footprint: 8000 }), 4, machine)).toEqual({
      ...{ microseconds: (2000 * 1.75) / 4, limit: "third cache" },
    });
    // Nine threads have nine second caches, and still one third cache.
    expect(timeOn(single(10, { ...bytes, footprint: 9000 }), 9, machine).limit).toBe("second cache");
    expect(timeOn(single(10, { ...bytes, footprint: 9001 }), 9, machine).limit).toBe("memory");
    // In the memory no thread more helps.
    for (const threads of [2, 64])
      expect(timeOn(single(10, { ...bytes, footprint: 1e6 }), threads, machine)).toEqual({
        ...{ microseconds: 8000, limit: "memory" },
      });
  });
});

it("a barrier grows with the threads that wait, and one thread waits for nobody", () => {
  expect([1, 2, 8, 64].map((threads) => barrierOn(threads, machine))).toEqual([0, 0.5, 2, 16]);
});

describe("a step", () => {
  const instructions = [single(160), single(20, { alone: true }), single(20, { chunks: [3, 0] })];

  it("is what one thread takes on one thread, and the parts are all of it", () => {
    const one = predict({ instructions, whole: 200, barriers: 6 }, 1, machine);
    expect(one).toEqual({ whole: 200, even: 180, alone: 20, chunks: 0, moving: 0, barriers: 0 });
  });

  it("has what is shared, what isn't, uneven chunks and barriers", () => {
    const two = predict({ instructions, whole: 200, barriers: 6 }, 2, machine);
    expect(two.even).toBe(90);
    expect(two.alone).toBe(20);
    // Two of the three chunks.
    expect(two.chunks).toBeCloseTo((20 * 2) / 3 - 10, 12);
    expect(two.barriers).toBe(3);
    expect(two.whole).toBeCloseTo(80 + 20 + 40 / 3 + 3, 12);
    const many = predict({ instructions, whole: 200, barriers: 6 }, 64, machine);
    expect(many.whole).toBeCloseTo(10 + 20 + 20 / 3 + 96, 12);
  });

  it("takes as much less than its instructions one by one as on one thread", () => {
    const half = predict({ instructions, whole: 100, barriers: 0 }, 2, machine);
    expect(half.whole).toBeCloseTo((80 + 20 + 40 / 3) / 2, 12);
  });
});
