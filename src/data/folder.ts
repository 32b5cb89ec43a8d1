import type { FileHandle } from "node:fs/promises";
import { UserError } from "../errors.ts";
import { isGzip } from "../formats/gzip.ts";
import { allocate, requireMemory } from "../formats/memory.ts";
import type { DataSource, LabelledDataset } from "./dataset.ts";
import { filesIn } from "./disk.ts";
import { type Found, findFiles, forEachFile } from "./find-idx.ts";
import { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "./from-idx.ts";
import { MAX_HEADER, plainHeader } from "./idx.ts";

/** Options of the data sets in IDX files. */
export interface IdxOptions {
  /** Folder with the four IDX files. */
  readonly dir?: string | undefined;
  /**
   * Train on `limit` training examples only; validation and test stay whole. MNIST and Fashion-MNIST give their first
   * ones; of a folder they are drawn, each class in proportion to its count.
   */
  readonly limit?: number | undefined;
  /** Number of classes of a folder of the user's own (default: one more than the largest label). */
  readonly classes?: number | undefined;
  /** What a folder's validation examples and its limit are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** A data set in IDX files. */
export type IdxSource = DataSource<IdxOptions, LabelledDataset>;
export const idxOptions = ["dir", "limit", "classes", "splitSeed"] as const satisfies readonly (keyof IdxOptions)[];

/** A data set of the user's own, in the four files that MNIST and its kin come in. */
export const folder: IdxSource = {
  name: "folder",
  summary: "four IDX or IDX.gz files of your own, in the folder that --data-dir names",
  options: idxOptions,
  load({ dir, ...given }) {
    if (dir === undefined) {
      return Promise.reject(
        new UserError("data: the data set 'folder' needs a folder; give one with --data-dir FOLDER"),
      );
    }
    return datasetFromFolder(dir, { ...given, name: "folder" });
  },
};

/**
 * Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, under any of
 * the names that `findFiles` knows. `hint` is added to the error when a file is missing.
 * Throws UserError for files that are missing or unreadable, and whatever datasetFromIdx refuses.
 */
export async function datasetFromFolder(dir: string, options: FromIdxOptions, hint = ""): Promise<LabelledDataset> {
  const { found, warnings } = await findFiles(await filesIn(dir), hint);
  const bytes = {} as Record<keyof IdxFiles, Uint8Array>;
  for (const kind of Object.keys(found) as (keyof IdxFiles)[]) bytes[kind] = await readFound(found[kind]);
  const fileNames = forEachFile((kind) => found[kind].file);
  const data = await datasetFromIdx(bytes, { ...options, fileNames });
  return warnings.length > 0 ? { ...data, warnings: [...warnings, ...(data.warnings ?? [])] } : data;
}

/** The bytes of a file. A plain IDX file of another length than its header says is refused before it is read. */
async function readFound({ file, path, instead }: Found): Promise<Uint8Array> {
  const fs = await import("node:fs/promises");
  const refuse = (reason: string) => new UserError(`data: ${path} cannot be read (${reason})`);
  const handle = await fs.open(path, "r").catch((error: Error) => {
    throw refuse(error.message);
  });
  try {
    const { size } = await handle.stat();
    const start = await readInto(handle, new Uint8Array(Math.min(size, MAX_HEADER)));
    if (!isGzip(start)) plainHeader(start, file, size);
    requireMemory(`data: ${path}`, size);
    const bytes = allocate(`data: ${path}`, size, () => new Uint8Array(size));
    return await readInto(handle, bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw refuse((error as Error).message);
    throw instead === undefined ? error : new UserError(`${error.message}; without it, ${instead} would be read`);
  } finally {
    await handle.close();
  }
}

/** Fills `bytes` from the beginning of a file. Throws where it has become shorter. */
async function readInto(handle: FileHandle, bytes: Uint8Array): Promise<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(bytes.length - at, LONGEST_READ), at);
    if (bytesRead === 0) throw new Error("it became shorter while it was read");
    at += bytesRead;
  }
  return bytes;
}

/** Systems refuse to read 2 GiB at once. */
const LONGEST_READ = 2 ** 30;
