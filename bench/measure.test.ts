import { describe, expect, it } from "vitest";
import { type Contestant, measure } from "./measure.ts";
import type { Requests } from "./protocol.ts";
import type { CeilingKind } from "./workloads/ceiling.ts";
import { elementwiseInput, elementwiseSamples } from "./workloads/elementwise.ts";

const task = { kind: "sigmoid", count: 40 } as const;
const right = elementwiseSamples(task).map((index) => 1 / (1 + Math.exp(-elementwiseInput(task)[index]!)));

/** A contestant in memory that writes down what it is asked. `speeds` are runs per second, one a slice. */
function contestant(
  name: string,
  log: string[],
  evidence: number[],
  speeds: number[],
  ceiling?: CeilingKind,
): Contestant {
  let slices = 0;
  const request = async (kind: keyof Requests) => {
    if (kind !== "usage") log.push(`${name} ${kind}`);
    if (kind === "open") return { evidence };
    if (kind === "slice") return { work: speeds[slices++ % speeds.length]!, seconds: 1 };
    return { cpuSeconds: 0 };
  };
  const role = ceiling ? "ceiling" : "own";
  const process = { request: request as Contestant["process"]["request"] };
  return { name, role, threads: 1, note: "", ...(ceiling && { ceiling }), process };
}

describe("measure", () => {
  it("verifies, warms up, then takes turns and closes", async () => {
    const log: string[] = [];
    const engines = ["A", "B"].map((name) => contestant(name, log, right, [1]));
    const bound = contestant("C", log, [1], [1], "memory");
    const result = await measure(task, [...engines, bound], { seconds: 0.1, rounds: 2 });
    const turns = ["A slice", "B slice", "C slice"];
    expect(log).toEqual([
      ...["A open", "B open", "C open"],
      ...[...turns, ...turns, ...turns],
      ...["A close", "B close", "C close"],
    ]);
    expect(result.series.map(({ name, values }) => [name, values.length])).toEqual([
      ["A", 2],
      ["B", 2],
    ]);
    expect(result.ceilings.map(({ name }) => name)).toEqual(["C"]);
  });

  it("asks those ceilings that have the workload's loop", async () => {
    const log: string[] = [];
    const kinds = ["native", "wasm", "memory"] as const;
    const bounds = kinds.map((kind) => contestant(kind, log, [1], [1], kind));
    const moving = await measure({ kind: "uniform", count: 8 }, bounds, { seconds: 0.1, rounds: 1 });
    expect(moving.ceilings.map(({ name }) => name)).toEqual(["memory"]);
    const arithmetic = await measure({ kind: "gemm", m: 1, k: 1, n: 1 }, bounds, { seconds: 0.1, rounds: 1 });
    expect(arithmetic.ceilings.map(({ name }) => name)).toEqual(["native", "wasm"]);
  });

  it("times the ceilings alone where a loop itself is the workload", async () => {
    const log: string[] = [];
    const all = [contestant("A", log, right, [1]), contestant("C", log, [1], [1], "wasm")];
    const result = await measure({ kind: "ceiling", loop: "fma", count: 0 }, all, { seconds: 0.1, rounds: 1 });
    expect(result.series.map(({ name }) => name)).toEqual(["C"]);
    expect(result.ceilings).toEqual([]);
  });

  it("leaves the warm-up out and turns work into the workload's unit", async () => {
    const engine = contestant("A", [], right, [1, 1e6, 5e6]);
    const { series } = await measure(task, [engine], { seconds: 0.1, rounds: 2 });
    expect(series[0]!.values).toEqual([1e9 / (40 * 1e6), 1e9 / (40 * 5e6)]);
  });

  it("never times an engine whose result is wrong, and says what was wrong", async () => {
    const log: string[] = [];
    const wrong = right.map((value, i) => (i === 7 ? value + 1e-3 : value));
    const engines = [contestant("A", log, wrong, [1]), contestant("B", log, right, [1])];
    const { series, failures } = await measure(task, engines, { seconds: 0.1, rounds: 1 });
    expect(series.map(({ name }) => name)).toEqual(["B"]);
    expect(log).not.toContain("A slice");
    expect(log).toContain("A close");
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^A is wrong: sigmoid\(.*should be/);
  });
});
