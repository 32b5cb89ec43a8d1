/** The journals that `npx heaviside sweep optuna` writes: what Optuna itself would have written, and what it reads and continues. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { heaviside } from "../../src/cli/testing.ts";
import { journalOf } from "../../src/experiments/sweep/optuna.ts";
import { recordId, type SweepPlan, sweepOf, trialOf } from "../../src/experiments/sweep/plan.ts";
import type { TrialRecord } from "../../src/experiments/sweep/scheduling.ts";
import { sealed } from "../../src/runs/index.ts";
import { blocksOf } from "../support/blocks.ts";
import { install } from "../support/installed.ts";
import { pythonWith } from "../support/python.ts";
import { read, root } from "../support/repository.ts";
import { folderForAllTests } from "../support/temporary.ts";
import { writeTinyData } from "../support/tiny-data.ts";

const python = pythonWith("optuna");

let folder: string;
folderForAllTests((path) => {
  folder = path;
});

/** Writes a sweep's folder as its end leaves it. */
function store(name: string, plan: SweepPlan, records: readonly object[]): string {
  const at = join(folder, name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "plan.json"), JSON.stringify({ ...plan, name, backend: "wasm" }));
  const lines = (records as readonly { trial: number; rung: number }[]).map(
    (record) => `${sealed({ id: recordId(plan, trialOf(plan, record.trial), record.rung), ...record })}\n`,
  );
  writeFileSync(join(at, "records.jsonl"), lines.join(""));
  const noon = new Date(2026, 0, 31, 12);
  utimesSync(join(at, "records.jsonl"), noon, noon);
  return at;
}

/** A line of a journal without who wrote it, and with JSON within it read; numbers that JSON lacks are words. */
function lineOf(text: string): unknown {
  const { worker_id: _, ...line } = JSON.parse(text.replaceAll(/(?<=: ?)(NaN|-?Infinity)(?=[,}])/g, '"$1"'));
  const distributions = Object.entries<string>(line.distributions ?? {});
  return line.distributions
    ? { ...line, distributions: Object.fromEntries(distributions.map(([key, json]) => [key, JSON.parse(json)])) }
    : line;
}
const linesOf = (text: string): unknown[] => text.trimEnd().split("\n").map(lineOf);

interface Shown {
  readonly number: number;
  readonly state: string;
  readonly value: number | null;
  readonly params: { readonly [option: string]: unknown };
  readonly distributions: { readonly [option: string]: readonly [string, object] };
  readonly intermediate: { readonly [epoch: string]: number };
  readonly attributes: { readonly [name: string]: unknown };
  readonly seconds: number;
}
interface Study {
  readonly direction: string;
  readonly attributes: object;
  readonly best: number;
  readonly before: readonly Shown[];
  readonly after: readonly Shown[];
  readonly copied: number;
}

