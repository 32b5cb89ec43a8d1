import { describe, expect, it } from "vitest";
import type { Row } from "../../rows.ts";
import { parseSubject } from "../arguments.ts";
import { conditional } from "./index.ts";
import { bytesMoved, productsReport, stageTimes } from "./products.ts";

const task = { batch: 8, input: 1000, blocks: 4, width: 10, output: 500, density: 0.5, pairs: 16 };
const row = (engine: string, form: string, values: number[]): Row => ({
  ...{ workload: `products, ${form}`, engine, threads: 2, value: values[0]!, min: 0, max: 0, unit: "ms", values },
  ...{ note: "", task: { ...task, form } },
});

const rows = [
  row("heaviside native", "dense y", [3, 3, 4]),
  row("heaviside native", "dense y dx", [7, 6, 9]),
  row("heaviside native", "dense y dx dweight", [9, 8, 11]),
  row("heaviside native", "dense", [10, 9, 12]),
  row("heaviside native", "skip y", [1, 1, 1]),
  row("heaviside native", "skip y dx", [3, 3, 3]),
  row("heaviside native", "skip y dx dweight", [4, 4, 4]),
  row("heaviside native", "skip", [4.5, 4.5, 4.5]),
  row("ceiling memory", "memory", [0.25]),
  row("ceiling native", "arithmetic", [0.5]),
];

describe("the time of each product", () => {
  it("is what a program takes more than the one before, round by round", () => {
    const dense = stageTimes(rows).filter(({ layer }) => layer === "dense");
    expect(dense.map(({ ms }) => ms)).toEqual([3, 4, 2, 1]);
    const skip = stageTimes(rows).filter(({ layer }) => layer === "skip");
    expect(skip.map(({ ms }) => ms)).toEqual([1, 2, 1, 0.5]);
  });

  it("has the speed of its own FLOP", () => {
    const [forward, back, weight, out] = stageTimes(rows);
    const product = 2 * 32 * 10; // of all pairs and units, for each input or output
    expect(forward!.gflops).toBeCloseTo((1e-6 * product * 1500) / 3, 12);
    expect(back!.gflops).toBeCloseTo((1e-6 * product * 1500) / 4, 12);
    expect(weight!.gflops).toBeCloseTo((1e-6 * product * 1000) / 2, 12);
    expect(out!.gflops).toBeCloseTo((1e-6 * product * 500) / 1, 12);
    expect(stageTimes(rows)[4]!.gflops).toBeCloseTo((1e-6 * product * 1500) / 2 / 1, 12);
  });

  it("stands beside the bounds", () => {
    const lines = productsReport(rows).split("\n");
    expect(lines[1]).toMatch(/^ {2}heaviside native, forward \(two products\) +2 +3.00 +0.320 +1.00 +0.480 +3.00$/);
    expect(lines.slice(-2)).toEqual([
      "  ceiling memory 2T: moving the bytes at the speed of a copy takes 0.250 ms",
      "  ceiling native 2T: the open pairs' arithmetic takes 0.500 ms",
    ]);
  });
});

describe("the bytes of a layer", () => {
  it("are the weights of open blocks twice, all gradients once, and the rows of open pairs", () => {
    const all = { kind: "conditional", ...task, density: 1 } as const;
    const [weights, rows] = [4 * 10 * 1500, 32 * (1500 + 20)];
    expect(bytesMoved(all)).toBe(4 * (3 * weights + 3 * rows));
    // A block of which one of eight examples in two opens half: closed for all in 1 of 256.
    const half = bytesMoved({ ...all, density: 0.5 });
    expect(half).toBeCloseTo(4 * ((2 * (255 / 256) + 1) * weights + (3 * rows) / 2), 6);
  });
});

describe("the products of a layer", () => {
  it("are timed one program after the other, each checked, beside the machine's ceilings", async () => {
    const line =
      "conditional products --batch 6 --input 5 --blocks 4 --width 2 --output 3 --density 0.5 --backend wasm --threads 1 --seconds 0.001";
    for await (const { lanes } of conditional.contests(parseSubject(line.split(" "), 2)!, () => {})) {
      const own = lanes.filter(({ engine }) => engine.startsWith("heaviside"));
      expect(own.map(({ setting }) => setting)).toEqual([
        ...["dense y", "dense y dx", "dense y dx dweight", "dense"],
        ...["skip y", "skip y dx", "skip y dx dweight", "skip"],
      ]);
      expect(own.map(({ flop }) => flop)).toEqual([
        ...[2, 4, 5.25, 6].map((products) => products * 24 * 2 * 8),
        ...[2, 4, 5.25, 6].map((products) => products * 12 * 2 * 8),
      ]);
      const bounds = lanes.filter(({ engine }) => engine.startsWith("ceiling"));
      expect(new Set(bounds.map(({ setting }) => setting))).toEqual(new Set(["arithmetic", "memory"]));
      for (const lane of [own[0]!, bounds[0]!]) expect(await lane.take()).toBeGreaterThan(0);
    }
  }, 60_000);
});
