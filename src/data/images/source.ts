import { UserError } from "../../errors.ts";
import type { DataSource, LabelledDataset } from "../dataset.ts";
import { filesIn } from "../disk.ts";
import type { OnLoadProgress } from "../progress.ts";
import { imagesIn } from "./in-files.ts";
import type { ImageColour, ImageFit } from "./resize.ts";

/** How a folder of images is read and split. */
export interface ImagesOptions {
  /** The folder: a folder for each class, or folders train, valid and test with the classes in them. */
  readonly dir?: string | undefined;
  /** Rows x columns of an example, as in 28x28 (default: the files' own size, which must be the same for all). */
  readonly size?: string | undefined;
  /** "rgb" or "grey" (default: grey where all files are). */
  readonly colour?: ImageColour | undefined;
  /** How images of other proportions get that size: "crop" takes the middle, "pad" adds black borders (default: crop). */
  readonly fit?: ImageFit | undefined;
  /** Train on `limit` training examples only; validation and test stay whole. */
  readonly limit?: number | undefined;
  /** Share of the images to validate with, below 1, or their number (default: 1/6, or the folder valid). */
  readonly valid?: number | undefined;
  /** Share of the images to test with, below 1, or their number (default: 1/6, or the folder test). */
  readonly test?: number | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** Photographs or drawings of the user's own. */
export const images: DataSource<ImagesOptions, LabelledDataset> = {
  name: "images",
  summary: "PNG and JPEG files of your own, a folder for each class",
  options: ["dir", "size", "colour", "fit", "limit", "valid", "test", "splitSeed"],
  load: loadImages,
};

async function loadImages(options: ImagesOptions, report?: OnLoadProgress): Promise<LabelledDataset> {
  const { dir } = options;
  if (typeof dir !== "string" || dir === "")
    throw new UserError(
      "data: the data set 'images' needs a folder; give one with --data-dir FOLDER, or as --data ./FOLDER",
    );
  return imagesIn(await filesIn(dir), options, report);
}
