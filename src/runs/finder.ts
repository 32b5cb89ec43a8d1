import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { files } from "./folder.ts";

/** A folder as it was at a moment. */
export interface FolderMark {
  /** Another text after a file in it began, ended or was renamed; "" where the folder isn't there. */
  readonly text: string;
  /** When that was last, in milliseconds since 1970. */
  readonly changed: number;
}

/** Milliseconds in which a folder may change twice without its time telling so, as on file systems with coarse times. */
const COARSE_MS = 2000;

/** What tells whether a folder is as it was. */
export const markOf = (path: string): Promise<FolderMark> =>
  stat(path).then(
    ({ mtimeMs, ino }) => ({ text: `${mtimeMs} ${ino}`, changed: mtimeMs }),
    () => ({ text: "", changed: 0 }),
  );

/** Whether a later change would give the folder another mark. */
export const isSettled = ({ changed }: FolderMark): boolean => Date.now() - changed > COARSE_MS;

/** What lies in a folder, or one folder deeper. */
export interface FoundFolders {
  readonly runs: readonly string[];
  /** Folders with a file of the given name. */
  readonly named: readonly string[];
}

/** Looks for runs again and again. */
export interface Finder {
  /** Everything that is there now, in the order of names; numbers count as such, so that run-10 comes after run-9. */
  find(): Promise<FoundFolders>;
  /** Looks into a run's folder again: its config is gone. */
  forget(run: string): void;
}

interface Listed {
  readonly path: string;
  /** Of when it was listed; "" where it must be listed again. */
  mark: string;
  isRun: boolean;
  isNamed: boolean;
  below: ReadonlyMap<string, Listed>;
}

const unlisted = (path: string): Listed => ({ path, mark: "", isRun: false, isNamed: false, below: new Map() });
const { compare } = new Intl.Collator("en", { numeric: true });

async function list(folder: Listed, marker: string): Promise<void> {
  const { path, below: before } = folder;
  const mark = await markOf(path);
  if (mark.text !== "" && mark.text === folder.mark) return;
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.map(({ name }) => name));
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  folder.mark = isSettled(mark) ? mark.text : "";
  folder.isRun = names.has(files.config);
  folder.isNamed = names.has(marker);
  folder.below = new Map(
    folders.sort(compare).map((name) => [name, before.get(name) ?? unlisted(join(path, name))] as const),
  );
}

function forget(run: string, folder: Listed): void {
  if (folder.path === run) {
    folder.isRun = false;
    folder.mark = "";
  } else for (const inner of folder.below.values()) forget(run, inner);
}

/**
 * Finds the run folders in a folder that may not be there yet: itself, or those that lie in it or one folder deeper, as an experiment has them. Below a
 * folder with a file of the name `marker` they may lie two folders deep. Links are not followed. A folder that didn't change isn't listed again, and
 * one that is a run isn't looked at.
 */
export function runFinder(path: string, marker: string): Finder {
  const root = unlisted(path);
  const walk = async (folder: Listed, depth: number, runs: string[], named: string[]): Promise<void> => {
    await list(folder, marker);
    if (folder.isRun) {
      runs.push(folder.path);
      return;
    }
    if (folder.isNamed) named.push(folder.path);
    const deeper = folder.isNamed ? Math.max(depth, 2) : depth;
    if (deeper === 0) return;
    for (const inner of folder.below.values()) {
      if (inner.isRun) runs.push(inner.path);
      else await walk(inner, deeper - 1, runs, named);
    }
  };
  return {
    async find() {
      const [runs, named]: [string[], string[]] = [[], []];
      if (root.isRun) runs.push(path);
      else await walk(root, 2, runs, named);
      return { runs, named };
    },
    forget: (run) => forget(run, root),
  };
}
