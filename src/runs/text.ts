import { open, stat } from "node:fs/promises";
import { UserError } from "../errors.ts";
import { fileError, kindOf } from "./atomic.ts";

/** Bytes that a text file may have: more than any study's records, and few enough to be one string. */
const MOST = 2 ** 28;

/**
 * The text of a file, without a byte order mark, or undefined where there is none. Throws UserError where it can't be read, is larger than
 * `most` bytes, or is no file; what a shell gives as `<(command)` is a pipe, which `pipes` allows.
 */
export async function readText(
  path: string,
  { most = MOST, pipes = false }: { readonly most?: number; readonly pipes?: boolean } = {},
): Promise<string | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw Object.assign(new Error("folder"), { code: "EISDIR" });
    if (!found.isFile() && !(pipes && found.isFIFO()))
      throw new UserError(`runs: cannot read ${path}: it must be a file, it is ${kindOf(found)}`);
    const bytes = found.size > most ? undefined : await read(path, most);
    if (!bytes) throw new UserError(`runs: cannot read ${path}: it may have at most ${most} bytes, it has more`);
    return new TextDecoder().decode(bytes);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError("read", path, error);
  }
}

/** Everything up to `most` bytes, or undefined where there is more: a file of /proc or a pipe doesn't say how much it holds. */
async function read(path: string, most: number): Promise<Uint8Array | undefined> {
  const file = await open(path, "r");
  try {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of file.createReadStream({ autoClose: false })) {
      parts.push(part as Uint8Array);
      length += (part as Uint8Array).length;
      if (length > most) return undefined;
    }
    return Buffer.concat(parts);
  } finally {
    await file.close();
  }
}
