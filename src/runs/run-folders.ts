import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { fileError } from "./atomic.ts";
import { files } from "./folder.ts";

/**
 * The run folders that a path stands for: itself, or those that lie directly in it, in the order of their names; numbers count as such, so
 * that run-10 comes after run-9. Throws UserError, naming `subject`, where it is no run and holds none.
 */
export async function runFoldersIn(subject: string, path: string): Promise<string[]> {
  const names = await namesIn(subject, path);
  if (isRun(names)) return [path];
  const sorted = [...names].sort(byName);
  const found: string[] = [];
  for (const name of sorted) {
    const below = join(path, name);
    if ((await isFolder(below)) && isRun(await namesIn(subject, below))) found.push(below);
  }
  if (found.length === 0)
    throw new UserError(
      `${subject}: ${path} must be a run folder or hold some, it has no ${files.config} and no folder with one: give the folder that --out named`,
    );
  return found;
}

/** What is added to an error about a folder that is no run: the runs in it, as an experiment and folds have them. Empty where there are none. */
export async function heldRuns(path: string): Promise<string> {
  const held = await runFoldersIn("", path).catch((): string[] => []);
  return held.length > 0 ? `; it holds runs, such as ${held[0]}` : "";
}

const byName = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

const isRun = (names: readonly string[]): boolean => names.includes(files.config);

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const namesIn = (subject: string, path: string): Promise<string[]> =>
  readdir(path).catch((error) => {
    throw new UserError(fileError("read", path, error).message.replace(/^runs/, subject));
  });
