// Runs a command of tools/, which checks the sources or the package: npm run tool -- biome check .
// The packages of tools/ are installed first where they are missing, or there in other versions.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installIn } from "./side-folder.ts";

const folder = fileURLToPath(new URL("../tools/", import.meta.url));
const [name = "", ...args] = process.argv.slice(2);

function main(): number {
  installIn(folder, () => console.error("installing what checks the sources: npm ci --prefix tools (once, 130 MB)"));
  const command = join(folder, "node_modules/.bin", name);
  if (name === "" || !existsSync(command))
    throw new Error(`a command of tools/package.json must come first, received ${name || "none"}`);
  const { status, error } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  if (error) throw error;
  return status ?? 1;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`tool: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
