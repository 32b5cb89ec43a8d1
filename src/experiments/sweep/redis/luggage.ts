import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { encodeZip, readZip } from "../../../formats/zip.ts";
import { ensureFolder, files, writeAtomically } from "../../../runs/index.ts";

/**
 * The checkpoint first: the other files are written before it, so that they know at least what it knows, whatever a training writes meanwhile.
 * What they know beyond it is cut off when it resumes.
 */
const packed = [files.checkpoint, files.config, files.metrics, files.result] as const;

/** A run folder as one archive, to travel; undefined where it has no checkpoint yet. */
export async function pack(folder: string): Promise<Buffer | undefined> {
  const found = new Map<string, Uint8Array>();
  for (const name of packed) {
    const bytes = await readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (bytes) found.set(name, bytes);
    else if (name === files.checkpoint) return undefined;
  }
  return Buffer.from(encodeZip(found));
}

/** Lays an archive out as a run folder, in place of what is there. Throws UserError, naming `name`, for what is no such archive. */
export async function unpack(archive: Uint8Array, folder: string, name: string): Promise<void> {
  const found = readZip(archive, name);
  await rm(folder, { recursive: true, force: true });
  await ensureFolder(folder);
  // The checkpoint last: without it there is no run to resume.
  for (const file of packed.toReversed()) {
    const bytes = found.get(file);
    if (bytes) await writeAtomically(join(folder, file), bytes);
  }
}
