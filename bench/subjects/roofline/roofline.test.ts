import { describe, expect, it } from "vitest";
import type { CacheLevel } from "../../cache-levels.ts";
import type { Row } from "../../rows.ts";
import { barrierFrom } from "./barrier.ts";
import { boundOf, type Ceilings, fastestWays, type Moved } from "./bound.ts";
import { completed } from "./index.ts";
import { ceilingsIn } from "./limits.ts";
import { parseSize } from "./sizes.ts";
import { instructionsIn, rooflineTable } from "./table.ts";

const KB = 2 ** 10;
const MB = 2 ** 20;
const levels: readonly CacheLevel[] = [
  { name: "first cache", bytes: 32 * KB, sharedBy: 1 },
  { name: "second cache", bytes: MB, sharedBy: 1 },
  { name: "third cache", bytes: 32 * MB, sharedBy: 2 },
  { name: "memory", bytes: Number.POSITIVE_INFINITY, sharedBy: Number.POSITIVE_INFINITY },
];
// 100 GFLOP/s, and 50, 40, 20 and 10 GB/s.
const ceilings: Ceilings = {
  ...{ arithmetic: 1e4, threads: 2 },
  moved: [2e4, 2.5e4, 5e4, 1e5].map((microseconds, i): Moved => ({ level: levels[i]!, microseconds })),
};
const nothing = { multiplyAdds: 0, steps: 0, bytes: 0, footprint: 0 };
const once = (bytes: number) => ({ ...nothing, bytes, footprint: bytes });

describe("a bound", () => {
  it("is that of the arithmetic or of what is moved, whichever is larger", () => {
    expect(boundOf({ ...once(100), multiplyAdds: 5e8 }, ceilings)).toEqual({ microseconds: 1e4, by: "arithmetic" });
    expect(boundOf({ ...once(1), steps: 5e5 }, ceilings)).toEqual({ microseconds: 10, by: "arithmetic" });
    expect(boundOf(once(5e4), ceilings)).toEqual({ microseconds: 1, by: "first cache" });
    expect(boundOf({ ...once(1e9), steps: 1 }, ceilings)).toEqual({ microseconds: 1e5, by: "memory" });
  });

  it("is that of the smallest level that holds all places: each thread has caches of its own, and both share the third", () => {
    expect(boundOf(once(2 * MB), ceilings).by).toBe("second cache");
    expect(boundOf(once(2 * MB + 1), ceilings).by).toBe("third cache");
    expect(boundOf(once(32 * MB + 1), ceilings).by).toBe("memory");
    expect(boundOf(once(2 * MB), { ...ceilings, threads: 1 }).by).toBe("third cache");
    expect(boundOf(once(32 * MB), { ...ceilings, threads: 1 }).by).toBe("third cache");
  });

  it("takes weights that are updated in place once for where they lie, and twice for what is moved", () => {
    const inPlace = { ...nothing, bytes: 60 * MB, footprint: 30 * MB };
    const { microseconds, by } = boundOf(inPlace, ceilings);
    expect(by).toBe("third cache");
    expect(microseconds).toBeCloseTo((60 * MB * 5e4) / 1e9, 6);
  });
});

describe("the limits of moving", () => {
  const times: Readonly<Record<string, readonly number[]>> = {
    "first cache": [9, 7, 8],
    "second cache": [20, 30],
    "third cache": [15, 40],
    memory: [90],
  };
  it("are the fastest of all ways, and no slower than beyond", () => {
    const found = fastestWays(levels, ({ name }) => times[name]!);
    expect(found.map(({ level, microseconds }) => [level.name, microseconds])).toEqual([
      ["first cache", 7],
      ["second cache", 15],
      ["third cache", 15],
      ["memory", 90],
    ]);
  });
});

it("a barrier costs what the threads' time has beyond their share of the work, for each instruction", () => {
  // 200 µs alone, 100 each, and 40 more for 20 barriers.
  expect(barrierFrom(200, 140, 2, 20)).toBe(2);
});

describe("a size", () => {
  it("is a network and the examples of a step", () => {
    expect(parseSize("784-3000-10:37")).toMatchObject({ units: [784, 3000, 10], batch: 37, stochastic: false });
    expect(parseSize("s8-4-2")).toMatchObject({ units: [8, 4, 2], batch: 100, stochastic: true });
    for (const wrong of ["8-4-2:", "8-4-2:0", "8-4-2:1.5", "8-4-2:1:2", "8", "conv:0", "toString"])
      expect(() => parseSize(wrong)).toThrow(/received/);
  });

  it("may be the name of a network, with a batch of its own or one that is asked for", () => {
    const shapes = ["conv", "lstm:3", "gated:7"].map((name) => {
      const step = parseSize(name);
      return "model" in step ? [step.x.shape, step.labels.shape] : undefined;
    });
    expect(shapes).toEqual([
      [[32, 28, 28], [32]],
      [[3, 28, 28], [3]],
      [[7, 784], [7]],
    ]);
  });
});

