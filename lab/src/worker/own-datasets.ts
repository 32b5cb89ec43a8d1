import type { Csv } from "../../../src/data/csv.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { findFiles, forEachFile } from "../../../src/data/find-idx.ts";
import { datasetFromIdx, type IdxFiles } from "../../../src/data/from-idx.ts";
import { imagesOf, shapeOf } from "../../../src/data/images/in-files.ts";
import { type Survey, surveyImages } from "../../../src/data/images/survey.ts";
import { datasetFromNpz } from "../../../src/data/npz.ts";
import { tableInBytes } from "../../../src/data/table.ts";
import { cellsIn } from "../../../src/data/table-text.ts";
import { UserError } from "../../../src/errors.ts";
import { requireMemory } from "../../../src/formats/memory.ts";
import { readNpz } from "../../../src/formats/npy.ts";
import { sizeOf } from "../../../src/graph/index.ts";
import { bytesIn, filesOf, type Own } from "./own-files.ts";

/** Bytes that the pixels of a folder may take: a page that takes more is ended by some browsers. */
const MOST_PIXELS = 2 ** 30;

/** The table in a file, with cells as text. */
export async function cellsOf(own: Own): Promise<Csv> {
  return cellsIn(await bytesIn(own.files[0]!), own.name);
}

const surveys = new WeakMap<Own, Map<string, Promise<Survey>>>();

/** What a folder of images holds. Its files are looked at once for the same options. */
export function surveyOf(own: Own, options: object): Promise<Survey> {
  const known = surveys.get(own) ?? new Map<string, Promise<Survey>>();
  surveys.set(own, known);
  const key = JSON.stringify(options);
  const survey = known.get(key) ?? surveyImages(filesOf(own), options);
  known.set(key, survey);
  return survey;
}

async function imagesIn(own: Own, options: object) {
  const survey = await surveyOf(own, options);
  const count = survey.parts.reduce((sum, { files }) => sum + files.length, 0);
  const [subject, bytes] = [`data: ${own.name}, ${count} images`, 4 * count * sizeOf(shapeOf(survey))];
  requireMemory(`${subject}: a smaller size is needed in a page (such as 28x28): this one`, bytes, MOST_PIXELS);
  return imagesOf(filesOf(own), survey);
}

async function idxIn(own: Own, options: object) {
  const from = filesOf(own);
  const { found, warnings } = await findFiles(from, "");
  const bytes = {} as Record<keyof IdxFiles, Uint8Array>;
  const fileNames = forEachFile((role) => found[role].file);
  for (const role of Object.keys(found) as (keyof IdxFiles)[])
    bytes[role] = await bytesIn(own.files.find(({ path }) => path === fileNames[role])!);
  const data = await datasetFromIdx(bytes, { ...options, name: "folder", fileNames });
  return warnings.length > 0 ? { ...data, warnings: [...warnings, ...(data.warnings ?? [])] } : data;
}

/** The data sets of the user's own by their names. */
const readers: Readonly<Record<string, (own: Own, options: object) => Promise<Dataset>>> = {
  table: async (own, options) => tableInBytes(await bytesIn(own.files[0]!), { ...options, file: own.name }),
  npz: async (own, options) =>
    datasetFromNpz(readNpz(await bytesIn(own.files[0]!), own.name), own.name, options) as Dataset,
  images: imagesIn,
  folder: idxIn,
};

/** A data set of the user's own, with the options that a config gives it. Rejects with UserError, as the library does. */
export async function ownDataset(name: string, own: Own, options: object): Promise<Dataset> {
  const read = readers[name];
  if (!read) throw new UserError(`lab: can't read the data set ${name}`);
  return read(own, options);
}
