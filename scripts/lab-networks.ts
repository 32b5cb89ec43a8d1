// npm run lab:networks -- [NAME …]: trains the networks that the lab reads from files, and writes them to lab/public/networks. Each training is the
// command of lab/src/stations/cells/networks.ts, and prints its scores. Strokes come from the package hanzi-writer-data, which must be installed.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileOf, networks } from "../lab/src/stations/cells/networks.ts";

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(networks);
const heaviside = (...args: string[]) =>
  execFileSync(process.execPath, [...process.execArgv, path("bin/heaviside.js"), ...args], { stdio: "inherit" });

mkdirSync(path("lab/public/networks"), { recursive: true });
for (const name of names) {
  const flags = networks[name];
  if (flags === undefined) throw new Error(`${name} must be one of ${Object.keys(networks).join(", ")}`);
  const folder = mkdtempSync(join(tmpdir(), "lab-network-"));
  try {
    heaviside("train", ...flags.split(" "), "--out", join(folder, "run"));
    heaviside("save", join(folder, "run"), join(folder, "network.safetensors"));
    copyFileSync(join(folder, "network.safetensors"), path(`lab/public/${fileOf(name)}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
