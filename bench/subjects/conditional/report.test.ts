import { describe, expect, it } from "vitest";
import type { Row } from "../../rows.ts";
import { layerReport, ratioOf, verdicts } from "./report.ts";

const sizes = { part: "layer", batch: 256, input: 1024, blocks: 64, width: 64, output: 1024 };
const ratio = (engine: string, median: number) => ({
  engine,
  threads: 2,
  min: 0.9 * median,
  median,
  max: 1.1 * median,
});

const row = (engine: string, form: string, value: number, more: Partial<Row> = {}, density = 0.1): Row => ({
  ...{ workload: `conditional layer, 10 % open, ${form}`, engine, threads: 2, value, min: value, max: value },
  ...{ unit: "ms", values: [value], gflops: 100, note: "" },
  task: { ...sizes, density, pairs: 16384 * density, form },
  ...more,
});
const native = (dense: number, best: number, density = 0.1) =>
  row(
    "heaviside native",
    "skip",
    5,
    { timesAsFast: [ratio("heaviside native, dense", dense), ratio("PyTorch as installed, loop", best)] },
    density,
  );

describe("ratios of the conditional layer", () => {
  it("are to the own dense form, and of ours to PyTorch", () => {
    expect(ratioOf(native(8, 4.2), "dense")!.median).toBe(8);
    expect(ratioOf(native(8, 4.2), "PyTorch")!.median).toBe(4.2);
    const theirs = row("PyTorch", "loop", 30, { timesAsFast: [ratio("PyTorch, dense", 2)] });
    expect(ratioOf(theirs, "dense")!.median).toBe(2);
    expect(ratioOf(theirs, "PyTorch")).toBeUndefined();
  });
});

describe("verdicts on the conditional layer", () => {
  it("say what is reached, what is missed, and what was not measured", () => {
    expect(verdicts([native(8, 3.9)])).toEqual([
      "heaviside native 2T, skip: at least 7.5× its own dense layer is asked, 8.00× (7.20–8.80) measured: reached",
      "heaviside native 2T, skip: at least 4× PyTorch's best form is asked, 3.90× (3.51–4.29) measured: missed",
      "heaviside wasm 2T, skip: at least 1.3× PyTorch's best form is asked, not measured",
    ]);
    expect(verdicts([native(7.49, 4)])[0]).toMatch(/missed$/);
    expect(
      verdicts([native(7.5, 4)])
        .slice(0, 2)
        .join(),
    ).not.toContain("missed");
  });

  it("are of that layer alone, and of two threads", () => {
    expect(verdicts([native(8, 5, 0.05)])).toEqual([]);
    const other = native(8, 5);
    expect(verdicts([{ ...other, task: { ...other.task!, width: 32 } }])).toEqual([]);
    expect(verdicts([{ ...other, threads: 1 }])[0]).toMatch(/not measured$/);
  });

  it("hold skipping to a twentieth of the dense layer where most gates are open, whatever the sizes", () => {
    const open = native(0.96, 1, 0.5);
    expect(verdicts([open])).toEqual([
      "heaviside native 2T, skip: at least 0.95× its own dense layer is asked, 0.960× (0.864–1.06) measured: reached",
    ]);
    const slow = native(0.94, 1, 1);
    expect(verdicts([{ ...slow, task: { ...slow.task!, blocks: 8 } }])[0]).toMatch(/missed$/);
  });
});

describe("the report on the conditional layer", () => {
  it("has a line for each form, and the ideal", () => {
    const report = layerReport([row("heaviside native", "dense", 40), native(8, 4.2), row("jax-js", "padded", 300)]);
    expect(report.split("\n").slice(0, 5)).toEqual([
      "conditional layer, 10 % open  threads      ms (min–max)  GFLOP/s done        × own dense     × best PyTorch",
      "  heaviside native, dense           2  40.0 (40.0–40.0)           100",
      "  heaviside native, skip            2  5.00 (5.00–5.00)           100  8.00× (7.20–8.80)  4.20× (3.78–4.62)",
      "  jax-js, padded                    2     300 (300–300)           100",
      "  10 % of the pairs are open: skipping all of the others would be 10.0× the dense layer",
    ]);
  });
});
