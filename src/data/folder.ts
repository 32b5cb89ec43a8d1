import { UserError } from "../errors.ts";
import type { DataSource, Dataset } from "./dataset.ts";
import { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "./from-idx.ts";

/** A data set of the user's own, in the four files that MNIST and its kin come in. */
export const folder: DataSource = {
  name: "folder",
  summary: "four IDX or IDX.gz files of your own, in the folder that --data-dir names",
  load({ dir, limit, classes }) {
    if (dir === undefined) {
      return Promise.reject(
        new UserError("data: the data set 'folder' needs a folder; give one with --data-dir FOLDER"),
      );
    }
    return datasetFromFolder(dir, { name: "folder", limit, classes });
  },
};

const kinds: IdxFiles<{ stem: string; format: string; what: string }> = {
  trainImages: { stem: "train-images", format: "idx3-ubyte", what: "training images" },
  trainLabels: { stem: "train-labels", format: "idx1-ubyte", what: "training labels" },
  testImages: { stem: "t10k-images", format: "idx3-ubyte", what: "test images" },
  testLabels: { stem: "t10k-labels", format: "idx1-ubyte", what: "test labels" },
};

/**
 * Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte; also spelled
 * with a dot before idx, and with .gz at the end. `hint` is added to the error when a file is missing.
 * Throws UserError for files that are missing or unreadable, and whatever datasetFromIdx refuses.
 */
export async function datasetFromFolder(dir: string, options: FromIdxOptions, hint = ""): Promise<Dataset> {
  const fs = await import("node:fs/promises").catch(refusePlatform);
  const path = await import("node:path");

  const present = await fs.readdir(dir).catch((error: NodeJS.ErrnoException) => {
    const reason = { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[error.code ?? ""];
    throw new UserError(`data: ${dir} ${reason ?? `cannot be read (${error.message})`}${hint}`);
  });
  const missing: string[] = [];
  const choose = (kind: keyof IdxFiles): string => {
    const { stem, format, what } = kinds[kind];
    const tried = ["", ".gz"].flatMap((end) => [`${stem}-${format}${end}`, `${stem}.${format}${end}`]);
    const found = tried.find((file) => present.includes(file));
    if (found === undefined) missing.push(`the ${what} (tried ${tried.join(", ")})`);
    return found ?? "";
  };
  const fileNames = forEachFile(choose);
  if (missing.length > 0) throw new UserError(`data: ${dir} lacks ${missing.join(" and ")}${hint}`);

  const bytes = {} as Record<keyof IdxFiles, Uint8Array>;
  for (const kind of Object.keys(kinds) as (keyof IdxFiles)[]) {
    const file = path.join(dir, fileNames[kind]);
    bytes[kind] = await fs.readFile(file).catch((error: Error) => {
      throw new UserError(`data: ${file} cannot be read (${error.message})`);
    });
  }
  return datasetFromIdx(bytes, { ...options, fileNames });
}

/** What to do where Node's modules cannot be imported, as in a browser. */
export function refusePlatform(cause: unknown): never {
  throw new UserError("data: this platform has no folders; fetch the bytes and use datasetFromIdx", { cause });
}

function forEachFile<Content>(make: (kind: keyof IdxFiles) => Content): IdxFiles<Content> {
  return {
    trainImages: make("trainImages"),
    trainLabels: make("trainLabels"),
    testImages: make("testImages"),
    testLabels: make("testLabels"),
  };
}
