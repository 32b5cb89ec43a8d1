import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../errors.ts";

/** What the names of unfinished files end with. */
export const temporaryEnd = ".unfinished";

/**
 * Writes a file so that a crash at any time leaves either the old contents or the new: a temporary file beside it, flushed to the
 * disk, then renamed over it. Throws UserError naming the file and the system's reason.
 */
export async function writeAtomically(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}${temporaryEnd}`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError("write", path, error);
  }
  await syncFolder(dirname(path));
}

/** Makes the rename itself last; not every system can open a folder, and then there is nothing to flush. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {}
}

const reasons: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left",
  EDQUOT: "the disk quota is used up",
  ENOENT: "it doesn't exist",
  ENOTDIR: "a part of its path is a file",
  EISDIR: "it is a folder",
  ENAMETOOLONG: "the name is too long",
};

/** The user's view of a file system's error. */
export function fileError(verb: string, path: string, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new UserError(`runs: cannot ${verb} ${path}: ${(code && reasons[code]) ?? code ?? message}`);
}
