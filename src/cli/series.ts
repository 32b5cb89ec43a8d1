import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureFolder, fileError, files, readText, temporaryEnd, writeAtomically } from "../runs/index.ts";

const PLAN = "plan.json";
const REPORT = "report.html";

/**
 * The folder for a series of runs below `root`: the last one if it has the same plan and no report yet, otherwise a new one with the next
 * number. Threads don't belong to a plan: they change no result.
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
  }
  const folder = join(root, String((last ?? 0) + 1));
  await ensureFolder(folder);
  await writeAtomically(join(folder, PLAN), text);
  return { folder, resumed: false };
}

/** What a crash before the first checkpoint leaves of a run. */
const begun = (name: string): boolean => name === files.config || name === files.metrics || name.endsWith(temporaryEnd);

/** Whether a run can be resumed there. What a crash before its first checkpoint has left is taken away, and nothing else. */
export async function checkpointIn(folder: string): Promise<boolean> {
  const found = await entries(folder);
  if (found.includes(files.checkpoint)) return true;
  if (found.includes(files.config) && found.every(begun)) await rm(folder, { recursive: true });
  return false;
}

/** The names in a folder; none where it doesn't exist. */
const entries = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw fileError("read", folder, error);
  });
