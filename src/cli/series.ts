import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileError, files, newFolder, readText, temporaryEnd, writeAtomically } from "../runs/index.ts";

const PLAN = "plan.json";
const REPORT = "report.html";

/**
 * The folder for a series of runs below `root`: the last one if it has the same plan and no report yet, or nothing at all, otherwise a new
 * one with the next number. Threads don't belong to a plan: they change no result.
 */
export async function series(root: string, plan: object): Promise<{ folder: string; resumed: boolean }> {
  const text = `${JSON.stringify(plan, (key, value) => (key === "threads" ? undefined : value), 2)}\n`;
  const numbers = (await entries(root))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const last = numbers.at(-1);
  if (last !== undefined) {
    const folder = join(root, String(last));
    const found = await entries(folder);
    const before = await readText(join(folder, PLAN));
    if (before === text && !found.includes(REPORT)) return { folder, resumed: true };
    // A process that was killed before it wrote its plan left nothing else.
    if (found.every((name) => name.endsWith(temporaryEnd))) {
      for (const name of found) await rm(join(folder, name), { force: true });
      await writeAtomically(join(folder, PLAN), text);
      return { folder, resumed: false };
    }
  }
  const folder = await newFolder((i) => join(root, String((last ?? 0) + i)));
  await writeAtomically(join(folder, PLAN), text);
  return { folder, resumed: false };
}

/** Whether a run can be resumed there. What ended before its first checkpoint is begun again. */
export const checkpointIn = async (folder: string): Promise<boolean> =>
  (await entries(folder)).includes(files.checkpoint);

/** The names in a folder; none where it doesn't exist. */
const entries = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw fileError("read", folder, error);
  });
