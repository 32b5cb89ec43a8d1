import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors.ts";
import type { Ratio, Row } from "../../rows.ts";
import { parseSubject } from "../arguments.ts";
import { formsOf, spiking, spikingEntries } from "./index.ts";
import { spikingReport, stepsPerSecond, verdicts } from "./report.ts";
import { spikingTasks } from "./sizes.ts";

const parse = (line: string) => parseSubject(`spiking ${line}`.trim().split(" "), 2)!;

describe("the spiking layer's sizes", () => {
  it("are those asked for, over shares of active units where none is", () => {
    const { lists } = parse("--units 1024 --activity 0.02");
    expect(spikingTasks(lists)).toEqual(
      [1, 8, 32].map((batch) => ({ kind: "spiking", batch, length: 100, units: 1024, activity: 0.02 })),
    );
    expect(spikingTasks(parse("--units 64 --batch 2").lists).map(({ activity }) => activity)).toEqual([
      0.01, 0.02, 0.05, 0.1, 0.3, 1,
    ]);
    expect(spikingTasks(parse("--batch 1,2 --activity 0.5,1").lists).map((t) => [t.batch, t.activity])).toEqual([
      ...[
        [1, 0.5],
        [1, 1],
      ],
      ...[
        [2, 0.5],
        [2, 1],
      ],
    ]);
  });

  it.each([
    ["--activity 0", /^--activity takes shares above 0, at most 1/],
    ["--activity 2%", /received 2%$/],
    ["--units 0", /^--units takes positive integers/],
    ["--input 3", /^spiking has no use for --input; received 3$/],
    ["1024", /^spiking takes no size; received 1024$/],
    ["--units 20000", /512 MB.*received 1x100, 20000 units$/],
  ])("are refused in one line: %s", (line, message) => {
    expect(() => spikingTasks(parse(line).lists)).toThrow(UserError);
    expect(() => spikingTasks(parse(line).lists)).toThrow(message);
  });
});

describe("the spiking layer's field", () => {
  it("is ours and PyTorch's, dense and by the units that fired", () => {
    const asked = { backends: ["wasm"], threads: [1, 2], peers: true, python: "py" };
    expect(spikingEntries(asked).map(({ name, threads }) => `${name} ${threads}`)).toEqual([
      ...["heaviside wasm 1", "heaviside wasm 2", "PyTorch 1", "PyTorch 2"],
    ]);
    expect([formsOf("heaviside native"), formsOf("PyTorch"), formsOf("PyTorch by hand")]).toEqual([
      ...[["dense", "skip"], ["dense", "gather"], []],
    ]);
  });
});

const ratio = (engine: string, median: number): Ratio => ({ engine, threads: 2, min: median, median, max: median });
const task = { batch: 32, length: 100, units: 1024, activity: 0.02, spikes: 655 };
const row = (form: string, value: number, timesAsFast: Ratio[] = []): Row => ({
  ...{ workload: `spiking 32x100, 1024 units, 2 % active, ${form}`, engine: "heaviside native", threads: 2, value },
  ...{ unit: "ms", min: value, max: value, values: [value], timesAsFast, note: "", task: { ...task, form } },
});

describe("the report on the spiking layer", () => {
  it("has the steps a second, the ratios, and what is asked", () => {
    const skip = row("skip", 5, [ratio("heaviside native, dense", 8), ratio("PyTorch, gather", 3)]);
    expect(stepsPerSecond(skip)).toBe(20000);
    expect(spikingReport([row("dense", 40), skip]).split("\n")).toEqual([
      "spiking 32x100, 1024 units, 2 % active  threads      ms (min–max)  steps/s        × own dense     × best PyTorch",
      "  heaviside native, dense                     2  40.0 (40.0–40.0)     2500",
      "  heaviside native, skip                      2  5.00 (5.00–5.00)    20000  8.00× (8.00–8.00)  3.00× (3.00–3.00)",
      "  heaviside native 2T, skip: at least 8× its own dense product is asked, 8.00× (8.00–8.00) measured: reached",
    ]);
    expect(verdicts([row("skip", 5, [ratio("heaviside native, dense", 7.9)])])[0]).toMatch(/missed$/);
    expect(verdicts([row("dense", 40)])[0]).toMatch(/not measured$/);
    expect(verdicts([{ ...skip, task: { ...task, activity: 0.05 } }])).toEqual([]);
  });
});

describe("the spiking layer", () => {
  it("is a contest of both forms, each checked before it is timed", async () => {
    const options = parse("--batch 3 --length 4 --units 8 --activity 0.25 --backend wasm --threads 1 --seconds 0.001");
    for await (const { workload, lanes, task } of spiking.contests(options, () => {})) {
      expect(workload).toBe("spiking 3x4, 8 units, 25 % active");
      expect(task).toMatchObject({ units: 8, spikes: 6 });
      expect(lanes.map(({ setting, flop }) => [setting, flop])).toEqual([
        ["dense", 2 * 4 * 24 * 8],
        ["skip", 2 * 4 * 6 * 8],
      ]);
      for (const lane of lanes) expect(await lane.take()).toBeGreaterThan(0);
      expect(lanes.map(({ cpuSeconds }) => cpuSeconds !== undefined)).toEqual([true, false]);
    }
  });
});
