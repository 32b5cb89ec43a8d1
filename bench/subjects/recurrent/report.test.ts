import { describe, expect, it } from "vitest";
import type { Ratio, Row } from "../../rows.ts";
import { ratioToFastest, recurrentReport, verdicts } from "./report.ts";
import { presets } from "./sizes.ts";

const ratio = (engine: string, median: number): Ratio => ({
  ...{ engine, threads: 2, min: 0.9 * median, median, max: 1.1 * median },
});
const row = (engine: string, value: number, timesAsFast: Ratio[] = [], more: Partial<Row> = {}): Row => ({
  ...{ workload: "recurrent step lstm 32x100, 28-128", engine, threads: 2, value, unit: "ms", min: value, max: value },
  ...{ values: [value], gflops: 100, timesAsFast, note: "", task: { cell: "lstm", pass: "step", ...presets.rows } },
  ...more,
});

describe("verdicts on the recurrent layer", () => {
  it("say what is reached, what is missed, and what was not measured", () => {
    const rows = [
      row("heaviside native", 9, [ratio("PyTorch", 4)]),
      row("heaviside wasm", 20, [ratio("PyTorch", 1.4), ratio("PyTorch by hand", 9)]),
    ];
    expect(verdicts(rows)).toEqual([
      "heaviside native 2T: at least 4.00× PyTorch is asked, 4.00× (3.60–4.40) measured: reached",
      "heaviside wasm 2T: at least 1.50× PyTorch is asked, 1.40× (1.26–1.54) measured: missed",
      "heaviside wasm 2T: at least 15.0× tfjs-wasm or tfjs-cpu is asked, not measured",
    ]);
  });

  it("are of these sizes, this pass and these threads alone", () => {
    const own = row("heaviside native", 9, [ratio("PyTorch", 4)]);
    expect(verdicts([{ ...own, task: { ...own.task!, units: 64 } }])).toEqual([]);
    expect(verdicts([{ ...own, threads: 1 }])[0]).toMatch(/not measured$/);
    const forward = verdicts([{ ...own, task: { ...own.task!, pass: "forward" } }]);
    expect(forward.every((line) => line.includes("onnxruntime-node is asked"))).toBe(true);
  });

  it("hold us to the fastest of several peers", () => {
    const own = row("heaviside wasm", 9, [ratio("tfjs-cpu", 80), ratio("tfjs-wasm", 14)]);
    expect(ratioToFastest(own, ["tfjs-wasm", "tfjs-cpu"])!.engine).toBe("tfjs-wasm");
    expect(verdicts([own])[2]).toMatch(/14.0× .*missed$/);
  });
});

describe("the report on the recurrent layer", () => {
  it("has a line for each engine and a column for each peer", () => {
    const rows = [row("heaviside native", 5, [ratio("PyTorch", 8), ratio("tfjs-wasm", 100)]), row("PyTorch", 40)];
    expect(recurrentReport(rows).split("\n").slice(0, 3)).toEqual([
      "recurrent step lstm 32x100, 28-128  threads      ms (min–max)  GFLOP/s          × PyTorch      × tfjs-wasm",
      "  heaviside native                        2  5.00 (5.00–5.00)      100  8.00× (7.20–8.80)  100× (90.0–110)",
      "  PyTorch                                 2  40.0 (40.0–40.0)      100",
    ]);
  });
});
