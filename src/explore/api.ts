import { datasetFor, overlay, resolveConfig } from "../config/index.ts";
import { type Dataset, inMemory } from "../data/index.ts";
import { isTableFile } from "../data/table-text.ts";
import { UserError } from "../errors.ts";
import { show } from "../rules.ts";
import type { Baselines } from "./cross-validate.ts";
import type { Exploration } from "./explore.ts";
import { describeImages, type ImageExploration, imagesPage, imagesText } from "./images.ts";
import { isArrayFile, isTable, readArrays } from "./read-arrays.ts";
import { type ExploreOptions, studyTable } from "./study.ts";

/** What was found in a table. */
export interface Explored extends Exploration {
  /** What simple models reach; absent without a target. */
  readonly baselines?: Baselines;
  /** All of it for a terminal of 80 columns. */
  readonly text: string;
  /** All of it as a page with pictures, in one file. */
  readonly html: string;
}

/** What was found in a data set of images. */
export interface ExploredImages extends ImageExploration {
  /** All of it for a terminal of 80 columns. */
  readonly text: string;
  /** All of it as a page with pictures, in one file. */
  readonly html: string;
}

const plainly = { columns: 80, bold: (text: string): string => text };

/**
 * Looks at the table in a file before modelling: faults to mend, what each column holds, which go together, and with a target what simple models reach.
 * It reads CSV, TSV, ARFF, JSON lines, Parquet, and arrays of numpy and IDX. `npx heaviside explore` prints `text`, and writes `html`.
 *
 * Throws UserError for a file that can't be read, and for a target that isn't there or can't be predicted.
 */
export async function explore(file: string, options: ExploreOptions = {}): Promise<Explored> {
  const other = (): UserError =>
    new UserError(
      `explore: reads tables (.csv, .tsv, .arff, .jsonl, .parquet, .npy, .npz), received ${show(file)}; exploreImages looks at images`,
    );
  if (!isTableFile(file) && !isArrayFile(file)) throw other();
  const read = isArrayFile(file) ? await readArrays(file, options.omit) : file;
  if (typeof read !== "string" && !isTable(read)) throw other();
  const study = await studyTable(read, options, { signal: new AbortController().signal });
  const { exploration, baselines } = study;
  return { ...exploration, ...(baselines && { baselines }), text: study.text(plainly), html: await study.page() };
}

/**
 * Looks at images before modelling: the mean of each class, and the images that are farthest from it.
 *
 * Throws UserError for a data set of something else.
 * @param data a data set, or its name as `--data` takes it: "mnist", "./photos"; or a file of images, .npy, .npz or IDX
 */
export async function exploreImages(data: string | Dataset): Promise<ExploredImages> {
  const whole = typeof data === "string" ? await imagesOf(data) : await inMemory(data);
  const found = describeImages(whole);
  return { ...found, text: imagesText(found, plainly), html: await imagesPage(whole, found) };
}

/** The images of a file of arrays, or of a data set by its name. Throws UserError for a file of a table. */
async function imagesOf(name: string): Promise<Dataset> {
  if (!isArrayFile(name)) return inMemory(await datasetFor(resolveConfig(overlay({}, { data: name }), "data")));
  const read = await readArrays(name);
  if (isTable(read)) throw new UserError(`explore: ${name} must hold images, it holds rows of numbers; explore looks at these`); // biome-ignore format: one line
  return read;
}
