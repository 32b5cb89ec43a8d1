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

const taken = (form: string) => ({ input: 28, units: 256, batch: 32, length: 100, pass: "gradient", form });

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
  skip: [
    row("heaviside native", taken("lstm"), 15),
    row("heaviside native", taken("skip, 1 step in 4"), 5, [["heaviside native, lstm", 3]]),
  ],
};

describe("the page on the speed of recurrent layers", () => {
  it("has a line for each layer, for each activity, and for each share of steps", () => {
    const made = withTables(page, results);
    expect(made).toContain("| 32 × 100, 28 → 128 | 9.00 (9.00–9.00) | 4.50× (1.00–99.0) |  |  |  |  |");
    expect(made).toContain("| 32 × 100, 28 → 128 | 2.00 (2.00–2.00) |  | 1.25× (1.00–99.0) |  |  |  |");
    expect(made).toContain("| 32 | 2 % | 2.00 (2.00–2.00) | 50000 | 20.0× (1.00–99.0) |  |  |  |  |  |");
    expect(made).toContain("| gradient | 32 | skip, 1 step in 4 | 5.00 (5.00–5.00) | 3.00× (1.00–99.0) |  |  |");
  });

  it("shows a batch of one on one thread", () => {
    const one = results.recurrent.map((found) => ({ ...found, task: { ...found.task, batch: 1 } }));
    const made = withTables(page, { ...results, recurrent: [...one, { ...one[0]!, threads: 1, value: 3 }] });
    expect(made).toContain("| 1 × 100, 28 → 128 | 3.00 (9.00–9.00) |");
    expect(made).not.toContain("| 1 × 100, 28 → 128 | 9.00");
  });

  it("names the command where nothing is measured, and has a place for every table", () => {
    const made = withTables(page, { recurrent: [], spiking: [], skip: [] });
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
    expect(await picture({ recurrent: [], spiking: [], skip: [] })).toBeUndefined();
  });

  it("is what the results files say", async () => {
    expect(withTables(page, committed())).toBe(page);
    const svg = await picture(committed());
    const file = new URL("../docs/pictures/spiking-activity.svg", import.meta.url);
    expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(svg);
  });
});
