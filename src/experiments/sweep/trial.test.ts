import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { folderForEachTest, refusal } from "../../../test/support/temporary.ts";
import { writeTinyData } from "../../../test/support/tiny-data.ts";
import { readSweep, type SweepPlan, sweepOf, trialOf } from "./plan.ts";
import { Pool } from "./pool.ts";
import { checkFirst, OnlyPool } from "./run.ts";
import { type Assignment, type Ended, Executor } from "./trial.ts";

let folder: string;
folderForEachTest((path) => {
  folder = path;
});
afterEach(() => vi.restoreAllMocks());

const assignmentOf = (plan: SweepPlan, number = 0): Assignment => ({
  ...{ trial: trialOf(plan, number), work: plan.work, metric: plan.metric, until: undefined },
  ...{ folder: join(folder, "trials", "0"), machine: { backend: "reference", threads: 1 } },
});
async function ran(plan: SweepPlan, number = 0, wait = 0): Promise<Ended> {
  const executor = new Executor(wait);
  try {
    return await executor.run(assignmentOf(plan, number), new AbortController().signal, () => {});
  } finally {
    await executor.end();
  }
}

let files = 0;
/** The sweep of a file with a function; a new file each time, for modules are loaded once. */
async function withObjective(objective: string, more = ""): Promise<SweepPlan> {
  const file = join(folder, `s${files++}.mjs`);
  writeFileSync(
    file,
    `${more}\nexport default {\n  space: { x: [1, "1a", true], y: ["true", "NaN"] },\n${objective}\n};`,
  );
  return await readSweep(file);
}

