import { describe, expect, it } from "vitest";
import type { Row, Run } from "../bench/rows.ts";
import { committed, PAGE, type Results, withTables } from "../scripts/conv.ts";
import { read } from "./support/repository.ts";

const page = read(PAGE);

const run: Run = {
  ...{ command: "npm run bench -- conv", date: "2026-01-01" },
  machine: { cpu: "A processor", cores: 2, node: "v20.1.0" } as Run["machine"],
};
const row = (engine: string, pass: string, value: number, against: [string, number][] = []): Row & Run => ({
  ...{ workload: "w", engine, threads: 2, value, min: value, max: value, unit: "ms", values: [value, value] },
  ...{ gflops: 7, others: [0, 1], disturbed: 1, note: "", ...run },
  task: { pass, batch: 100, image: "28x28x1", channels: "32,64", size: 5 },
  timesAsFast: against.map(([peer, median]) => ({ engine: peer, threads: 2, min: 1, median, max: 99 })),
});

const results: Results = {
  conv: [
    row("heaviside native", "step", 20, [["PyTorch, channels last", 1.5]]),
    row("PyTorch", "step", 30),
    row("ceiling native", "step", 10),
    row("heaviside native", "forward", 8, [["onnxruntime-node", 1.25]]),
  ],
};

describe("the page on the speed of convolutions", () => {
  it("has a line for each batch and backend, and none for others", () => {
    const made = withTables(page, results);
    expect(made).toContain("| 100 | native | 20.0 (20.0–20.0) | 7.00 | 50 % | 1.50× (1.00–99.0) |  |");
    expect(made).toContain("| 100 | native | 8.00 (8.00–8.00) | 7.00 |  |  | 1.25× (1.00–99.0) |  |");
    expect(made).not.toContain("| 100 | PyTorch");
  });

  it("names the command where nothing is measured", () => {
    const made = withTables(page, { conv: [] });
    expect(made.match(/Not measured: `npm run bench -- conv --peers --json bench\/results\/conv.json`/g)).toHaveLength(
      2,
    );
  });

  it("is what the results file says", () => {
    expect(withTables(page, committed())).toBe(page);
  });
});
