import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeMachine } from "./machine.ts";
import type { Measurement } from "./measure.ts";
import { rowsOf, writeRows } from "./rows.ts";
import { formatNumber, ratioLines, workloadTable } from "./table.ts";

const measurement: Measurement = {
  task: { kind: "gemm", m: 96, k: 1500, n: 700 },
  series: [
    { name: "heaviside wasm", role: "own", threads: 1, note: "ours", ceiling: "wasm", values: [50, 40, 60] },
    { name: "heaviside wasm", role: "own", threads: 2, note: "ours", ceiling: "wasm", values: [100, 90, 110] },
    { name: "torch", role: "peer", threads: 2, note: "theirs", ceiling: "native", values: [200, 150, 100] },
    { name: "jax-js", role: "peer", threads: 1, note: "theirs", ceiling: "wasm", values: [25, 25, 20] },
  ],
  ceilings: [
    { name: "ceiling native", role: "ceiling", threads: 1, note: "", ceiling: "native", values: [240, 240, 240] },
    { name: "ceiling wasm", role: "ceiling", threads: 1, note: "", ceiling: "wasm", values: [62.5, 50, 60] },
  ],
  others: [0.004, 0.3, 0],
  failures: [],
};

const run = { command: "npm run bench -- gemm", date: "today", machine: describeMachine() };

describe("rows", () => {
  const rows = rowsOf(measurement);

  it("hold the median, its range and every round with workload, engine, threads, unit and load", () => {
    expect(rows[0]).toMatchObject({
      workload: "gemm 96x1500x700",
      engine: "heaviside wasm",
      threads: 1,
      value: 50,
      min: 40,
      max: 60,
      values: [50, 40, 60],
      unit: "GFLOP/s",
      others: [0.004, 0.3, 0],
      disturbed: 1,
      note: "ours",
    });
    expect(rows.map((row) => `${row.engine} ${row.threads}`)).toEqual([
      ...["heaviside wasm 1", "heaviside wasm 2", "torch 2", "jax-js 1"],
      ...["ceiling native 1", "ceiling wasm 1"],
    ]);
  });

  it("compare with the ceiling of the same vectors and as many threads, round by round", () => {
    expect(rows[0]!.ofCeiling).toBe(0.8);
    expect(rows[1]!.ofCeiling).toBeUndefined();
    expect(rows[3]!.ofCeiling).toBe(0.4);
    expect(rows[4]!.ofCeiling).toBeUndefined();
    const native = { ...measurement.series[2]!, threads: 1 };
    expect(rowsOf({ ...measurement, series: [native] })[0]!.ofCeiling).toBe(0.625);
  });

  it("take the memory's ceiling for everybody where floats are moved", () => {
    const bound = { ...measurement.ceilings[0]!, ceiling: "memory" as const, values: [20, 20, 20] };
    const moved = rowsOf({ ...measurement, task: { kind: "uniform", count: 10 }, ceilings: [bound] });
    expect(moved.map(({ ofCeiling }) => ofCeiling)).toEqual([0.4, undefined, undefined, 0.8, undefined]);
  });

  it("carry our ratio to each peer on as many threads, or on the most below, on our rows alone", () => {
    const jax = (median: number, min: number, max: number) => ({ engine: "jax-js", threads: 1, min, median, max });
    expect(rows[0]!.timesAsFast).toEqual([jax(2, 1.6, 3)]);
    expect(rows[1]!.timesAsFast).toEqual([
      { engine: "torch", threads: 2, min: 0.5, median: 0.6, max: 1.1 },
      jax(4, 3.6, 5.5),
    ]);
    expect(rows[2]!.timesAsFast).toBeUndefined();
    const both = [...measurement.series, { ...measurement.series[2]!, threads: 1, values: [25, 20, 30] }];
    expect(rowsOf({ ...measurement, series: both })[1]!.timesAsFast![0]).toMatchObject({ engine: "torch", threads: 2 });
  });

  it("turn ratios round where less is better", () => {
    const [own, , , jax] = measurement.series;
    const slow = rowsOf({
      ...measurement,
      task: { kind: "sigmoid", count: 10 },
      series: [
        { ...own!, values: [1, 2] },
        { ...jax!, values: [4, 8] },
      ],
      ceilings: [{ ...measurement.ceilings[0]!, ceiling: "memory", values: [0.5, 1] }],
    });
    expect(slow[0]).toMatchObject({ timesAsFast: [{ engine: "jax-js", median: 4 }], ofCeiling: 0.5 });
  });

  it("are written as an array of whole rows, one a line, with nothing left beside the file", () => {
    const folder = mkdtempSync(join(tmpdir(), "rows-"));
    try {
      writeRows(join(folder, "rows.json"), run, rows);
      const text = readFileSync(join(folder, "rows.json"), "utf8");
      expect(JSON.parse(text)).toEqual(rows.map((row) => ({ ...row, ...run })));
      expect(text.trim().split("\n")).toHaveLength(rows.length + 2);
      expect(readdirSync(folder)).toEqual(["rows.json"]);
      expect(() => writeRows(join(folder, "no", "rows.json"), run, rows)).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the table", () => {
  it("aligns its columns and leaves empty cells where nothing is known", () => {
    expect(workloadTable(rowsOf(measurement))).toBe(
      [
        "gemm 96x1500x700  threads  GFLOP/s    min – max  of ceiling",
        "  heaviside wasm        1     50.0  40.0 – 60.0         80%",
        "  heaviside wasm        2      100   90.0 – 110",
        "  torch                 2      150    100 – 200",
        "  jax-js                1     25.0  20.0 – 25.0         40%",
        "  ceiling native        1      240    240 – 240",
        "  ceiling wasm          1     60.0  50.0 – 62.5",
      ].join("\n"),
    );
  });

  it("has no column that would be empty, and is empty without rows", () => {
    const alone = rowsOf({ ...measurement, series: measurement.series.slice(0, 1), ceilings: [] });
    expect(workloadTable(alone).split("\n")[0]).toBe("gemm 96x1500x700  threads  GFLOP/s    min – max");
    expect(workloadTable([])).toBe("");
  });

  it("is followed by a sentence for each backend of ours, on its most threads, and each peer", () => {
    expect(ratioLines(rowsOf(measurement))).toEqual([
      "heaviside wasm 2T is 0.600× (0.500–1.10) torch 2T",
      "heaviside wasm 2T is 4.00× (3.60–5.50) jax-js 1T",
    ]);
  });

  it("writes numbers with three digits and without exponents", () => {
    expect([123456, 99.5, 9.994, 0.36, 0.00123, 0, Number.NaN].map(formatNumber)).toEqual([
      "123456",
      "99.5",
      "9.99",
      "0.360",
      "0.00123",
      "0",
      "–",
    ]);
  });
});
