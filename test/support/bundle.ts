import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { listFiles, root } from "./repository.ts";

const kept = `${root}node_modules/.cache/heaviside-bundle`;
/** Milliseconds after which what other sources were built to is removed: no process copies it any more. */
const DAY = 24 * 3600 * 1000;

/** What a build without declarations reads, beside installed packages, which the lock file names. */
const inputs = ["src", "scripts/build.js", "scripts/build", "package.json", "package-lock.json", "tsconfig.json"];

/** A sum of files' paths and bytes: the same sum is the same bundle. */
export function sumOf(files: Iterable<readonly [path: string, bytes: Uint8Array]>): string {
  const sum = createHash("sha256");
  for (const [path, bytes] of files) sum.update(`${JSON.stringify(path)} ${bytes.length}\n`).update(bytes);
  return sum.digest("hex");
}

/** Builds into a folder of its own first: of two processes that build at once one comes too late, and has built the same. */
function build(folder: string): void {
  const own = join(kept, randomUUID());
  mkdirSync(own, { recursive: true });
  try {
    execFileSync(process.execPath, [`${root}scripts/build.js`, join(own, "dist"), "--bundle-only"], { stdio: "pipe" });
    if (!existsSync(folder)) renameSync(join(own, "dist"), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  for (const name of readdirSync(kept)) {
    const path = join(kept, name);
    if (path !== folder && Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > DAY)
      rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Fills a folder with what `npm run build` makes of the sources, without declarations. Built once for the same sources, which takes as long as a test
 * file or two, and copied after that. Throws where the sources don't build.
 */
export function bundleInto(folder: string): void {
  const built = join(kept, sumOf(listFiles(...inputs).map((path) => [path, readFileSync(root + path)] as const)));
  if (!existsSync(built)) build(built);
  cpSync(built, folder, { recursive: true });
}
