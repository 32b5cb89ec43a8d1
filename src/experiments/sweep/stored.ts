import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { count } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import { plural, show } from "../../rules.ts";
import { lockFolder, readText } from "../../runs/index.ts";
import { differences } from "../engine/differences.ts";
import { PLAN } from "../engine/folder.ts";
import { readRecords, writeRecords } from "../engine/records.ts";
import type { Halving } from "./halving.ts";
import { numbersOf, type SweepPlan, sweepOf, withoutPlace } from "./plan.ts";
import { isScored } from "./ranking.ts";
import { misfitOf } from "./records.ts";
import type { TrialRecord } from "./scheduling.ts";
import { isShardFolder, type Shard, shardIn } from "./shard.ts";

/** A sweep as its folder has it. */
export interface StoredSweep {
  readonly plan: SweepPlan;
  readonly records: readonly TrialRecord[];
  /** The folder itself, or those of the shards that were begun. */
  readonly parts: readonly Part[];
}

/** A folder with records: of all trials, or of a shard's. */
export interface Part {
  readonly folder: string;
  readonly shard: Shard | undefined;
  /** What its trials ran on, such as "native". */
  readonly backend: string;
}

/**
 * Reads the sweep of a folder, or the shards of one together, and changes nothing. Throws UserError, naming `subject`, where the folder
 * has none, and where it has shards of different sweeps.
 */
export async function sweepIn(subject: string, folder: string): Promise<StoredSweep> {
  const plans = await plansIn(subject, folder);
  const [first] = plans;
  for (const { plan, part } of plans)
    if (JSON.stringify(withoutPlace(plan)) !== JSON.stringify(withoutPlace(first.plan)))
      throw new UserError(
        `${subject}: ${first.part.folder} and ${part.folder} must be shards of one sweep, their ${PLAN} differ (${differences(withoutPlace(plan), withoutPlace(first.plan))}): run both again, or move one away`,
      );
  const all = new Map<string, TrialRecord>();
  for (const { plan, part } of plans) {
    const misfit = misfitOf(part.shard ? { ...plan, shard: part.shard } : plan);
    const { known } = await readRecords<TrialRecord>(part.folder, misfit);
    // Shards of one number never share a trial; those of two do.
    for (const [id, record] of known) if (all.get(id)?.state !== "done") all.set(id, record);
  }
  const records = [...all.values()].sort((a, b) => a.trial - b.trial || a.rung - b.rung);
  return { plan: first.plan, records, parts: plans.map(({ part }) => part) };
}

/** The numbers of trials that no record is of, in order. */
export function missingIn({ plan, records }: StoredSweep): number[] {
  const ended = new Set(records.map(({ trial }) => trial));
  return numbersOf(plan).filter((number) => !ended.has(number));
}

/** Sentences about trials that no record is of, and about shards; none where all trials have ended on one backend. */
export function gapsOf(sweep: StoredSweep): string[] {
  const missing = missingIn(sweep);
  const backends = [...new Set(sweep.parts.map(({ backend }) => backend))];
  return [
    ...(missing.length === 0
      ? []
      : [
          `Without a result: ${count(missing.length)} ${plural(missing.length, "trial")} (${ranges(missing)}).`,
          ...openShards(sweep, missing),
        ]),
    ...(backends.length > 1
      ? [
          `Shards ran on ${backends.join(" and ")}: their trials are comparable up to rounding alone; --backend chooses one.`,
        ]
      : []),
  ];
}

/** Which shards the missing trials are of, by the number of shards of the folders that are there. */
function openShards({ parts }: StoredSweep, missing: readonly number[]): string[] {
  const numbers = [...new Set(parts.flatMap(({ shard }) => (shard ? [shard.of] : [])))];
  const [of] = numbers;
  if (of === undefined || numbers.length > 1) return [];
  const begun = new Set(parts.map(({ shard }) => shard?.index));
  const open = [...new Set(missing.map((trial) => trial % of))].sort((a, b) => a - b);
  const said = (indices: readonly number[], what: string): string[] =>
    indices.length === 0 ? [] : [`${plural(indices.length, "Shard")} ${ranges(indices)} of ${of} ${what}.`];
  return [
    ...said(
      open.filter((index) => begun.has(index)),
      "not at the end",
    ),
    ...said(
      open.filter((index) => !begun.has(index)),
      "not begun",
    ),
  ];
}

