import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../backends/backend.ts";
import { startBackend as start } from "../../backends/select.ts";
import { abortAt, toyData } from "../../train/testing.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import type { TaskOptions } from "../engine/tasks.ts";
import { recordsOf } from "../testing.ts";
import { changed, type Plan, quickPlan, standardPlan } from "./plan.ts";
import { beatRows, paperRows } from "./rows.ts";
import { type TrialRecord, tasks } from "./study.ts";
import { trial } from "./trial.ts";

const data = toyData();
const plan: Plan = { ...standardPlan, rows: ["sigmoid", "noisy-sigmoid"], seeds: 2, epochs: 2, tuningEpochs: 1 };
let backend: Backend;
let records: TrialRecord[];
const study = (asked: Plan, options?: TaskOptions<TrialRecord>) =>
  recordsOf<TrialRecord>((around) => tasks(asked, data, { ...around, backend }), options);
beforeAll(async () => {
  backend = await start("wasm", { threads: 1 });
  records = await study(plan);
});
afterAll(() => backend.close());

/** What the trainings decided: their times are omitted. */
const numbers = (all: readonly TrialRecord[]) =>
  all.map(({ outcome: { secondsPerEpoch: _, ...outcome }, ...record }) => ({ ...record, outcome }));

describe("study", () => {
  it("tries every row's settings with a seed that no result is from and without the test set, then trains all rows seed by seed", () => {
    expect(records.map(({ row, seed, setting }) => [row, seed, seed === TUNING_SEED ? setting : "chosen"])).toEqual([
      ...plan.rows.flatMap((row) => [0, 1, 2].map((setting) => [row, TUNING_SEED, setting])),
      ...[1, 2].flatMap((seed) => plan.rows.map((row) => [row, seed, "chosen"])),
    ]);
    for (const { seed, outcome } of records) {
      expect(outcome.test === undefined).toBe(seed === TUNING_SEED);
      expect(outcome.curve).toHaveLength(seed === TUNING_SEED ? 1 : 2);
    }
  });

  it("trains the results with the setting of the lowest validation error", () => {
    for (const row of plan.rows) {
      const own = records.filter((record) => record.row === row);
      const errors = own.slice(0, 3).map(({ outcome }) => outcome.valid.error);
      for (const { setting } of own.slice(3)) expect(setting).toBe(errors.indexOf(Math.min(...errors)));
    }
  });

  it("stopped within a training and gone on with it gives the same numbers, and does nothing twice", async () => {
    const kept = new Map<string, TrialRecord>();
    const onRecord = async (id: string, record: TrialRecord) => {
      expect(kept.has(id)).toBe(false);
      kept.set(id, record);
    };
    await expect(study(plan, { onRecord, signal: abortAt(60) })).rejects.toMatchObject({});
    const before = kept.size;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(records.length);
    expect(numbers(await study(plan, { known: new Map(kept), onRecord }))).toEqual(numbers(records));
    expect(kept.size).toBe(records.length);
  });

  it("takes up more seeds and rows where it left them", async () => {
    const one = await study({ ...plan, rows: ["sigmoid"], seeds: 1 });
    const known = new Map(one.map((r) => [`${r.row}/${r.seed}${r.seed === TUNING_SEED ? `/${r.setting}` : ""}`, r]));
    const added: string[] = [];
    const all = await study(plan, { known, onRecord: async (id) => void added.push(id) });
    expect(numbers(all)).toEqual(numbers(records));
    expect(added).toHaveLength(records.length - one.length);
  });
});

describe("trial", () => {
  it("selects the epoch of the lowest validation error, and counts every unit where nothing is gated", () => {
    for (const { outcome } of records) {
      const errors = outcome.curve.map(({ valid }) => valid);
      expect(outcome.valid.error).toBe(Math.min(...errors));
      expect(outcome.epoch).toBe(1 + errors.indexOf(outcome.valid.error));
      expect(outcome.multiplyAdds.done).toBe(outcome.multiplyAdds.dense);
    }
  });

  it("of a training that diverges has infinite errors, and says so for the test set only where it is asked", async () => {
    const recipe = {
      trunk: [],
      training: { batch: 30, optimizer: { name: "sgd", rate: 3e38 }, schedule: { name: "constant" } },
    } as const;
    const at = { epochs: 1, seed: 1, backend };
    const lost = await trial(recipe, data, { ...at, test: true });
    expect([lost.epoch, lost.valid.error, lost.test!.thresholded.error]).toEqual([0, Infinity, Infinity]);
    expect((await trial(recipe, data, { ...at, test: false })).test).toBeUndefined();
  });
});

describe("changed", () => {
  it("takes seeds, epochs, rows and examples, and never tunes for longer than it trains", () => {
    expect(changed(standardPlan, {})).toEqual(standardPlan);
    expect(changed(standardPlan, { beat: true }).rows).toEqual(beatRows);
    expect(changed(standardPlan, { rows: ["sigmoid", "straight-through"] }).rows).toEqual([
      "sigmoid",
      "straight-through",
    ]);
    expect(changed({ ...standardPlan, tuningEpochs: 4 }, { epochs: 2 }).tuningEpochs).toBe(2);
    expect(quickPlan.rows).toEqual(paperRows);
  });
});
