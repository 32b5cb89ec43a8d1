import type { Csv } from "../../../src/data/csv.ts";
import type { Dataset, LabelledDataset } from "../../../src/data/dataset.ts";
import { fashionMnistOptions } from "../../../src/data/fashion-mnist.ts";
import { mnistOptions } from "../../../src/data/mnist.ts";
import { planeSources } from "../../../src/data/plane.ts";
import { type TableOptions, tableInBytes } from "../../../src/data/table.ts";
import { cellsIn } from "../../../src/data/table-text.ts";
import { UserError } from "../../../src/errors.ts";
import { imagesAt } from "./mnist.ts";

/** Where data come from. */
export interface From {
  /** The address of the folder with a folder for each set of images. */
  readonly folder: string;
  /** Files that the user chose. */
  readonly files: readonly File[];
}

/** The data of a config, with any options. */
interface Asked {
  readonly name: string;
  readonly [option: string]: unknown;
}

const published = { mnist: mnistOptions, "fashion-mnist": fashionMnistOptions };

/** The table in a file, with cells as text. */
export const cellsOf = async (file: File): Promise<Csv> => cellsIn(await bytesIn(file), file.name);

/** The bytes of a file that the user chose. A browser gives none of one that was written again since then. */
async function bytesIn(file: File): Promise<Uint8Array> {
  if (file.size >= 2 ** 31)
    throw new UserError(`data: ${file.name} must be smaller than 2 GB to be read in a page; it has ${file.size} bytes`);
  const buffer = await file.arrayBuffer().catch(() => {
    throw new UserError(`data: ${file.name} is no longer as it was when you chose it: choose it again`);
  });
  return new Uint8Array(buffer);
}

async function tableOf({ file: name = "", ...options }: TableOptions, files: readonly File[]) {
  const file = files.find((each) => each.name === name);
  if (!file) throw new UserError(name === "" ? "data: choose a file first" : `data: choose the file ${name} first`);
  return tableInBytes(await bytesIn(file), { ...options, file: name });
}

/**
 * The data of a config as the command line has them: images from the server, points, or a table of the user's own. Rejects with UserError where they aren't
 * there, and as the library does.
 */
export async function datasetAt({ name, ...options }: Asked, { folder, files }: From): Promise<Dataset<"x" | "label">> {
  if (name === "mnist" || name === "fashion-mnist")
    return imagesAt(new URL(`${name}/`, folder).href, { ...published[name], ...options });
  if (Object.hasOwn(planeSources, name)) return planeSources[name as keyof typeof planeSources].load(options);
  if (name !== "table") throw new UserError(`lab: can't read the data set ${name}`);
  const data = await tableOf(options, files);
  if (!("label" in data.fields))
    throw new UserError(
      `lab: trains on classes, and the target ${(options as TableOptions).target} holds numbers; choose another column, or make classes of it`,
    );
  return data as LabelledDataset;
}
