import { UserError } from "../errors.ts";

/** What to do where Node's modules cannot be imported, as in a browser. */
export function refusePlatform(cause: unknown): never {
  throw new UserError("data: this platform has no folders; fetch the bytes and use datasetFromIdx", { cause });
}

/** Larger files of text are taken for a mistake: they are held as a whole, several times. */
const LONGEST_TEXT = 2 ** 28;

/** The bytes of a file that can be read. Throws UserError for one that is missing, empty or no file. */
export async function checkedSize(path: string): Promise<number> {
  const { stat } = await import("node:fs/promises").catch(refusePlatform);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `data: ${path} ${error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.message})`}`,
    );
  });
  const fault = await faultOf(path);
  if (fault !== undefined) throw new UserError(`data: ${path} cannot be read (${fault})`);
  return found.size;
}

/** A text file as it is, without a mark of the byte order. Throws UserError for one that is missing, too long, or not UTF-8. */
export async function readText(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises").catch(refusePlatform);
  checkLength(await checkedSize(path), path);
  const bytes = await readFile(path).catch((error: Error) => {
    throw new UserError(`data: ${path} cannot be read (${error.message})`);
  });
  return textIn(bytes, path);
}

/** The text that a file's bytes are, as `readText` reads it. */
export function textIn(bytes: Uint8Array, path: string): string {
  if (bytes.length === 0) throw new UserError(`data: ${path} cannot be read (${EMPTY})`);
  checkLength(bytes.length, path);
  checkUtf8(bytes, path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`data: ${path} must be text in UTF-8, it is something else`);
  }
}

function checkLength(size: number, path: string): void {
  if (size > LONGEST_TEXT)
    throw new UserError(`data: ${path} must have at most 256 MiB, it has ${Math.ceil(size / 2 ** 20)} MiB`);
}

/** Throws UserError where the mark of the byte order at a file's beginning says that it is UTF-16, as Excel's "Unicode text" is. */
export function checkUtf8([first, second]: Uint8Array, path: string): void {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new UserError(`data: ${path} must be text in UTF-8, it is UTF-16: save it as UTF-8`);
}

/** What is said of a folder where a file is wanted. */
const FOLDER = "it is a folder";
const EMPTY = "it is empty";

/** Why a path can't be read as a file, before it is opened: opening a pipe waits for whoever writes to it. */
export async function faultOf(path: string): Promise<string | undefined> {
  const { stat } = await import("node:fs/promises");
  try {
    const found = await stat(path);
    if (found.isDirectory()) return FOLDER;
    if (!found.isFile()) return "it is a pipe, a socket or a device, not a file";
    return found.size === 0 ? EMPTY : undefined;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return { ENOENT: "it is a link to nothing", ELOOP: "it is a link to itself" }[code] ?? message;
  }
}

/** Bytes that Node reads in one piece. */
const LONGEST = 2 ** 31 - 1;

/** The bytes of a file. Throws UserError for one that is missing, empty, too long, or can't be read. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises").catch(refusePlatform);
  const size = await checkedSize(path);
  if (size > LONGEST) throw new UserError(`data: ${path} must be smaller than 2 GiB, it has ${size} bytes`);
  return readFile(path).catch((error: Error) => {
    throw new UserError(`data: ${path} cannot be read (${error.message})`);
  });
}
