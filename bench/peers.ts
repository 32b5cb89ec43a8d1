import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Installs the libraries of bench/peers from their own lockfile, unless they are there in the versions asked for. */
export function installPeers(bench: string, say: (line: string) => void): void {
  const folder = join(bench, "peers");
  if (areInstalled(folder)) return;
  say("installing jax-js, tfjs and onnxruntime: npm ci --prefix bench/peers (once, about 620 MB)");
  const { status, error } = spawnSync("npm", ["ci", "--prefix", folder, "--no-audit", "--no-fund"], {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
    // The CPU's library comes with the package; what would be downloaded is the GPU's.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  if (status !== 0) {
    throw new Error(
      `--peers: npm ci --prefix bench/peers ended with ${error?.message ?? `exit code ${status}`}; the bench runs without --peers`,
    );
  }
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
