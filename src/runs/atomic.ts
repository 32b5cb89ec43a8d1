import type { Stats } from "node:fs";
import { access, constants, lstat, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../errors.ts";

/** What the names of unfinished files end with. */
export const temporaryEnd = ".unfinished";

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/**
 * Writes a file so that a crash at any time leaves either the old contents or the new: a temporary file beside it, flushed to the
 * disk, then renamed over it. A file that is there keeps its mode and its owner. A symbolic link is followed: its target is written.
 * Throws UserError naming the file and the reason, also for what is not a regular file: a folder, a device, a pipe, a socket.
 */
export async function writeAtomically(path: string, contents: string | Uint8Array): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await targetOf(path);
    const before = await stat(path).catch(missing);
    if (before) await checkReplaceable(path, target, before);
    // A fixed length after the start of the name: a name of 255 bytes can be written too.
    const unfinished = join(dirname(target), `${basename(target).slice(0, 40)}.${crypto.randomUUID()}${temporaryEnd}`);
    const file = await open(unfinished, "wx");
    temporary = unfinished;
    try {
      await file.writeFile(contents);
      if (before) {
        // Another owner's file may be ours to write and not to give back.
        await file.chown(before.uid, before.gid).catch(() => {});
        await file.chmod(before.mode & 0o777);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, target);
    await syncFolder(dirname(target));
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {});
    throw error instanceof UserError ? error : await writeError(path, error);
  }
}

/** Takes a file away where there is one. Throws UserError where the system refuses. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true }).catch((error) => {
    throw fileError("remove", path, error);
  });
}

/** Where the links of a path end, whether a file is there or not. */
async function targetOf(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const found = await lstat(at).catch(missing);
    if (!found?.isSymbolicLink()) return at;
    at = resolve(await realpath(dirname(at)), await readlink(at));
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP" });
}

/** Throws where replacing the file would destroy what is no file, or break a rule that its owner has set. */
async function checkReplaceable(path: string, target: string, found: Stats): Promise<void> {
  if (found.isDirectory()) throw Object.assign(new Error("folder"), { code: "EISDIR" });
  if (!found.isFile())
    throw new UserError(`runs: cannot write ${path}: it must be a file that can be replaced, it is ${kindOf(found)}`);
  // What /proc/self/fd and /dev/stdout lead to is in use, and has no name that could be renamed over.
  const named = await lstat(target).catch(missing);
  if (!named || named.dev !== found.dev || named.ino !== found.ino)
    throw new UserError(`runs: cannot write ${path}: it leads to an open file, give the file's own path`);
  await access(target, constants.W_OK);
}

/** What an entry of a file system is, in words. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  if (found.isSocket()) return "a socket";
  if (found.isCharacterDevice() || found.isBlockDevice()) return "a device";
  return "a file";
}

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== "ENOENT") throw error;
};

/** ENOENT is about the folder: the file itself needn't be there. */
async function writeError(path: string, error: unknown): Promise<FileError> {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return fileError("write", path, error);
  const folder = await stat(dirname(path)).catch(() => undefined);
  const link = await lstat(path).catch(() => undefined);
  const reason = link?.isSymbolicLink()
    ? "it is a link into a folder that doesn't exist"
    : folder
      ? "its file system takes no new files"
      : "its folder doesn't exist";
  return new FileError(`runs: cannot write ${path}: ${reason}`, "ENOENT");
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
  EFBIG: "the file would be larger than is allowed",
  EIO: "the device reports an error",
  ENOENT: "it doesn't exist",
  ENOTDIR: "a part of its path is a file",
  EISDIR: "it is a folder",
  EEXIST: "it is a file",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  ERR_INVALID_ARG_VALUE: "a path can't hold the character with code 0",
};

/** A file that the system refuses to read or to write. */
export class FileError extends UserError {
  /** The system's name of the reason, such as ENOSPC; undefined where it is none of the system's. */
  readonly code: string | undefined;
  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** The user's view of a file system's error. */
export function fileError(verb: string, path: string, error: unknown): FileError {
  const { code, message } = error as NodeJS.ErrnoException;
  // What is about to be made needn't be there.
  if (verb === "create" && code === "ENOENT")
    return fileError(verb, path, { code: "the file system there makes no folders" });
  return new FileError(`runs: cannot ${verb} ${path}: ${(code && reasons[code]) ?? code ?? message}`, code);
}
