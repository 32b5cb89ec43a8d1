import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForEachTest, refusal } from "../../../test/support/temporary.ts";
import { lockFolder } from "../../runs/index.ts";
import { openFolder } from "../engine/folder.ts";
import { readRecords, recordFile, writeRecords } from "../engine/records.ts";
import { sweepOf } from "./plan.ts";
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
const failed = (trial: number): TrialRecord => ({
  ...{ trial, rung: 0, name: `x ${trial}`, point: { x: "1" }, seed: 1 },
  ...{ state: "failed", error: "it diverged" },
});
const done = (trial: number): TrialRecord => ({
  ...{ trial, rung: 0, name: `x ${trial}`, point: { x: "1" }, seed: 1, seconds: 1 },
  ...{ state: "done", value: trial, by: "value", better: "lower", metric: "value", unit: "" },
});

describe("a sweep's folder", () => {
  it.each(Object.entries(files))("says the plan that made it: %s", async (_, file) => {
    const plan = await begin(file);
    expect((await sweepIn("status", folder)).plan).toEqual(plan);
  });

  it("is left as it is by looking, even where a line is cut off", async () => {
    await begin(files.random);
    await writeRecords(folder, new Map([["0-a", done(0)]]));
    const path = join(folder, "records.jsonl");
    writeFileSync(path, '{"cut', { flag: "a" });
    expect((await sweepIn("status", folder)).records).toEqual([done(0)]);
    expect((await readRecords(folder)).isCut).toBe(true);
    const { known } = await recordFile(folder);
    expect([...known.keys()]).toEqual(["0-a"]);
    expect((await readRecords(folder)).isCut).toBe(false);
  });

  it("forgets failed trials, and those alone", async () => {
    await begin(files.random);
    await writeRecords(folder, new Map([["0-a", done(0)], ["1-b", failed(1)], ["2-c", failed(2)]])); // biome-ignore format: one line
    expect(await forgetFailed("retry", folder)).toBe(2);
    expect((await sweepIn("status", folder)).records).toEqual([done(0)]);
    expect(await forgetFailed("retry", folder)).toBe(0);
  });

  it("is not changed while a process works in it", async () => {
    await begin(files.random);
    await writeRecords(folder, new Map([["1-b", failed(1)]]));
    const lock = await lockFolder(folder);
    expect(await refusal(forgetFailed("retry", folder))).toMatch(/is in use by this process/);
    await lock.release();
    expect((await readRecords(folder)).known.size).toBe(1);
  });

  it("is refused where it holds no sweep", async () => {
    expect(await refusal(sweepIn("sweep status", folder))).toContain(`sweep status: ${folder} holds no sweep`);
    writeFileSync(join(folder, "plan.json"), "null");
    expect(await refusal(sweepIn("sweep status", folder))).toContain("holds no sweep");
    writeFileSync(join(folder, "plan.json"), '{"space":{"rat":[1]},"work":{"kind":"train","base":{}}}');
    expect(await refusal(sweepIn("sweep status", folder))).toMatch(/plan\.json: space: train has no option --rat/);
  });
});
