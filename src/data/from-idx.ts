import { UserError } from "../errors.ts";
import type { Dataset, Split } from "./dataset.ts";
import { checkLabels, checkPixels, type Named, pixels, refuseSwapped } from "./examples.ts";
import { readIdx } from "./idx.ts";

/** The contents of the four files of an MNIST-like data set, each plain or gzip-compressed. */
export interface IdxFiles<Content = Uint8Array> {
  readonly trainImages: Content;
  readonly trainLabels: Content;
  readonly testImages: Content;
  readonly testLabels: Content;
}

export interface FromIdxOptions {
  /** The data set's name; "idx" if not given. */
  readonly name?: string;
  /** What the files are called in errors. */
  readonly fileNames?: IdxFiles<string>;
  /** Names of the classes 0, 1, …; the numbers themselves if not given. */
  readonly classNames?: readonly string[];
  /** Number of classes; that of `classNames`, or 10. */
  readonly classes?: number | undefined;
  /** Train on the first `limit` training examples only; validation and test stay whole. */
  readonly limit?: number | undefined;
}

const defaultNames: IdxFiles<string> = {
  trainImages: "the training images",
  trainLabels: "the training labels",
  testImages: "the test images",
  testLabels: "the test labels",
};

/**
 * A data set from the bytes of four IDX files. Pixels are ubyte, scaled by 1/255, or float within [0, 1]; labels are of any
 * integer type. The last sixth of the training file is the validation split (10,000 of MNIST's 60,000).
 * Throws UserError for damaged files, swapped files, counts that disagree, and for any pixel or label out of range.
 */
export async function datasetFromIdx(files: IdxFiles, options: FromIdxOptions = {}): Promise<Dataset> {
  const { name = "idx", fileNames = defaultNames, limit } = options;
  const classes = options.classes ?? options.classNames?.length ?? 10;
  const classNames = options.classNames ?? Array.from({ length: classes }, (_, label) => String(label));
  if (!Number.isInteger(classes) || classes < 2 || classes > 2 ** 31) {
    throw new UserError(`data: the number of classes must be an integer of at least 2, ${classes} was given`);
  }
  if (classNames.length !== classes) {
    throw new UserError(`data: ${classes} classes need as many names, ${classNames.length} were given`);
  }

  const open = async (file: keyof IdxFiles): Promise<Named> => ({
    ...(await readIdx(files[file], fileNames[file])),
    file: fileNames[file],
  });
  const trainImages = await open("trainImages");
  const trainLabels = await open("trainLabels");
  const testImages = await open("testImages");
  const testLabels = await open("testLabels");
  refuseSwapped(trainImages, trainLabels, testImages, testLabels);
  for (const images of [trainImages, testImages]) checkPixels(images);
  for (const labels of [trainLabels, testLabels]) checkLabels(labels, classes);
  const inputShape = trainImages.shape.slice(1);
  if (inputShape.join() !== testImages.shape.slice(1).join()) {
    throw new UserError(
      `data: images must be of one shape, those of ${trainImages.file} are [${inputShape.join(", ")}] ` +
        `and those of ${testImages.file} are [${testImages.shape.slice(1).join(", ")}]`,
    );
  }

  const total = trainImages.shape[0]!;
  const tested = testImages.shape[0]!;
  if (total < 2) {
    throw new UserError(`data: ${trainImages.file} must hold at least 2 images, one to train on and one to validate`);
  }
  const validated = Math.max(1, Math.floor(total / 6));
  const offered = total - validated;
  const trained = limit ?? offered;
  if (!Number.isInteger(trained) || trained < 1 || trained > offered) {
    throw new UserError(
      `data: the limit must be an integer in 1..${offered}, the training examples of ${name}; ${limit} was given`,
    );
  }
  const part = (split: Split["name"], images: Named, labels: Named, from: number, to: number): Split => ({
    name: split,
    size: to - from,
    inputs: pixels(images, from, to),
    labels: Int32Array.from(labels.data.subarray(from, to)),
  });
  return {
    name,
    classes,
    classNames,
    inputShape,
    splitNote:
      `${total} training examples: the first ${trained} to train on, ` +
      `the last ${validated} (one sixth, rounded down${total < 6 ? ", but at least 1" : ""}) to validate; ${tested} to test.` +
      (trained < offered ? ` The limit leaves ${offered - trained} out.` : ""),
    train: part("train", trainImages, trainLabels, 0, trained),
    valid: part("valid", trainImages, trainLabels, offered, total),
    test: part("test", testImages, testLabels, 0, tested),
  };
}
