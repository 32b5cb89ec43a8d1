import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { parseJson } from "../../formats/json.ts";
import { lockFolder, readText } from "../../runs/index.ts";
import { PLAN } from "../engine/folder.ts";
import { readRecords, writeRecords } from "../engine/records.ts";
import type { Halving } from "./halving.ts";
import { type SweepPlan, sweepOf, type Work } from "./plan.ts";
import type { TrialRecord } from "./scheduling.ts";

/** A sweep as its folder has it. */
export interface StoredSweep {
  readonly plan: SweepPlan;
  readonly records: readonly TrialRecord[];
}

/** Reads the sweep of a folder, and changes nothing. Throws UserError, naming `subject`, where the folder has none. */
export async function sweepIn(subject: string, folder: string): Promise<StoredSweep> {
  const plan = await planIn(subject, folder);
  const { known } = await readRecords<TrialRecord>(folder);
  return { plan, records: [...known.values()].sort((a, b) => a.trial - b.trial || a.rung - b.rung) };
}

/** Forgets the failed trials of a sweep, so that it tries them again; gives their number. Throws UserError where a process works on it. */
export async function forgetFailed(subject: string, folder: string): Promise<number> {
  await planIn(subject, folder);
  const lock = await lockFolder(folder);
  try {
    const { known } = await readRecords<TrialRecord>(folder);
    const kept = new Map([...known].filter(([, { state }]) => state !== "failed"));
    if (kept.size < known.size) await writeRecords(folder, kept);
    return known.size - kept.size;
  } finally {
    await lock.release();
  }
}

async function planIn(subject: string, folder: string): Promise<SweepPlan> {
  const path = join(folder, PLAN);
  const text = await readText(path);
  const found = text === undefined ? undefined : (parseJson(text, path) as Partial<Stored> | null);
  if (!found?.work || !found.space)
    throw new UserError(`${subject}: ${folder} holds no sweep: give the folder that --out named, such as runs/rates`);
  const { name = "", question, search, space, seed, points, seeds, metric, halving, work } = found;
  const given = {
    ...{ question, space, search, seed, seeds, metric },
    ...(search !== "grid" && { points }),
    ...(halving && { halving: { eta: halving.eta, least: halving.rungs[0] } }),
    ...(work.kind === "train" ? { base: work.base } : { objective: () => 0 }),
  };
  return { ...sweepOf(given, path), name, work };
}

type Stored = Omit<SweepPlan, "work" | "halving"> & { readonly work: Work; readonly halving?: Halving };
