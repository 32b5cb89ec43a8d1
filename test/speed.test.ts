import { describe, expect, it } from "vitest";
import type { Row, Run } from "../bench/rows.ts";
import { disturbance, RESULTS, readResults, speedSection, withSpeed } from "../scripts/speed.ts";
import { read } from "./support/repository.ts";

const run: Run = {
  command: "npm run bench -- --peers",
  date: "2026-01-01T00:00:00.000Z",
  machine: { cpu: "A processor", cores: 2, memoryGiB: 1, system: "a system", node: "v20.1.0", v8: "11" },
};

const row = (engine: string, threads: number, value: number, more: Partial<Row> = {}): Row & Run => ({
  ...{ workload: "gemm 8x9x10", engine, threads, value, unit: "GFLOP/s", min: 1, max: 9, values: [1, value, 9] },
  ...{ others: [0, 0.5, 0], disturbed: 1, note: `note of ${engine}`, ...more, ...run },
});

describe("docs/reference/speed.md", () => {
  it("is what the results file says", () => {
    const page = read("docs/reference/speed.md");
    expect(withSpeed(page, readResults(RESULTS))).toBe(page);
  });

  it("has a table for each of our backends, with ratios on the most threads", () => {
    const torch = { engine: "torch", threads: 2, min: 1.1, median: 1.25, max: 1.4 };
    const jax = { engine: "jax", threads: 1, min: 3, median: 4, max: 5 };
    const rows = [
      row("heaviside native", 1, 50, { ofCeiling: 0.9, timesAsFast: [jax] }),
      row("heaviside native", 2, 99.5, { ofCeiling: 0.875, timesAsFast: [torch, jax] }),
      row("torch", 2, 80),
      row("jax", 1, 25),
    ];
    expect(speedSection(rows).split("\n")).toEqual([
      "`npm run bench -- --peers` on A processor, 2 cores, Node 20.1.0; medians of",
      "3 rounds.",
      "",
      "- torch: note of torch",
      "- jax: note of jax",
      "",
      "**heaviside native** (note of heaviside native)",
      "",
      "|  | 1 thread | 2 threads | of the ceiling | × torch | × jax |",
      "| --- | --- | --- | --- | --- | --- |",
      "| GEMM 8×9×10, GFLOP/s | 50.0 | 99.5 | 90 %, 88 % | 1.25 (1.10–1.40) | 4.00 (3.00–5.00) |",
    ]);
  });

  it("counts the rounds of each workload once", () => {
    const other = row("torch", 2, 3, { workload: "gemm 1x1x1", disturbed: 2 });
    expect(disturbance([row("torch", 1, 2), row("torch", 2, 2), other])).toEqual({ disturbed: 3, rounds: 6 });
  });

  it("refuses a workload that it has no words for, and a page without markers", () => {
    const own = row("heaviside native", 1, 1, { workload: "juggling 5", timesAsFast: [] });
    expect(() => speedSection([own])).toThrow(/no words for the workload juggling 5/);
    expect(() => withSpeed("<!-- speed --> but no end", [])).toThrow(/speed.md: no text between/);
  });
});
