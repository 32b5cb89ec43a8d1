import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileError, files, writeAtomically } from "../runs/index.ts";

const PLAN = "plan.json";
const REPORT = "report.html";

/**
 * The folder for a series of runs below `root`: the last one if it has the same plan and no report yet, otherwise a new one with the next
 * number. Threads don't belong to a plan: they change no result.
 */
export async function series(root: string, plan: object): Promise<{ folder: string; resumed: boolean }> {
  const text = `${JSON.stringify(plan, (key, value) => (key === "threads" ? undefined : value), 2)}\n`;
  const numbers = (await readdir(root).catch((): string[] => []))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const last = numbers.at(-1);
  if (last !== undefined) {
    const folder = join(root, String(last));
    const found = await readdir(folder).catch((): string[] => []);
    const before = await readFile(join(folder, PLAN), "utf8").catch(() => undefined);
    if (before === text && !found.includes(REPORT)) return { folder, resumed: true };
  }
  const folder = join(root, String((last ?? 0) + 1));
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw fileError("create", folder, error);
  });
  await writeAtomically(join(folder, PLAN), text);
  return { folder, resumed: false };
}

/** Whether a run can be resumed there. What a crash before its first checkpoint has left is taken away. */
export async function checkpointIn(folder: string): Promise<boolean> {
  const found = await readdir(folder).catch((): string[] => []);
  if (found.includes(files.checkpoint)) return true;
  if (found.includes(files.config)) await rm(folder, { recursive: true });
  return false;
}
