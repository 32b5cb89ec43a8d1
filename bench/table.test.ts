import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Measurement } from "./measure.ts";
import { rowsOf, writeRows } from "./rows.ts";
import { formatNumber, workloadTable } from "./table.ts";

const measurement: Measurement = {
  task: { kind: "gemm", m: 96, k: 1500, n: 700 },
  series: [
    { name: "heaviside", threads: 1, values: [50, 40, 60] },
    { name: "heaviside", threads: 2, values: [100, 90, 110] },
    { name: "jax-js", threads: 1, values: [25, 25, 20] },
  ],
  ceilings: [{ name: "ceiling fma", threads: 1, values: [62.5, 50, 60] }],
  others: [0.004, 0.3, 0],
  failures: [],
};

describe("rows", () => {
  const rows = rowsOf(measurement);

  it("hold the median and its range with workload, engine, threads and unit", () => {
    expect(rows[0]).toMatchObject({
      workload: "gemm 96x1500x700",
      engine: "heaviside",
      threads: 1,
      value: 50,
      min: 40,
      max: 60,
      unit: "GFLOP/s",
      rounds: 3,
      othersBusy: 0.3,
    });
    expect(rows.map((row) => `${row.engine} ${row.threads}`)).toEqual([
      "heaviside 1",
      "heaviside 2",
      "jax-js 1",
      "ceiling fma 1",
    ]);
  });

  it("compare with the ceiling of as many threads, round by round", () => {
    expect(rows[0]!.ofCeiling).toBeCloseTo(0.8, 12);
    expect(rows[1]!.ofCeiling).toBeUndefined();
    expect(rows[2]!.ofCeiling).toBeCloseTo(0.4, 12);
  });

  it("carry our ratio to each peer, on our rows alone", () => {
    expect(rows[0]!.timesAsFast).toEqual({ "jax-js": 2 });
    expect(rows[1]!.timesAsFast).toEqual({ "jax-js": 4 });
    expect(rows[2]!.timesAsFast).toBeUndefined();
  });

  it("turn ratios round where less is better", () => {
    const slow = rowsOf({
      ...measurement,
      task: { kind: "sigmoid", count: 10 },
      series: [
        { name: "heaviside", threads: 1, values: [1, 2] },
        { name: "jax-js", threads: 1, values: [4, 8] },
      ],
      ceilings: [{ name: "ceiling copy", threads: 1, values: [0.5, 1] }],
    });
    expect(slow[0]).toMatchObject({ timesAsFast: { "jax-js": 4 }, ofCeiling: 0.5 });
  });

  it("are written as an array, whole, with nothing left beside the file", () => {
    const folder = mkdtempSync(join(tmpdir(), "rows-"));
    try {
      writeRows(join(folder, "rows.json"), rows);
      expect(JSON.parse(readFileSync(join(folder, "rows.json"), "utf8"))).toEqual(rows);
      expect(readdirSync(folder)).toEqual(["rows.json"]);
      expect(() => writeRows(join(folder, "no", "rows.json"), rows)).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the table", () => {
  it("aligns its columns and leaves empty cells where nothing is known", () => {
    expect(workloadTable(rowsOf(measurement))).toBe(
      [
        "gemm 96x1500x700  threads  GFLOP/s    min – max  of ceiling  × jax-js",
        "  heaviside             1     50.0  40.0 – 60.0         80%      2.00",
        "  heaviside             2      100   90.0 – 110                  4.00",
        "  jax-js                1     25.0  20.0 – 25.0         40%",
        "  ceiling fma           1     60.0  50.0 – 62.5",
      ].join("\n"),
    );
  });

  it("has no column for peers that weren't there, and is empty without rows", () => {
    const alone = rowsOf({ ...measurement, series: measurement.series.slice(0, 1), ceilings: [] });
    expect(workloadTable(alone).split("\n")[0]).toBe("gemm 96x1500x700  threads  GFLOP/s    min – max");
    expect(workloadTable([])).toBe("");
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