/** Whole numbers in order, as few words: "3, 7–9". */
function ranges(numbers: readonly number[]): string {
  const runs: [from: number, to: number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  const shown = runs.slice(0, MOST_RANGES).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return `${shown.join(", ")}${runs.length > MOST_RANGES ? ", …" : ""}`;
}

/** Ranges of numbers in a sentence. */
const MOST_RANGES = 12;

/** Forgets the failed trials of a sweep, so that it tries them again; gives their number. Throws UserError where a process works on it. */
export async function forgetFailed(subject: string, folder: string): Promise<number> {
  let n = 0;
  for (const { part } of await plansIn(subject, folder)) n += await forgetIn(part.folder);
  return n;
}

async function forgetIn(folder: string): Promise<number> {
  const lock = await lockFolder(folder);
  try {
    const { known } = await readRecords<TrialRecord>(folder);
    const kept = new Map([...known].filter(([, record]) => isScored(record)));
    await lock.check();
    if (kept.size < known.size) await writeRecords(folder, kept);
    return known.size - kept.size;
  } finally {
    await lock.release();
  }
}

/** Whether a folder's plan is a sweep's. Throws UserError where the plan is no JSON. */
export const holdsSweep = async (folder: string): Promise<boolean> => (await storedIn(folder)) !== undefined;

async function storedIn(folder: string): Promise<(Partial<Stored> & Pick<Stored, "work" | "space">) | undefined> {
  const path = join(folder, PLAN);
  const text = await readText(path);
  const found = text === undefined ? undefined : (parseJson(text, path) as Partial<Stored> | null);
  return found?.work && found.space ? { ...found, work: found.work, space: found.space } : undefined;
}

/** A plan as it is stored, without its shard. */
interface Found {
  readonly plan: SweepPlan;
  readonly part: Part;
}

/** The plan of a folder, or of each shard in it, in their order. */
async function plansIn(subject: string, folder: string): Promise<readonly [Found, ...Found[]]> {
  const own = await planIn(folder);
  const names = (await readdir(folder).catch(() => [])).filter(isShardFolder);
  const shards = (await Promise.all(names.map((name) => planIn(join(folder, name))))).filter(
    (one) => one !== undefined,
  );
  if (own && shards.length > 0)
    throw new UserError(
      `${subject}: ${folder} holds a sweep and shards of one: move ${join(folder, PLAN)} or these away`,
    );
  const place = ({ part: { shard } }: Found): number => (shard ? shard.of * 1e7 + shard.index : 0);
  const [first, ...others] = own ? [own] : shards.sort((a, b) => place(a) - place(b));
  if (!first)
    throw new UserError(`${subject}: ${folder} holds no sweep: give the folder that --out named, such as runs/rates`);
  return [first, ...others];
}

async function planIn(folder: string): Promise<Found | undefined> {
  const path = join(folder, PLAN);
  const found = await storedIn(folder);
  if (!found) return undefined;
  const { name = "", question, search, space, seed, points, seeds, metric, halving, work } = found;
  const given = {
    ...{ question, space, search, seed, seeds, metric },
    ...(search !== "grid" && { points }),
    ...(halving && { halving: { eta: halving.eta, least: halving.rungs[0] } }),
    ...(work.kind === "train" ? { base: work.base } : { objective: () => 0 }),
  };
  const { shard: of, backend = "" } = found;
  const shard = of && shardIn(`${path}: shard`, `${of.index}/${of.of}`);
  for (const [key, text] of Object.entries({ name, backend, ...(work.kind === "objective" && { url: work.url }) }))
    if (typeof text !== "string") throw new UserError(`${path}: ${key} must be a text, received ${show(text)}`);
  return { plan: { ...sweepOf(given, path), name, work }, part: { folder, shard, backend } };
}

interface Stored extends Omit<SweepPlan, "halving"> {
  readonly halving?: Halving;
  readonly backend: string;
}
