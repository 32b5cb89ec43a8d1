import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs a folder's packages from its own lock file, unless they are there in the versions that its package.json names. `announce` is
 * called before npm is. `command` is for a lock file that npm ci refuses. Throws where npm fails.
 */
export function installIn(
  folder: string,
  announce: () => void,
  env: Readonly<Record<string, string>> = {},
  command: readonly string[] = ["ci"],
): void {
  if (areInstalled(folder)) return;
  announce();
  const { status, error } = spawnSync("npm", [...command, "--prefix", folder, "--no-audit", "--no-fund"], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, ...env },
  });
  if (status !== 0)
    throw new Error(
      `npm ${command.join(" ")} --prefix ${folder} ended with ${error?.message ?? `exit code ${status}`}`,
    );
}

type Package = { version: string; dependencies: Record<string, string> };

/** Whether each dependency of the folder's package.json is in its node_modules in that very version. */
export function areInstalled(folder: string): boolean {
  const read = (...path: string[]): Package => JSON.parse(readFileSync(join(folder, ...path, "package.json"), "utf8"));
  try {
    // npm writes this file when an install is complete.
    readFileSync(join(folder, "node_modules", ".package-lock.json"));
    return Object.entries(read().dependencies).every(
      ([name, version]) => read("node_modules", name).version === version,
    );
  } catch {
    return false;
  }
}
