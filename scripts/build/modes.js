import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Lets everybody read what a build wrote, whatever the umask: npm pack keeps the rights of files, and the same sources have to give the same package. */
export function readableByAll(folder) {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath ?? entry.path, entry.name), entry.isDirectory() ? 0o755 : 0o644);
}
