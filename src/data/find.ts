import { UserError } from "../errors.ts";
import type { IdxFiles } from "./from-idx.ts";

/** A file of a data set that is there to be read. */
export interface Found {
  /** Its name from the folder on, for messages. */
  readonly file: string;
  readonly path: string;
  /** Another file of the same role that would be read if this one were not there. */
  readonly instead?: string;
}

export interface FoundFiles {
  readonly found: IdxFiles<Found>;
  /** One sentence for each file that was passed over because it can't be read. */
  readonly warnings: readonly string[];
}

const roles: IdxFiles<{ stem: string; format: string; what: string }> = {
  trainImages: { stem: "train-images", format: "idx3-ubyte", what: "training images" },
  trainLabels: { stem: "train-labels", format: "idx1-ubyte", what: "training labels" },
  testImages: { stem: "t10k-images", format: "idx3-ubyte", what: "test images" },
  testLabels: { stem: "t10k-labels", format: "idx1-ubyte", what: "test labels" },
};

/** What to do with each of the four files. */
export function forEachFile<Content>(make: (role: keyof IdxFiles) => Content): IdxFiles<Content> {
  return {
    trainImages: make("trainImages"),
    trainLabels: make("trainLabels"),
    testImages: make("testImages"),
    testLabels: make("testLabels"),
  };
}

/** What to do where Node's modules cannot be imported, as in a browser. */
export function refusePlatform(cause: unknown): never {
  throw new UserError("data: this platform has no folders; fetch the bytes and use datasetFromIdx", { cause });
}

/**
 * The four files in a folder. Each may be named as published (train-images-idx3-ubyte), with a dot before idx, with another
 * number after idx (idx2 for images of one row), with another type or none, in any case, with .gz at the end; and
 * it may lie in a folder of such a name, as Kaggle lays MNIST out. The contents decide what a file holds, not its name.
 * Where several are there, the order is: outside of such a folder, the published number and type, without .gz, with a
 * dash. A file that is empty, a link to nothing or not a regular file is passed over where another can be read, with a warning.
 * Throws UserError for a folder that can't be read or lacks a file; `hint` is added then.
 */
export async function findFiles(dir: string, hint: string): Promise<FoundFiles> {
  const names = await namesIn(dir).catch((error: NodeJS.ErrnoException) => {
    const reason = { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[error.code ?? ""];
    throw new UserError(`data: ${dir} ${reason ?? `cannot be read (${error.message})`}${hint}`);
  });
  const missing: string[] = [];
  const warnings: string[] = [];
  const chosen: Partial<Record<keyof IdxFiles, Found>> = {};
  for (const role of Object.keys(roles) as (keyof IdxFiles)[]) {
    const candidates = await candidatesFor(role, dir, names);
    const [first, second] = candidates.filter(({ fault }) => fault === undefined);
    const refused = candidates
      .filter(({ fault }) => fault !== undefined)
      .map(({ path, fault }) => `${path} cannot be read (${fault})`);
    if (first) {
      chosen[role] = { file: first.file, path: first.path, ...(second && { instead: second.file }) };
      warnings.push(...refused.map((reason) => `${reason}: ${first.file} was read instead`));
    } else if (refused.length > 0) {
      throw new UserError(`data: ${refused.join("; ")}`);
    } else {
      const { stem, format, what } = roles[role];
      const tried = ["", ".gz"].flatMap((end) => [`${stem}-${format}${end}`, `${stem}.${format}${end}`]);
      missing.push(`the ${what} (tried ${tried.join(", ")})`);
    }
  }
  if (missing.length > 0) throw new UserError(`data: ${dir} lacks ${missing.join(" and ")}${hint}`);
  return { found: forEachFile((role) => chosen[role]!), warnings };
}

/** Something whose name fits. */
interface Candidate {
  readonly file: string;
  readonly path: string;
  /** Why it can't be read; none for a file that can. */
  readonly fault?: string;
}

/** What may be read in this role, the preferred ones first, those in folders last. */
async function candidatesFor(role: keyof IdxFiles, dir: string, names: readonly string[]): Promise<Candidate[]> {
  const { join } = await import("node:path");
  const direct: Candidate[] = [];
  const nested: Candidate[] = [];
  for (const file of fitting(role, names)) {
    const path = join(dir, file);
    const fault = await faultOf(path);
    if (fault !== FOLDER) {
      direct.push({ file, path, ...(fault !== undefined && { fault }) });
      continue;
    }
    const inside = fitting(role, await namesIn(path).catch(() => []));
    if (inside.length === 0) nested.push({ file, path, fault: "it is a folder that holds no such file" });
    for (const name of inside) {
      const inner = await faultOf(join(path, name));
      nested.push({ file: `${file}/${name}`, path: join(path, name), ...(inner !== undefined && { fault: inner }) });
    }
  }
  return [...direct, ...nested];
}

/** The names that fit a role, the preferred ones first. */
function fitting(role: keyof IdxFiles, names: readonly string[]): string[] {
  const { stem, format } = roles[role];
  const pattern = new RegExp(`^${stem}([-.])(idx\\d(?:-[a-z0-9]+)?)(\\.gz)?$`, "i");
  return names
    .flatMap((name) => {
      const [, separator, kind, end] = pattern.exec(name) ?? [];
      if (separator === undefined || kind === undefined) return [];
      const published = kind.toLowerCase() === format;
      return [{ name, order: [published, end === undefined, separator === "-"].map((is) => (is ? 0 : 1)).join("") }];
    })
    .sort((a, b) => (a.order + a.name < b.order + b.name ? -1 : 1))
    .map(({ name }) => name);
}

async function namesIn(dir: string): Promise<string[]> {
  const { readdir } = await import("node:fs/promises").catch(refusePlatform);
  return readdir(dir);
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

const FOLDER = "it is a folder";
const EMPTY = "it is empty";

/** Why a path can't be read as a file, before it is opened: opening a pipe waits for whoever writes to it. */
async function faultOf(path: string): Promise<string | undefined> {
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