/** What Optuna makes of a journal, and of three trials more. */
function studyIn(file: string, name: string): Study {
  const { stdout, stderr, status } = spawnSync(python!, [`${root}test/optuna/read_journal.py`, file, name, "3"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.replaceAll("-Infinity", "-1e999").replaceAll(/\bInfinity/g, "1e999"));
}

describe("a journal for Optuna", () => {
  const scored = { by: "logProb", better: "higher", metric: "log probability", unit: "nats" };
  const at = (trial: number, point: readonly (string | number)[]) => ({
    ...{ trial, name: `trial ${trial}`, seed: 1 },
    point: Object.fromEntries(
      ["rate", "hidden", "momentum", "estimator", "batch"].map((name, i) => [name, String(point[i])]),
    ),
  });
  const plan = sweepOf(
    {
      ...{ question: "Which is best?", base: { data: "mnist", epochs: 9 }, search: "random", points: 5 },
      space: {
        rate: { from: 0.01, to: 1, log: true },
        hidden: { from: 4, to: 64, whole: true, log: true },
        momentum: { from: 0, to: 0.9 },
        estimator: ["disarm", "arm"],
        batch: [5, 10, 20],
      },
      halving: { eta: 3 },
    },
    "rates.mjs",
  );
  const [a, b, e] = [
    at(0, [0.25, 16, 0.5, "arm", 10]),
    at(1, [0.01, 4, 0, "disarm", 5]),
    at(4, [0.125, 32, 0.75, "arm", 5]),
  ];
  const records = [
    { ...a, rung: 0, state: "paused", value: -2.5, epochs: 1, seconds: 0.25, ...scored },
    { ...a, rung: 1, state: "paused", value: -2, epochs: 3, seconds: 0.75, ...scored },
    { ...a, rung: 2, state: "done", value: -1.5, epochs: 9, seconds: 2.5, test: { logProb: -1.625 }, ...scored },
    { ...b, rung: 0, state: "paused", value: -3, epochs: 1, seconds: 0.5, ...scored },
    { ...at(2, [1, 64, 0.9, "arm", 20]), rung: 0, state: "failed", error: "diverged" },
    {
      ...at(3, [0.5, 8, 0.25, "disarm", 20]),
      rung: 0,
      state: "paused",
      value: Number.NaN,
      epochs: 1,
      seconds: 1,
      ...scored,
    },
    { ...e, rung: 2, state: "done", value: Number.NEGATIVE_INFINITY, epochs: 9, seconds: 4, ...scored },
  ];

  it("is line by line what Optuna writes of the same trials", async () => {
    // Points that the sweep didn't draw: numbers that can be written down.
    const home = store("rates", plan, records);
    const parts = [{ folder: home, shard: undefined, backend: "wasm" }];
    const lines = await journalOf({
      plan: { ...plan, name: "rates" },
      records: records as readonly TrialRecord[],
      parts,
    });
    const own = read("test/optuna/journal.jsonl").replaceAll(
      /ID(\d)/g,
      (_, number) => trialOf(plan, Number(number)).id,
    );
    expect(lines.map((line) => lineOf(JSON.stringify(line)))).toEqual(linesOf(own));
  });

  it("is never written over, and needs a trial with a score", async () => {
    const drawn = records.slice(0, 5).map((record) => {
      const { name, point, seed } = trialOf(plan, record.trial);
      return { ...record, name, point, seed };
    });
    const home = store("again", plan, drawn);
    const file = join(home, "mine.jsonl");
    writeFileSync(file, "mine");
    const refused = await heaviside("sweep", "optuna", home, "--out", file);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("Optuna may have added trials to it") });
    expect(readFileSync(file, "utf8")).toBe("mine");
    const empty = store("empty", plan, drawn.slice(4));
    expect((await heaviside("sweep", "optuna", empty)).err).toContain("no trial has a score yet");
    expect(existsSync(join(empty, "optuna.jsonl"))).toBe(false);
  });

  it.skipIf(!python)("is read and continued by Optuna [needs python3-optuna]", async () => {
    const space = { x: { from: -1, to: 1 }, y: [true, false, 2.5, "two"], z: { from: 3, to: 9, whole: true } };
    const own = sweepOf({ space, search: "sobol", points: 8, seeds: [4, 5], objective: () => 0 }, "own.mjs");
    const home = store(
      "own",
      own,
      Array.from({ length: 16 }, (_, trial) => {
        const { point, name, seed } = trialOf(own, trial);
        const value = trial === 3 ? Number.POSITIVE_INFINITY : trial === 4 ? Number.NaN : trial / 4 - 1;
        return {
          trial,
          rung: 0,
          state: "done",
          value,
          by: "value",
          metric: "value",
          unit: "",
          better: "lower",
          seconds: 0.5,
          name,
          point,
          seed,
        };
      }),
    );
    const file = join(home, "optuna.jsonl");
    expect((await heaviside("sweep", "optuna", home)).code).toBe(0);
    const study = studyIn(file, "own");
    expect(study).toMatchObject({ direction: "MINIMIZE", best: 0, copied: 11, attributes: { metric: "value" } });
    study.before.forEach((trial, number) => {
      const [{ point, id }, second] = [trialOf(own, number), trialOf(own, number + 8)];
      // The first seed is at trial / 4 − 1 and the second two above it: their mean is one above, their deviation √2.
      const both = { value: number / 4, attributes: { seeds: 2, standard_deviation: Math.SQRT2 } };
      const one = { value: number / 4 + 1, attributes: { seeds: 1 } };
      expect(trial).toMatchObject(
        number === 3 || number === 4 ? one : { ...both, attributes: { ...both.attributes, standard_deviation: expect.closeTo(Math.SQRT2, 12) } }, // biome-ignore format: one line
      );
      expect(trial).toMatchObject({
        ...{ number, state: "COMPLETE", seconds: number === 3 || number === 4 ? 0.5 : 1 },
        attributes: {
          point: number,
          trials: [
            { trial: number, id, seed: 4 },
            { trial: number + 8, id: second.id, seed: 5 },
          ],
        },
        distributions: {
          x: ["FloatDistribution", { low: -1, high: 1, log: false, step: null }],
          y: ["CategoricalDistribution", { choices: [true, false, 2.5, "two"] }],
          z: ["IntDistribution", { low: 3, high: 9, log: false, step: 1 }],
        },
      });
      expect(Object.fromEntries(Object.entries(trial.params).map(([key, value]) => [key, String(value)]))).toEqual(
        point,
      );
      expect(trial.params.y).toSatisfy((value) => space.y.includes(value));
    });
    expect(study.after.map(({ number, state, value }) => [number, state, value])).toEqual([
      [8, "COMPLETE", 0.003],
      [9, "COMPLETE", 0.003],
      [10, "COMPLETE", 0.003],
    ]);
  });

  it.skipIf(!python)(
    "has the epochs of a real sweep's trainings [needs python3-optuna]",
    { timeout: 60_000 },
    async () => {
      const bin = installed();
      const base = { data: "folder", dataDir: writeTinyData(join(folder, "tiny")), hidden: 3, batch: 5, epochs: 4 };
      const rates = { rate: { from: 0.01, to: 1, log: true } };
      const given = { base, space: rates, points: 3, halving: { eta: 2, least: 2 } };
      writeFileSync(join(folder, "real.json"), JSON.stringify(given));
      const words = ["sweep", "./real.json", "--out", "real", "--backend", "wasm", "--workers", "1"];
      execFileSync(process.execPath, [bin, ...words], { cwd: folder, stdio: "pipe" });
      const home = join(folder, "real");
      expect((await heaviside("sweep", "optuna", home)).code).toBe(0);
      const { before } = studyIn(join(home, "optuna.jsonl"), "real");
      expect(before.map(({ state }) => state).toSorted()).toEqual(["COMPLETE", "PRUNED", "PRUNED"]);
      for (const { intermediate, attributes, state, value } of before) {
        const lines = readFileSync(join(home, `trials/${attributes.id}/metrics.jsonl`), "utf8")
          .trimEnd()
          .split("\n");
        const epochs = lines.map(
          (line) => JSON.parse(line) as { epoch: number; valid: { deterministic: { error: number } } },
        );
        expect(intermediate).toEqual(
          Object.fromEntries(epochs.map((one) => [one.epoch, one.valid.deterministic.error])),
        );
        expect(Object.keys(intermediate)).toHaveLength(state === "PRUNED" ? 2 : 4);
        expect(Math.min(...Object.values(intermediate))).toBe(value);
      }
    },
  );

  it.skipIf(!python)(
    "isn't needed where Optuna chooses what is trained, as in the guide [needs python3-optuna]",
    {
      timeout: 60_000,
    },
    () => {
      installed();
      const [block] = blocksOf("page.md", read("docs/how-to/sweep-machines.md")).filter(
        ({ language, words }) => language === "python" && !words.includes("ignore"),
      );
      const script = block!.text
        .replace(
          '"--data", "mnist"',
          `"--data", "folder", "--data-dir", ${JSON.stringify(writeTinyData(join(folder, "tiny")))}`,
        )
        .replace("n_trials=20", "n_trials=4");
      expect(script).not.toContain("mnist");
      const out = execFileSync(python!, ["-c", script], { cwd: folder, encoding: "utf8" });
      expect(out).toMatch(/^\{'rate': [\d.e-]+, 'hidden': \d+\} [\d.]+\n$/);
      const journal = linesOf(readFileSync(join(folder, "optuna.jsonl"), "utf8")) as { op_code: number }[];
      expect(journal.filter(({ op_code }) => op_code === 4)).toHaveLength(4);
    },
  );
});

/** heaviside as a user installs it, once. */
function installed(): string {
  const bin = join(folder, "node_modules/.bin/heaviside");
  if (existsSync(bin)) return bin;
  install(folder);
  mkdirSync(join(folder, "node_modules/.bin"));
  symlinkSync("../heaviside/bin/heaviside.js", bin);
  return bin;
}
