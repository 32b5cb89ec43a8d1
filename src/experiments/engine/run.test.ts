import { rmSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { philoxWords, uniformBelow } from "../../random/index.ts";
import { bySeed, paired } from "../../statistics/paired.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { best, comparisonTasks, TUNING_SEED } from "./comparison.ts";
import { flagOf, helpOf, number, toggle } from "./options.ts";
import { optionsOf, runExperiment } from "./run.ts";
import type { Screen } from "./screen.ts";

interface Throw {
  readonly kind: "tuning" | "final";
  readonly die: "fair" | "loaded";
  readonly setting: number;
  readonly seed: number;
  readonly mean: number;
}

/** Throws two dice: each chooses the setting with the lowest mean, then both are thrown with the same seeds. */
const diceOf = (log: string[] = []) => {
  const tasks = ({ settings, done }: Study<{ readonly seeds: number; readonly bonus: number }, number, Throw>) => {
    const thrown = (kind: Throw["kind"], die: Throw["die"], seed: number, settingOf: () => number) => ({
      id: `${kind} ${die} ${seed} ${kind === "tuning" ? settingOf() : ""}`,
      title: `${die}, seed ${seed}`,
      work: 1,
      async run(onWork: (done: number, ...words: string[]) => void): Promise<Throw> {
        log.push(`${kind} ${die} ${seed}`);
        onWork(0.5, "in the air");
        const setting = settingOf();
        const mean =
          uniformBelow(philoxWords([seed, setting], 0), 6) + 1 + setting + (die === "loaded" ? settings.bonus : 0);
        return { kind, die, setting, seed, mean };
      },
    });
    const chosen = (die: Throw["die"]) => {
      const tried = [...done.values()].filter((record) => record.die === die && record.kind === "tuning");
      return best(tried, ({ mean }) => mean).setting;
    };
    return comparisonTasks<Throw["die"], number, Throw>({
      variants: ["fair", "loaded"],
      candidates: () => [2, 1, 3],
      tuningSeeds: [TUNING_SEED],
      seeds: settings.seeds,
      tuning: (die, setting, seed) => thrown("tuning", die, seed, () => setting),
      final: (die, seed) => thrown("final", die, seed, () => chosen(die)),
    });
  };
  return defineExperiment({
    name: "dice",
    title: "Two dice",
    question: "Does a loaded die throw more?",
    duration: "no time",
    options: {
      seeds: number("throws of each", { whole: true, atLeast: 1 }, 2),
      bonus: number("what the loaded die adds", { above: 0 }, 1),
      twice: toggle("add it twice"),
    },
    threads: 1,
    folders: "one",
    settings: ({ seeds, bonus, twice }) => ({ seeds, bonus: twice ? 2 * bonus : bonus }),
    identity: ({ bonus }) => ({ bonus }),
    prepare: async () => 6,
    heading: ({ data }) => [`${data} sides`],
    tasks,
    results: (records) => {
      const of = (die: Throw["die"]) =>
        bySeed(
          records.filter((record) => record.kind === "final" && record.die === die),
          ({ mean }) => mean,
        );
      return { differences: paired(of("loaded"), of("fair")) };
    },
    json: (results) => results,
    text: ({ differences }) => `differences ${differences.join(", ")}`,
    page: async ({ differences }, made) => `<p>${differences.length} of ${made.length}</p>`,
    pictures: "picture",
  });
};

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "heaviside-engine-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

type Dice = ReturnType<typeof diceOf>;

/** Runs the dice; `onText` sees what is shown, and can stop it. */
async function run(
  typed: Record<string, string | boolean>,
  {
    log,
    onText,
    dice = diceOf(log),
  }: {
    log?: string[];
    onText?: (text: string, stop: () => void) => void;
    dice?: Dice;
  } = {},
) {
  const shown = { lines: [] as string[], updates: [] as string[], complaints: [] as string[], results: [] as string[] };
  const controller = new AbortController();
  const seen = (list: string[]) => (text: string) => {
    list.push(text);
    onText?.(text, () => controller.abort());
  };
  const screen: Screen = {
    ...{ columns: 80, bold: (text) => text, dim: (text) => text },
    ...{ line: seen(shown.lines), update: (...parts) => seen(shown.updates)(parts.join("  ")) },
    updateBelow: (_, ...parts) => seen(shown.updates)(parts.join("  ")),
    ...{ complain: seen(shown.complaints), result: seen(shown.results) },
    stoppable: (_, work) => work(controller.signal),
  };
  const ended = await runExperiment(dice, { out: join(home, "dice"), backend: "reference", ...typed }, screen);
  return { ended, ...shown };
}

const file = (name: string) => readFile(join(home, "dice", name), "utf8");
const results = async () => JSON.parse(await file("results.json"));

test("an experiment tunes, throws with every seed, compares pairs, and leaves records, results and a page", async () => {
  const log: string[] = [];
  const { ended, lines, updates, results: given } = await run({ json: true, seeds: "3" }, { log });
  expect(ended).toBe(true);
  expect(log).toEqual([
    ...["fair", "loaded"].flatMap((die) => [2, 1, 3].map(() => `tuning ${die} 1000`)),
    ...[1, 2, 3].flatMap((seed) => [`final fair ${seed}`, `final loaded ${seed}`]),
  ]);
  expect(await results()).toMatchObject({ command: "npx heaviside experiment dice --seeds 3", differences: [1, 1, 1] });
  expect(JSON.parse(given[0]!)).toEqual(await results());
  expect(lines[0]).toBe("Two dice");
  expect(lines[1]).toBe("6 sides; reference (plain TypeScript, 1 thread)");
  expect(lines.at(-2)).toBe("\ndifferences 1, 1, 1\n");
  expect(lines.at(-1)).toBe(`picture: ${join(home, "dice", "report.html")}`);
  expect(updates.find((text) => text.includes("  12/12 "))).toMatch(
    /^[█░]{20} +\d+% \d:\d\d left {2}12\/12 loaded, seed 3 {2}in the air$/,
  );
  expect(await file("report.html")).toMatch(/^<p>3 of \d<\/p>$/);
  expect((await readdir(join(home, "dice"))).sort()).toEqual([
    ...["plan.json", "records.jsonl", "report.html", "results.json"],
  ]);
});

test("stopped anywhere, the same command resumes: nothing is done twice, and the results are those of a run without stops", async () => {
  await run({ seeds: "3" });
  const [whole, records] = [await results(), await file("records.jsonl")];
  for (let task = 1; task <= 12; task++) {
    await rm(join(home, "dice"), { recursive: true });
    const log: string[] = [];
    const stopping = (text: string, stop: () => void) => text.includes(`  ${task}/12 `) && stop();
    const first = await run({ seeds: "3" }, { log, onText: stopping });
    if (task < 12) {
      expect([first.ended, first.lines.length]).toEqual([false, 2]);
      expect(first.complaints[0]).toMatch(
        /^stopped in (fair|loaded), seed \d+; the same command resumes it \(records: .*\)$/,
      );
      expect(await readdir(join(home, "dice"))).toEqual(["plan.json", "records.jsonl"]);
      const second = await run({ seeds: "3" }, { log });
      expect(second.lines[1]!.replaceAll("\n", " ")).toContain(`resuming ${join(home, "dice")}`);
    }
    expect(log).toHaveLength(12);
    expect(new Set(log.filter((line) => line.startsWith("final"))).size).toBe(6);
    expect({ ...(await results()), made: 0 }).toEqual({ ...whole, made: 0 });
    expect(await file("records.jsonl")).toBe(records);
  }
});

test("more seeds add to a folder; one with other settings, or of something else, is refused and left as it is", async () => {
  const log: string[] = [];
  await run({});
  expect((await run({ seeds: "4" }, { log })).ended).toBe(true);
  expect(log).toEqual(["final fair 3", "final loaded 3", "final fair 4", "final loaded 4"]);
  const before = await file("results.json");
  await expect(run({ twice: true })).rejects.toThrow(/^dice: .*dice holds another experiment \(bonus 2, was 1\)/);
  expect(await file("results.json")).toBe(before);
  await mkdir(join(home, "run"));
  await writeFile(join(home, "run", "checkpoint.safetensors"), "mine");
  await expect(run({ out: join(home, "run") })).rejects.toThrow("it holds checkpoint.safetensors");
  expect(await readdir(join(home, "run"))).toEqual(["checkpoint.safetensors"]);
});

test("a folder in which one is running is refused", async () => {
  const dice = diceOf();
  let other: Promise<unknown> | undefined;
  const waiting = { ...dice, prepare: async () => (other ??= run({}).catch((error) => error)).then(() => 6) };
  expect((await run({}, { dice: waiting })).ended).toBe(true);
  const refusal = await other;
  expect(refusal).toBeInstanceOf(UserError);
  expect((refusal as Error).message).toContain("is in use by this process");
});

test("what goes wrong while it is stopped is not taken for the stop", async () => {
  const dice = diceOf();
  const failing = { ...dice, results: () => Promise.reject(new UserError("no room")) };
  await expect(run({}, { dice: failing, onText: (text, stop) => text.startsWith("10/10") && stop() })).rejects.toThrow(
    "no room",
  );
});

test.each<[Record<string, string>, string]>([
  [{ seeds: "0" }, "dice: --seeds must be a whole number at least 1, received 0"],
  [{ seeds: "many" }, 'dice: --seeds must be a whole number at least 1, received "many"'],
  [{ bonus: "0" }, "dice: --bonus must be a finite number above 0, received 0"],
  [{ backend: "abacus" }, 'dice: --backend must be one of auto, reference, wasm, native, received "abacus"'],
  [{ threads: "65" }, "dice: --threads must be a whole number at least 1 and at most 64, received 65"],
])("%j is refused before a folder is made", async (typed, message) => {
  await expect(run(typed)).rejects.toThrow(new UserError(message));
  expect(await readdir(home)).toEqual([]);
});

test("an experiment's options are its flags and their help, with defaults", () => {
  const options = optionsOf(diceOf());
  const lines = Object.entries(options).map(([name, option]) => `${flagOf(name, option)}: ${helpOf(option)}`);
  expect(lines.slice(0, 3)).toEqual([
    "--seeds <n>: throws of each (default: 2)",
    "--bonus <n>: what the loaded die adds (default: 1)",
    "--twice: add it twice",
  ]);
  expect(lines).toContain("--threads <n>: threads to run on (default: 1)");
  expect(lines).toContain("--out <folder>: folder, where the same command resumes (default: runs/dice)");
});

test("records and writes nothing more where another machine has taken its folder", async () => {
  const folder = join(home, "dice");
  let throws = 0;
  const onText = (text: string): void => {
    if (!text.includes("in the air") || ++throws !== 3) return;
    rmSync(join(folder, ".lock-1"));
    writeFileSync(join(folder, ".lock-2"), JSON.stringify({ pid: 7, host: "elsewhere", since: "then" }));
  };
  await expect(run({}, { onText })).rejects.toThrow(`runs: ${folder} was taken over by process 7 on elsewhere`);
  expect((await readFile(join(folder, "records.jsonl"), "utf8")).trimEnd().split("\n")).toHaveLength(2);
  expect((await readdir(folder)).sort()).toEqual([".lock-2", "plan.json", "records.jsonl"]);
});
