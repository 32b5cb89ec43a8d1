import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { parseJson } from "../../../formats/json.ts";
import { decodeSafetensors } from "../../../formats/safetensors.ts";
import { encodeZip, readZip } from "../../../formats/zip.ts";
import { show } from "../../../rules.ts";
import { ensureFolder, fileError, files, writeAtomically } from "../../../runs/index.ts";

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

/** The files of a run folder by their names. */
export type Packed = ReadonlyMap<string, Uint8Array>;

/** What `pack` packed. Throws UserError, naming `name`, for what it never gives: a damaged archive, or files that no training wrote. */
export function unpacked(archive: Uint8Array, name: string): Packed {
  const found = readZip(archive, name);
  for (const file of [files.checkpoint, files.config])
    if (!found.has(file)) throw new UserError(`${name} must be a run folder, it has no ${file}`);
  decodeSafetensors(found.get(files.checkpoint)!, files.checkpoint, name);
  for (const file of [files.config, files.result]) if (found.has(file)) checkJson(found.get(file)!, `${name}: ${file}`);
  const metrics = textOf(found.get(files.metrics) ?? new Uint8Array());
  for (const [i, line] of metrics.split("\n").slice(0, -1).entries())
    checkJson(line, `${name}: ${files.metrics}`, i + 1);
  return found;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function checkJson(content: string | Uint8Array, name: string, line?: number): void {
  const found = parseJson(typeof content === "string" ? content : textOf(content), name, line);
  if (typeof found !== "object" || found === null)
    throw new UserError(`${name} must be an object, received ${show(found)}`);
}

/** Lays files out as a run folder, in place of what is there. Throws UserError where the system refuses. */
export async function layOut(found: Packed, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch((error) => {
    throw fileError("remove", folder, error);
  });
  await ensureFolder(folder);
  // The checkpoint last: without it there is no run to resume.
  for (const file of packed.toReversed()) {
    const bytes = found.get(file);
    if (bytes) await writeAtomically(join(folder, file), bytes);
  }
}
