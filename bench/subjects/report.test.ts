import { describe, expect, it } from "vitest";
import { rowsOfTurns, turnsTable } from "./report.ts";
import type { Contest, Lane } from "./subject.ts";
import type { Turns } from "./turns.ts";

const lane = (engine: string, threads: number, setting?: string): Lane => ({
  ...{ engine, threads, note: "AVX-512", ...(setting && { setting }) },
  take: async () => 0,
});

const contest: Contest = { workload: "ablation 784-10", unit: "examples/s", better: "more", base: "all", lanes: [] };
const turns: Turns = {
  taken: [
    { lane: lane("heaviside", 2, "all"), values: new Map([["", [100, 200, 400]]]) },
    { lane: lane("heaviside", 2, "less"), values: new Map([["", [50, 160, 100]]]) },
    { lane: lane("heaviside", 1, "less"), values: new Map([["", [10, 20, 30]]]) },
  ],
  others: [0.5, 0, 0.01],
};

const phases: Contest = { workload: "startup", unit: "ms", better: "less", lanes: [] };
const started: Turns = {
  taken: [
    {
      lane: lane("ours", 2),
      values: new Map([
        ["import", [12, 10, 11]],
        ["whole", [90, 80, 85]],
      ]),
    },
    { lane: lane("theirs", 1), values: new Map([["whole", [300, 250, 260]]]) },
  ],
  others: [],
};

describe("rows of turns", () => {
  const rows = rowsOfTurns(contest, turns);

  it("hold the median and its range, the setting in the workload, and the load", () => {
    expect(rows[1]).toMatchObject({
      workload: "ablation 784-10, less",
      engine: "heaviside",
      threads: 2,
      value: 100,
      min: 50,
      max: 160,
      values: [50, 160, 100],
      unit: "examples/s",
      others: [0.5, 0, 0.01],
      disturbed: 1,
      note: "AVX-512",
    });
  });

  it("compare with the base of the same engine and threads, round by round, and with nothing else", () => {
    expect(rows[1]!.timesAsFast).toEqual([{ engine: "heaviside, all", threads: 2, min: 0.25, median: 0.5, max: 0.8 }]);
    expect(rows[0]!.timesAsFast).toBeUndefined();
    expect(rows[2]!.timesAsFast).toBeUndefined();
  });

  it("are one for each thing that a lane measured, without a load where it isn't known", () => {
    const made = rowsOfTurns(phases, started);
    expect(made.map(({ workload, engine, value }) => [workload, engine, value])).toEqual([
      ["startup, import", "ours", 11],
      ["startup, whole", "ours", 85],
      ["startup, whole", "theirs", 260],
    ]);
    expect(made[0]).not.toHaveProperty("others");
    expect(made[0]).not.toHaveProperty("timesAsFast");
  });
});

describe("the table of turns", () => {
  it("has a line for each lane and how many times as fast as the base it is", () => {
    expect(turnsTable(contest, turns)).toBe(
      [
        "ablation 784-10    threads        examples/s  × all",
        "  heaviside, all         2     200 (100–400)",
        "  heaviside, less        2    100 (50.0–160)  0.50×",
        "  heaviside, less        1  20.0 (10.0–30.0)",
      ].join("\n"),
    );
  });

  it("has a column for each thing measured, empty where a lane lacks it", () => {
    expect(turnsTable(phases, started)).toBe(
      [
        "startup   threads        import, ms         whole, ms",
        "  ours          2  11.0 (10.0–12.0)  85.0 (80.0–90.0)",
        "  theirs        1                       260 (250–300)",
      ].join("\n"),
    );
  });
});
