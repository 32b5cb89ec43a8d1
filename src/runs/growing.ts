import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { UserError } from "../errors.ts";
import { fileError, kindOf } from "./atomic.ts";

/** The bytes of a file; undefined where there is none. Throws UserError where it can't be read, or is no file: a pipe or a device may never end. */
export async function bytesIn(path: string): Promise<Uint8Array | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory())
      throw new UserError(`runs: cannot read ${path}: it must be a file, it is ${kindOf(found)}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError("read", path, error);
  }
}

/** Adds text at the end of a file: all of it, or none where the disk is full. Throws UserError where it can't be written. */
export async function appendWhole(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "a");
    try {
      const { size } = await file.stat();
      await file.appendFile(text).catch((error) => withdrawn(file, size, error));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError("write", path, error);
  }
}

/** Takes back what was written behind `size` before an error, which it throws. */
async function withdrawn(file: FileHandle, size: number, error: unknown): Promise<never> {
  await file.truncate(size).catch(() => {});
  throw error;
}

/**
 * Writes bytes at a place of a file, which ends behind them then, and makes the file where there is none. Who reads the file meanwhile keeps its
 * place. Throws UserError where it can't be written.
 */
export async function writeFrom(path: string, place: number, bytes: Uint8Array): Promise<void> {
  try {
    // Opened so, a file is made and never emptied.
    await (await open(path, "a")).close();
    const file = await open(path, "r+");
    try {
      await file.truncate(place);
      for (let done = 0; done < bytes.length; ) {
        const written = file.write(bytes, done, bytes.length - done, place + done);
        done += (await written.catch((error) => withdrawn(file, place, error))).bytesWritten;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError("write", path, error);
  }
}
