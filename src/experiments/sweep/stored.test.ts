import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForEachTest, refusal } from "../../../test/support/temporary.ts";
import { lockFolder } from "../../runs/index.ts";
import { openFolder } from "../engine/folder.ts";
import { readRecords, recordFile, writeRecords } from "../engine/records.ts";
import { sweepOf, trialOf } from "./plan.ts";
import { misfitOf } from "./records.ts";
import type { TrialRecord } from "./scheduling.ts";
import { forgetFailed, sweepIn } from "./stored.ts";

let folder: string;
folderForEachTest((path) => {
  folder = path;
});

const files = {
  grid: { base: { hidden: 5 }, space: { rate: [0.1, 0.2] }, seeds: 2, metric: "nll" },
  halved: { base: { epochs: 9 }, space: { rate: { from: 0.1, to: 1, log: true } }, points: 4, halving: { least: 2 } },
  random: { space: { x: { from: 0, to: 1 } }, search: "random", points: 3, seed: 7, objective: () => 0 },
};

/** Begins a sweep's folder as the engine does. */
async function begin(file: object) {
  const plan = sweepOf(file, "rates.mjs");
  const place = await openFolder("rates", {
    path: folder,
    numbered: false,
    plan: { experiment: "rates", ...plan, backend: "wasm" },
  });
  await place.begin();
  await place.release();
  return plan;
}
const plan = sweepOf(files.random, "rates.mjs");
function recordOf(number: number) {
  const { name, point, seed } = trialOf(plan, number);
  return { trial: number, rung: 0, name, point, seed };
}
const failed = (trial: number): TrialRecord => ({ ...recordOf(trial), state: "failed", error: "it diverged" });
const done = (trial: number): TrialRecord => ({
  ...{ ...recordOf(trial), seconds: 1 },
  ...{ state: "done", value: trial, by: "value", better: "lower", metric: "value", unit: "" },
});
const keep = (...records: readonly TrialRecord[]): Promise<void> =>
  writeRecords(folder, new Map(records.map((record) => [trialOf(plan, record.trial).id, record])));

describe("a sweep's folder", () => {
  it.each(Object.entries(files))("says the plan that made it: %s", async (_, file) => {
    const plan = await begin(file);
    expect((await sweepIn("status", folder)).plan).toEqual(plan);
  });

  it("is left as it is by looking, even where a line is cut off", async () => {
    await begin(files.random);
    await keep(done(0));
    const path = join(folder, "records.jsonl");
    writeFileSync(path, '{"cut', { flag: "a" });
    expect((await sweepIn("status", folder)).records).toEqual([done(0)]);
    expect((await readRecords(folder)).isCut).toBe(true);
    const { known } = await recordFile(folder);
    expect([...known.keys()]).toEqual([trialOf(plan, 0).id]);
    expect((await readRecords(folder)).isCut).toBe(false);
  });

  it("forgets failed trials, and those alone", async () => {
    await begin(files.random);
    await keep(done(0), failed(1), failed(2));
    expect(await forgetFailed("retry", folder)).toBe(2);
    expect((await sweepIn("status", folder)).records).toEqual([done(0)]);
    expect(await forgetFailed("retry", folder)).toBe(0);
  });

  it("is not changed while a process works in it", async () => {
    await begin(files.random);
    await keep(failed(1));
    const lock = await lockFolder(folder);
    expect(await refusal(forgetFailed("retry", folder))).toMatch(/is in use by this process/);
    await lock.release();
    expect((await readRecords(folder)).known.size).toBe(1);
  });

  it.each([
    [
      "a trial that there isn't",
      () => ({ ...done(0), trial: 3 }),
      "must be of a trial of this sweep, which has no trial 3",
    ],
    ["no number", () => ({ ...done(0), trial: "0" }), 'which has no trial "0"'],
    ["another point", () => ({ ...done(0), point: { x: "1" } }), 'has {"x":"1"}, seed 1'],
    [
      "another option",
      () => ({ ...done(0), point: { y: done(0).point.x! } }),
      "must be of this sweep, whose trial 0 is x",
    ],
    ["an option more", () => ({ ...done(0), point: { ...done(0).point, y: "1" } }), "must be of this sweep"],
    ["another seed", () => ({ ...done(0), seed: 2 }), "seed 2"],
    ["another rung", () => ({ ...done(0), rung: 5 }), "must have a rung of this sweep, which are 0 to 0, has 5"],
    ["no state", () => ({ ...done(0), state: undefined }), "must be of a trial that is done, paused or failed"],
    ["a text for a value", () => ({ ...done(0), value: "0.1" }), 'must have a number as value, has "0.1"'],
    ["no unit", () => ({ ...done(0), unit: 3 }), "must have a text as unit, has 3"],
    ["no error", () => ({ ...failed(0), error: { a: 1 } }), 'must say why the trial failed, has {"a":1}'],
    ["the id of another", () => done(0), "must be of this sweep, whose trial 0 has the id"],
  ] as const)(
    "with a record of %s is refused by the line, and so is the command that resumes it",
    async (_, other, why) => {
      await begin(files.random);
      const [good, bad] = [trialOf(plan, 1).id, _ === "the id of another" ? "0-00000000" : trialOf(plan, 0).id];
      await writeRecords(folder, new Map<string, object>([[good, done(1)], [bad, other()]])); // biome-ignore format: one line
      const said = await refusal(sweepIn("report", folder));
      expect(said).toContain(`${join(folder, "records.jsonl")}:2: `);
      expect(said).toContain(why);
      expect(said).toMatch(/: delete this line, and its part is done again$/);
      expect(await refusal(recordFile(folder, misfitOf(plan)))).toBe(said);
    },
  );

  it("keeps texts that read like numbers as texts", async () => {
    await begin(files.random);
    const errors = ["NaN", "Infinity", "-Infinity", "~NaN", "~~-Infinity", "~", "0"];
    for (const error of errors) {
      await keep({ ...recordOf(0), state: "failed", error }, { ...done(1), value: Number.NaN } as TrialRecord);
      expect((await sweepIn("status", folder)).records).toEqual([
        { ...recordOf(0), state: "failed", error },
        { ...done(1), value: Number.NaN },
      ]);
    }
  });

  it("is refused where it holds no sweep", async () => {
    expect(await refusal(sweepIn("sweep status", folder))).toContain(`sweep status: ${folder} holds no sweep`);
    writeFileSync(join(folder, "plan.json"), "null");
    expect(await refusal(sweepIn("sweep status", folder))).toContain("holds no sweep");
    writeFileSync(join(folder, "plan.json"), '{"space":{"rat":[1]},"work":{"kind":"train","base":{}}}');
    expect(await refusal(sweepIn("sweep status", folder))).toMatch(/plan\.json: space: train has no option --rat/);
  });
});
