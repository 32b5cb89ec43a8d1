import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderForEachTest, refusal } from "../../../test/support/temporary.ts";
import { sealed } from "../../runs/index.ts";
import { Halver } from "./halving.ts";
import { numbersOf, sweepOf, trialOf, trialsIn } from "./plan.ts";
import { shardIn } from "./shard.ts";
import { forgetFailed, gapsOf, sweepIn } from "./stored.ts";

const file = { space: { x: [1, 2, 3, 4, 5] }, seeds: 2, objective: () => 0 };
const plan = sweepOf(file, "s.mjs");

let home: string;
folderForEachTest((folder) => {
  home = folder;
});

/** Writes a shard's folder with records of some of its trials. */
function store(name: string, stored: object, trials: readonly { trial: number; state: string; error?: string }[] = []) {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "plan.json"), JSON.stringify({ ...plan, backend: "wasm", ...stored }));
  const lines = trials.map(({ trial, ...rest }) => {
    const { id, name, point, seed } = trialOf(plan, trial);
    return sealed({ id, trial, rung: 0, name, point, seed, ...rest });
  });
  writeFileSync(join(folder, "records.jsonl"), lines.map((line) => `${line}\n`).join(""));
}
const done = (trial: number) => ({
  ...{ trial, state: "done", value: trial, by: "value", better: "lower", metric: "value", unit: "", seconds: 1 },
});

describe("shardIn", () => {
  it("counts from 0, and refuses everything else", () => {
    expect(shardIn("--shard", "0/1")).toEqual({ index: 0, of: 1 });
    expect(shardIn("--shard", "7/8")).toEqual({ index: 7, of: 8 });
    expect(() => shardIn("--shard", "8/8")).toThrow('--shard counts shards from 0: 0/8 to 7/8, received "8/8"');
    for (const wrong of ["", "1", "0/0", "-1/3", "1/3/4", "1 / 3", "a/b", "/3"])
      expect(() => shardIn("--shard", wrong)).toThrow(
        "--shard must be a shard and their number, such as 0/8, received",
      );
  });
});

describe("the shards of a plan", () => {
  it.each([1, 3, 7, 10])("in %i parts have each trial once, and a schedule begins no other", (of) => {
    const parts = Array.from({ length: of }, (_, index) => ({ ...plan, shard: { index, of } }));
    const numbers = parts.map(numbersOf);
    expect(numbers.flat().sort((a, b) => a - b)).toEqual(numbersOf(plan));
    expect(numbers.map(({ length }) => length)).toEqual(parts.map(trialsIn));
    numbers.forEach((own, index) => {
      expect(own.every((number) => number % of === index)).toBe(true);
      const halver = new Halver(own, { eta: 2, rungs: [0] });
      const begun = [];
      for (let job = halver.next(); job; job = halver.next()) begun.push(job.trial);
      expect(begun).toEqual(own);
    });
  });
});

describe("the folder of a sharded sweep", () => {
  const shard = (index: number, of = 3) => ({ shard: { index, of } });

  it("is read as one, and says what is missing", async () => {
    store("shard-0-of-3", shard(0), [0, 3, 9].map(done));
    store("shard-1-of-3", shard(1), [1, 4, 7].map(done));
    const sweep = await sweepIn("sweep report", home);
    expect(sweep.plan.shard).toBeUndefined();
    expect(sweep.records.map(({ trial }) => trial)).toEqual([0, 1, 3, 4, 7, 9]);
    expect(gapsOf(sweep)).toEqual([
      "Without a result: 4 trials (2, 5–6, 8).",
      "Shard 0 of 3 not at the end.",
      "Shard 2 of 3 not begun.",
    ]);
    store("shard-0-of-3", shard(0), [0, 3, 6, 9].map(done));
    store("shard-2-of-3", { ...shard(2), backend: "native" }, [2, 5, 8].map(done));
    expect(gapsOf(await sweepIn("sweep report", home))).toEqual([
      "Shards ran on wasm and native: their trials are comparable up to rounding alone; --backend chooses one.",
    ]);
  });

  it("takes a trial that is done rather than one that failed, where shards of two numbers share it", async () => {
    store("shard-0-of-2", shard(0, 2), [{ trial: 0, state: "failed", error: "it diverged" }, done(2), done(6)]);
    store("shard-0-of-3", shard(0), [done(0), { trial: 6, state: "failed", error: "it diverged" }]);
    const { records } = await sweepIn("sweep report", home);
    expect(records.map(({ trial, state }) => [trial, state])).toEqual([
      [0, "done"],
      [2, "done"],
      [6, "done"],
    ]);
  });

  it("forgets the failed trials of each shard", async () => {
    store("shard-0-of-3", shard(0), [{ trial: 0, state: "failed", error: "it diverged" }, done(3)]);
    store("shard-1-of-3", shard(1), [{ trial: 4, state: "failed", error: "it diverged" }]);
    expect(await forgetFailed("sweep retry", home)).toBe(2);
    expect((await sweepIn("sweep report", home)).records.map(({ trial }) => trial)).toEqual([3]);
  });

  it("is refused where its shards are of different sweeps, or where it holds a whole one, too", async () => {
    expect(await refusal(sweepIn("sweep report", home))).toMatch(/^sweep report: .* holds no sweep: give the folder/);
    store("shard-0-of-3", shard(0));
    store("shard-1-of-3", { ...shard(1), seeds: [1, 2, 3] });
    expect(await refusal(sweepIn("sweep report", home))).toMatch(
      /shard-0-of-3 and .*shard-1-of-3 must be shards of one sweep, their plan\.json differ/,
    );
    store("shard-1-of-3", shard(1));
    store(".", {});
    expect(await refusal(sweepIn("sweep report", home))).toContain("holds a sweep and shards of one");
  });
});
