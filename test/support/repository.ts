import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the checkout, ending in a slash. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Paths from the root of everything that is committed or about to be: ignored files are not there. */
export function listFiles(...folders: string[]): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...folders];
  const listed = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  return [...new Set(listed)].filter((path) => path !== "" && existsSync(root + path)).sort();
}

export const read = (path: string): string => readFileSync(root + path, "utf8");

/** Whether it is a test, or only there for tests. */
export const isTest = (path: string): boolean => /\.test\.ts$|(^|\/)(testing|test)[./]/.test(path);

/** A source file by its path from the root, ready for the checkers. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export const sources = (...folders: string[]): Source[] =>
  listFiles(...folders)
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path, text: read(path) }));
