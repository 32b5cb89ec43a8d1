import type { Dataset } from "../../../src/data/dataset.ts";
import { fashionMnistOptions } from "../../../src/data/fashion-mnist.ts";
import { mnistOptions } from "../../../src/data/mnist.ts";
import { planeSources } from "../../../src/data/plane.ts";
import { UserError } from "../../../src/errors.ts";
import { imagesAt } from "./mnist.ts";
import type { Own } from "./own-files.ts";

/** Where data come from. */
export interface From {
  /** The address of the folder with a folder for each set of images. */
  readonly folder: string;
  /** What the user chose. */
  readonly own: Own | undefined;
}

/** The data of a config, with any options. */
interface Asked {
  readonly name: string;
  readonly [option: string]: unknown;
}

const published = { mnist: mnistOptions, "fashion-mnist": fashionMnistOptions };

/**
 * The data of a config as the command line has them: images from the server, points, or the user's own. Rejects with UserError where they aren't
 * there, and as the library does.
 */
export async function datasetAt({ name, ...options }: Asked, { folder, own }: From): Promise<Dataset> {
  if (name === "mnist" || name === "fashion-mnist")
    return imagesAt(new URL(`${name}/`, folder).href, { ...published[name], ...options });
  if (Object.hasOwn(planeSources, name)) return planeSources[name as keyof typeof planeSources].load(options);
  const { file, dir, ...more } = options;
  const wanted = file ?? dir;
  if (own?.name !== wanted || !own)
    throw new UserError(wanted ? `data: choose ${wanted} first` : "data: choose a file or a folder first");
  return (await import("./own-datasets.ts")).ownDataset(name, own, more);
}
