// What `npm ci` at the root has put on disk: prints it, and the largest packages. Exit code 1: more than is allowed. What only a check, a
// benchmark or another runtime needs belongs into a folder with a lock file of its own, as tools/ has. Run it right after npm ci: tests
// leave caches in node_modules.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesOnDisk } from "./bytes-on-disk.js";

const MOST = 200e6;
const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

// A file of two names, as esbuild's, belongs to the first package that has it.
const counted = new Set();
const packages = readdirSync(modules).map((name) => ({ name, bytes: bytesOnDisk(join(modules, name), counted) }));
const all = packages.reduce((sum, { bytes }) => sum + bytes, 0);
const largest = packages
  .sort((a, b) => b.bytes - a.bytes)
  .slice(0, 8)
  .map(({ name, bytes }) => `${name} ${megabytes(bytes)}`);
const said = `npm ci puts ${megabytes(all)} MB on disk, most of it ${largest.join(", ")}`;
if (all > MOST) {
  console.error(`check-install: ${said}; at most ${MOST / 1e6} MB are allowed`);
  process.exitCode = 1;
} else console.log(said);