const row = (part: string, value: number, min = value): Row => ({
  ...{ workload: `roofline x, ${part}`, engine: "e", threads: 2, value, unit: "µs" },
  ...{ min, max: value, values: [value], note: "" },
});
const limits = (name: string, ...values: [copy: number, scale: number, sum: number]): Row[] =>
  (["copy", "scale", "sum"] as const).map((loop, i): Row => {
    const level = levels.find((each) => each.name === name)!;
    const size = level.name === "memory" ? {} : { bytes: level.bytes, sharedBy: level.sharedBy };
    // The best round counts, not the median.
    return { ...row(`${name}, ${loop}`, 1.1 * values[i]!, values[i]!), level: { name, ...size, loop } };
  });
const allLimits = [
  row("multiply-adds", 1.1e4, 1e4),
  ...limits("first cache", 2e4, 3e4, 2.2e4),
  ...[...limits("second cache", 4e4, 2.5e4, 3e4), ...limits("third cache", 6e4, 7e4, 5e4)],
  ...limits("memory", 2e5, 1e5, 3e5),
];
const x = { text: "gemm [2, 3] × [3, 4]  a, b", computes: "hidden1: matmul", share: 1, isAtMost: false, seconds: 1 };
const instructions = [
  { ...x, ...once(100), multiplyAdds: 5e6 },
  { ...x, text: "elementwise [9]", ...once(5e4) },
];
const rows = [
  ...[...allLimits, row("a call", 210), row("barrier", 0.5)],
  ...[row(" 0 gemm [2, 3] × [3, 4] | hidden1: matmul", 200), row(" 1 elementwise [9] | hidden1: matmul", 4)],
];

describe("the rows", () => {
  it("hold the limits, of each the best round and the fastest way", () => {
    expect(ceilingsIn(allLimits)).toEqual(ceilings);
  });

  it("say what each instruction has to do, its bound, and how threads share it", () => {
    const divided = {
      barriers: 3,
      instructions: [
        { alone: false, chunks: [2, 8] as const },
        { alone: true, chunks: [0, 0] as const },
      ],
    };
    const found = completed(rows, instructions, divided, levels);
    expect(found).toHaveLength(rows.length);
    const [first, second] = instructionsIn(found).map(({ instruction }) => instruction);
    expect(first).toMatchObject({
      ...{ number: 0, text: "gemm [2, 3] × [3, 4]", computes: "hidden1: matmul", multiplyAdds: 5e6, bytes: 100 },
      ...{ footprint: 100, isAtMost: false, bound: 100, by: "arithmetic", alone: false, chunks: [2, 8] },
    });
    expect(second).toMatchObject({ number: 1, bound: 1, by: "first cache", alone: true });
    expect(instructionsIn(completed(rows, instructions, undefined, levels))[0]!.instruction).not.toHaveProperty(
      "chunks",
    );
    const named = completed(
      rows.map(({ level: _, ...rest }) => rest),
      instructions,
      undefined,
      levels,
    );
    expect(named.map(({ level }) => level)).toEqual(rows.map(({ level }) => level));
  });
});

describe("the table", () => {
  it("has each instruction beside its bound, their sum, and a call as it runs", () => {
    const lines = rooflineTable("roofline x", completed(rows, instructions, undefined, levels))
      .split("\n")
      .map((line) => line.trim().split(/ {2,}/));
    const name = "0 gemm [2, 3] × [3, 4] | hidden1: matmul";
    expect(lines[1]).toEqual([name, "200", "100", "50%", "arithmetic", "100", "50.0"]);
    expect(lines[2]).toEqual(["1 elementwise [9] | hidden1: matmul", "4.00", "1.00", "25%", "first cache", "3.00"]);
    expect(lines[3]).toEqual(["all of them, one by one", "204", "101", "50%", "103"]);
    expect(lines[4]).toEqual(["a call", "210", "101", "48%", "109"]);
    expect(lines[5]!.join(" ")).toContain("limits: 100 GFLOP/s; 50.0 GB/s in the first cache, 40.0 GB/s in the second");
    expect(lines[6]!.join(" ")).toBe("a barrier: 0.500 µs");
  });
});
