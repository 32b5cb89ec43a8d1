import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What a file or a folder with all that is in it takes on disk, as `du` counts: in whole blocks, and a file of several names once. */
export function bytesOnDisk(path, counted = new Set()) {
  const found = lstatSync(path);
  if (counted.has(found.ino)) return 0;
  if (found.nlink > 1) counted.add(found.ino);
  const own = found.blocks * 512;
  if (!found.isDirectory()) return own;
  return readdirSync(path).reduce((total, name) => total + bytesOnDisk(join(path, name), counted), own);
}
