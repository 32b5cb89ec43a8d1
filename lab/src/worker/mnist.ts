import type { LabelledDataset } from "../../../src/data/dataset.ts";
import { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "../../../src/data/from-idx.ts";
import { mnistOptions } from "../../../src/data/mnist.ts";
import { UserError } from "../../../src/errors.ts";
import { isGzip } from "../../../src/formats/gzip.ts";
import { idxNames } from "../../../src/lab/idx-names.ts";

const known = new Map<string, Promise<IdxFiles>>();

/** The bytes of a file, decompressed by the browser where it can. */
export async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) {
    const said = response.headers.get("content-type")?.startsWith("text/plain") ? await response.text() : "";
    throw new UserError(said.startsWith("data: ") ? said.trim() : `data: ${url} isn't there (${response.status})`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!isGzip(bytes) || typeof DecompressionStream === "undefined") return bytes;
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

async function filesAt(folder: string): Promise<IdxFiles> {
  const entries = Object.entries(idxNames).map(
    async ([role, name]) => [role, await bytesOf(new URL(`${name}.gz`, folder).href)] as const,
  );
  return Object.fromEntries(await Promise.all(entries)) as unknown as IdxFiles;
}

/**
 * A set of images from the folder at an address, as the command line has it. The files are fetched once.
 * Rejects with UserError where they aren't there.
 */
export async function imagesAt(folder: string, options: FromIdxOptions): Promise<LabelledDataset> {
  const files = known.get(folder) ?? filesAt(folder);
  known.set(folder, files);
  files.catch(() => known.delete(folder));
  return datasetFromIdx(await files, { ...options, fileNames: idxNames });
}

/** MNIST from the folder at an address. */
export const mnistAt = (folder: string, limit: number | undefined): Promise<LabelledDataset> =>
  imagesAt(folder, { ...mnistOptions, limit });
