import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Row, Run } from "../bench/rows.ts";
import { committed, PAGE, picture, type Results, withTables } from "../scripts/recurrent.ts";
import { read } from "./support/repository.ts";

const page = read(PAGE);

const run: Run = {
  ...{ command: "npm run bench -- recurrent", date: "2026-01-01" },
  machine: { cpu: "A processor", cores: 2, node: "v20.1.0" } as Run["machine"],
};
const row = (engine: string, task: Row["task"] & {}, value: number, against: [string, number][] = []): Row & Run => ({
  ...{ workload: "w", engine, threads: 2, value, min: value, max: value, unit: "ms", values: [value, value] },
  ...{ gflops: 7, others: [0, 1], disturbed: 1, note: "", task, ...run },
  timesAsFast: against.map(([peer, median]) => ({ engine: peer, threads: 2, min: 1, median, max: 99 })),
});
const layer = (pass: string) => ({ cell: "lstm", pass, batch: 32, length: 100, input: 28, units: 128 });
const fired = (form: string, activity: number) => ({ batch: 32, length: 100, units: 1024, activity, form });

const results: Results = {
  recurrent: [
    row("heaviside native", layer("step"), 9, [["PyTorch", 4.5]]),
    row("PyTorch", layer("step"), 40),
    row("heaviside native", layer("forward"), 2, [["onnxruntime-node", 1.25]]),
  ],
  spiking: [0.02, 0.5].flatMap((activity) => [
    row("heaviside native", fired("dense", activity), 40),
    row("heaviside native", fired("skip", activity), 100 * activity, [["heaviside native, dense", 20]]),
  ]),
};

describe("the page on the speed of recurrent layers", () => {
  it("has a table for each size, the steps a second, and what is asked", () => {
    const made = withTables(page, results);
    expect(made).toContain("**lstm, batch 32, 100 steps, 28 inputs, 128 units**");
    expect(made).toContain("| native | 2 | 9.00 (9.00–9.00) | 7.00 | 4.50× (1.00–99.0) |");
    expect(made).toContain(
      "- heaviside native 2T: at least 4.00× PyTorch is asked, 4.50× (1.00–99.0) measured: reached",
    );
    expect(made).toContain("| native | 2 | 2.00 (2.00–2.00) | 7.00 | 1.25× (1.00–99.0) |");
    expect(made).toContain("| 2 % | native, skip | 2 | 2.00 (2.00–2.00) | 50000 | 20.0× (1.00–99.0) |");
    expect(made).toContain("disturbed 2 of 4 rounds");
  });

  it("names the command where nothing is measured, and has a place for every table", () => {
    const made = withTables(page, { recurrent: [], spiking: [] });
    expect(
      made.match(/Not measured: `npm run bench -- recurrent --peers --json bench\/results\/recurrent.json`/g),
    ).toHaveLength(2);
    expect(made).toContain("Not measured: `npm run bench -- spiking --peers --json bench/results/spiking.json` does.");
    expect(() => withTables(page.replace("<!-- spiking -->", ""), results)).toThrow(/no text between/);
  });

  it("has a picture of time against activity, in microseconds a step", async () => {
    const svg = await picture(results);
    expect(svg).toContain("batch 32, skip");
    expect(svg).toContain("active units, % of all");
    expect(await picture({ recurrent: [], spiking: [] })).toBeUndefined();
  });

  it("is what the results files say", async () => {
    expect(withTables(page, committed())).toBe(page);
    const svg = await picture(committed());
    const file = new URL("../docs/pictures/spiking-activity.svg", import.meta.url);
    expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(svg);
  });
});
