// What the user chose or dropped, as a file or a folder that the library reads.
import type { Own, OwnFile } from "../../worker/own-files.ts";
import type { OwnSet } from "./data.ts";

/** Files that tell a folder from another of its name; asking the browser for the size of each takes it some time. */
const TOLD_BY = 100;
const stamps = new WeakMap<Own, string>();

/** What tells files from others of the same name. It is to be taken when they are chosen: later, a browser says how they are then. */
export function stampOf(own: Own): string {
  const known =
    stamps.get(own) ??
    JSON.stringify([
      own.files.length,
      ...own.files
        .slice(0, TOLD_BY)
        .map(({ path, file }) => [path, file.size, file instanceof File ? file.lastModified : 0]),
    ]);
  stamps.set(own, known);
  return known;
}

/** Whether two choices are of the same files, as far as a page can tell without reading them; true where one isn't there. */
export const sameOwn = (a: Own | undefined, b: Own | undefined): boolean =>
  a === undefined || b === undefined || (a.name === b.name && stampOf(a) === stampOf(b));

/** Files of a folder that a page takes: each costs it some memory and time before the first is read. */
const MOST = 20_000;

const isIdx = (path: string): boolean => /^(?:[^/]+\/)?(?:train|t10k)-(?:images|labels)[-.]idx\d[^/]*$/i.test(path);
const isTable = (path: string): boolean => /\.(csv|tsv|txt|arff|jsonl|ndjson|parquet|pq)$/i.test(path);
const isImage = (path: string): boolean => /\.(png|jpe?g)$/i.test(path);

const tooMany = (name: string, found: string): Error =>
  new Error(
    `data: ${name} must have at most ${MOST} files to be read in a page, it has ${found}: the command line reads any number`,
  );

/** What the library reads such files as. */
export function kindOf({ name, files }: Own): OwnSet {
  if (files.some(({ path }) => isIdx(path))) return "folder";
  if (name.startsWith(".")) return "images";
  return /\.npz$/i.test(name) ? "npz" : "table";
}

/** Files without a folder: those of IDX go together, as images do; of others the first table counts, or the first file. */
function loose(files: readonly OwnFile[]): Own {
  const together = files.filter(({ path }) => isIdx(path) || isImage(path));
  if (together.length > 0 && !files.some(({ path }) => isTable(path))) return { name: ".", files };
  const one = files.find(({ path }) => isTable(path)) ?? files[0]!;
  return { name: one.path, files: [one] };
}

/** What an input gives: files by themselves, or all of a folder. Throws Error with a sentence where they are too many; undefined for none. */
export function fromFiles(given: readonly File[]): Own | undefined {
  const [first] = given;
  if (!first) return undefined;
  const [folder = "", inside] = first.webkitRelativePath.split("/");
  if (given.length > MOST) throw tooMany(inside === undefined ? "the choice" : folder, String(given.length));
  if (inside === undefined) return loose(given.map((file) => ({ path: file.name, file })));
  const files = given.map((file) => ({ path: file.webkitRelativePath.slice(folder.length + 1), file }));
  return { name: `./${folder}`, files };
}

/** A part of the browser's interface for what is dropped. */
type Entry = FileSystemEntry;

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((take, fail) => entry.file(take, fail));

/** Files that are asked for at once: each takes the page some time. */
const AT_ONCE = 20;

/** All entries of a folder: a browser gives them in batches, of which the last is empty. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<Entry[]> {
  const reader = folder.createReader();
  const all: Entry[] = [];
  for (;;) {
    const batch = await new Promise<Entry[]>((take, fail) => reader.readEntries(take, fail));
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}

const isFile = (entry: Entry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: Entry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const taken = async (entry: FileSystemFileEntry, within: string): Promise<OwnFile> => ({
  path: within + entry.name,
  file: await fileOf(entry),
});

/**
 * What was dropped: the first folder with all that is in it, or files by themselves. Rejects with Error, with a sentence, where they are too many or
 * can't be read; undefined for none.
 */
export async function fromEntries(dropped: readonly Entry[]): Promise<Own | undefined> {
  const top = dropped.find(isFolder);
  const name = top ? `./${top.name}` : ".";
  const files: OwnFile[] = [];
  const take = async (entries: readonly Entry[], within: string): Promise<void> => {
    if (files.length + entries.filter(isFile).length > MOST) throw tooMany(name, `more than ${MOST}`);
    const here = entries.filter(isFile);
    for (let from = 0; from < here.length; from += AT_ONCE)
      files.push(...(await Promise.all(here.slice(from, from + AT_ONCE).map((entry) => taken(entry, within)))));
    for (const folder of entries.filter(isFolder)) await take(await entriesOf(folder), `${within}${folder.name}/`);
  };
  try {
    await take(top ? await entriesOf(top) : dropped.filter(isFile), "");
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new Error(`data: ${name} cannot be read (${error.message})`, { cause: error });
  }
  if (top) return { name, files };
  return files.length > 0 ? loose(files) : undefined;
}