describe("a trial that calls a function", () => {
  it("gets values as the file has them: numbers, texts, true and false", async () => {
    const plan = await withObjective("objective(p) { throw JSON.stringify(p); }");
    const shown = await Promise.all([0, 1, 2, 3, 4, 5].map((number) => ran(plan, number)));
    expect(
      shown.map((ended) => ended.state === "failed" && /\{.*\}/.exec(ended.error)?.[0].replaceAll("\\", "")),
    ).toEqual([
      '{"x":1,"y":"true"}',
      '{"x":1,"y":"NaN"}',
      '{"x":"1a","y":"true"}',
      '{"x":"1a","y":"NaN"}',
      '{"x":true,"y":"true"}',
      '{"x":true,"y":"NaN"}',
    ]);
  });

  it.each([
    ["throw new Error('boom');", /^Error: boom \(s\d+\.mjs:5\)\n +at /],
    ["return p.z.q;", /^TypeError: .* \(s\d+\.mjs:5\)\n/],
    ["throw null;", /^s\d+\.mjs threw null, which is no Error$/],
    ['throw "NaN";', /^s\d+\.mjs threw "NaN"/],
    ["throw Symbol('a');", /^s\d+\.mjs threw Symbol\(a\)/],
    ["throw new Proxy({}, { get() { throw 1; } });", /^s\d+\.mjs threw/],
    ['return "1";', /^sweep: objective must give a number, gave "1"$/],
  ])("and fails says by what, and where: %s", async (code, error) => {
    expect(await ran(await withObjective(`objective(p) {\n${code} }`))).toEqual({
      state: "failed",
      error: expect.stringMatching(error),
    });
  });

  it.each(["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "ENOMEM", "EIO"])(
    "and meets %s isn't at fault",
    async (code) => {
      const plan = await withObjective(`objective() { throw Object.assign(new Error("no"), { code: "${code}" }); }`);
      expect(await ran(plan)).toEqual({ state: "failed", error: "no", ofMachine: true });
    },
  );

  it("whose file, or one that it imports, was changed since, isn't called", async () => {
    writeFileSync(join(folder, "lib.mjs"), "export const one = 1;");
    const plan = await withObjective("objective: () => one", 'import { one } from "./lib.mjs";');
    writeFileSync(join(folder, "lib.mjs"), "export const one = 2;");
    const why = "lib.mjs was changed since the sweep began: restore it, or give another folder with --out";
    expect(await ran(plan)).toEqual({ state: "failed", error: why, ofMachine: true });
    writeFileSync(join(folder, "lib.mjs"), "export const one = 1;");
    expect(await ran(plan)).toMatchObject({ state: "done" });
  });
});

describe("a trial that trains", () => {
  const planOf = (more: object = {}, metric?: string): SweepPlan => {
    const base = { data: "folder", dataDir: writeTinyData(join(folder, "data")), hidden: 3, batch: 5, epochs: 1 };
    return sweepOf({ base, space: { rate: [0.1, 0.2], ...more }, ...(metric && { metric }) }, "s.mjs");
  };

  it("isn't at fault where the system refuses its folder", async () => {
    const plan = planOf();
    writeFileSync(join(folder, "trials"), "");
    expect(await ran(plan)).toMatchObject({
      ...{ state: "failed", ofMachine: true },
      error: expect.stringMatching(/^runs: cannot .*: a part of its path is a file$/),
    });
    rmSync(join(folder, "trials"));
    expect(await ran(plan)).toMatchObject({ state: "done", by: "error" });
  });

  it("waits for a folder in which another process works, and is lost where that stays", async () => {
    const plan = planOf();
    mkdirSync(join(folder, "trials", "0"), { recursive: true });
    const lock = join(folder, "trials", "0", ".lock-1");
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname(), since: "then" }));
    const inUse = expect.stringMatching(`0 is in use by process ${process.ppid}`);
    expect(await ran(plan)).toEqual({ state: "lost", inUse: true, error: inUse });
    setTimeout(() => rmSync(lock), 100);
    expect(await ran(plan, 0, 60_000)).toMatchObject({ state: "done" });
  });

  it("is refused before any begins where there is no such metric, or its data aren't there", async () => {
    const settings = { workers: 1, retries: 0, threads: 1, redis: undefined, ahead: undefined };
    mkdirSync(join(folder, "out"));
    const check = (plan: SweepPlan, more: object = {}) =>
      checkFirst({ ...settings, plan, ...more }, join(folder, "out"));
    await check(planOf({}, "nll"));
    await check(planOf({ augment: ["shift:9"] }));
    expect(await refusal(check(planOf({}, "nope")))).toBe('sweep: metric must be one of nll, error, received "nope"');
    const plan = planOf();
    rmSync(join(folder, "data"), { recursive: true });
    expect(await refusal(check(plan))).toMatch(/^sweep: trial 0 can't run here: data: /);
    // Workers may have them.
    await check(plan, { redis: {} });
  });
});

describe("the processes of a sweep", () => {
  const run = (ended: Ended, times = 1, isAble = true): Promise<Ended> => {
    vi.spyOn(Pool.prototype, "run").mockResolvedValue(ended);
    const assignment = assignmentOf(sweepOf({ space: { x: [1] }, objective: () => 0 }, "s.mjs"));
    const pool = new OnlyPool(1, isAble, 2);
    let last = pool.run(assignment, () => {});
    for (let i = 1; i < times; i++) last = last.then(() => pool.run(assignment, () => {}));
    return last;
  };

  it("stop it at a fault of the machine, and where another process stays in a trial's folder", async () => {
    const full = { state: "failed", error: "no space is left", ofMachine: true } as const;
    expect(await refusal(run(full))).toBe(
      "sweep: trial 0 can't go on: no space is left; the same command resumes the sweep",
    );
    const inUse = { state: "lost", error: "it is in use", inUse: true } as const;
    expect(await run(inUse, 2)).toEqual(inUse);
    expect(await refusal(run(inUse, 3))).toBe("sweep: trial 0 can't run: it is in use");
    const killed = { state: "lost", error: "its process ended by SIGKILL" } as const;
    expect(await run(killed, 5)).toEqual(killed);
  });
});
