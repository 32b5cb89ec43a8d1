import { UserError } from "../errors.ts";
import { requireMemory } from "../formats/memory.ts";
import { NdArray } from "../graph/index.ts";
import { checkNumber } from "../rules.ts";
import { checkLabels, classesIn, numbered } from "./classes.ts";
import type { LabelledDataset, LabelledSplit } from "./dataset.ts";
import { checkHeaders, type NamedFile, readLabels, readPixels } from "./examples.ts";
import { openIdx } from "./idx.ts";
import { type Limited, limited } from "./limit.ts";
import { inFileOrder, type Sizes, stratified } from "./split.ts";
import { grouping } from "./warnings.ts";

/** The contents of the four files of an MNIST-like data set, each plain or gzip-compressed. */
export interface IdxFiles<Content = Uint8Array> {
  /** Images to train on, [N, height, width]. */
  readonly trainImages: Content;
  /** Their labels, [N]. */
  readonly trainLabels: Content;
  /** Images to test with, [N, height, width]. */
  readonly testImages: Content;
  /** Their labels, [N]. */
  readonly testLabels: Content;
}

/** Names and limits of a data set that is made from IDX files. */
export interface FromIdxOptions {
  /** The data set's name; "idx" if not given. */
  readonly name?: string;
  /** What the files are called in errors. */
  readonly fileNames?: IdxFiles<string>;
  /** Names of the classes 0, 1, …; the numbers themselves if not given. */
  readonly classNames?: readonly string[];
  /** Number of classes, at most 2²⁰ (default: that of `classNames`, or one more than the largest label). */
  readonly classes?: number | undefined;
  /** Train on `limit` training examples only; validation and test stay whole. */
  readonly limit?: number | undefined;
  /** What the validation examples and the limit are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
  /**
   * The number of training examples of files whose order is published, 60,000 for MNIST. Training files of that size are
   * split in their order, as in the literature: the last sixth to validate, the first `limit` of the others to train on.
   */
  readonly publishedSize?: number | undefined;
}

const defaultNames: IdxFiles<string> = {
  trainImages: "the training images",
  trainLabels: "the training labels",
  testImages: "the test images",
  testLabels: "the test labels",
};

/**
 * A data set from the bytes of four IDX files. Pixels are ubyte, scaled by 1/255, or float within [0, 1]; labels are of any
 * integer type. A sixth of the training examples, rounded down, validates. These and the `limit` others to train on are
 * drawn by `splitSeed`, each class in proportion to its count, and lie in random order, whatever the order of the file.
 * The test examples keep their order. Where nothing says how many classes there are, the labels must use all of 0..max.
 * Throws UserError for damaged files, swapped files, counts that disagree, for any pixel or label out of range, and for data
 * that need more memory than there is.
 */
export async function datasetFromIdx(files: IdxFiles, options: FromIdxOptions = {}): Promise<LabelledDataset> {
  const { name = "idx", fileNames = defaultNames } = options;
  const given = givenClasses(options);
  const open = (file: keyof IdxFiles): NamedFile => ({
    ...openIdx(files[file], fileNames[file]),
    file: fileNames[file],
  });
  const trainImages = open("trainImages");
  const trainLabels = open("trainLabels");
  const testImages = open("testImages");
  const testLabels = open("testLabels");
  checkHeaders(trainImages, trainLabels, testImages, testLabels);
  const tested = testImages.shape[0]!;
  const sizes = sizesOf(trainImages, options.limit);
  const inputShape = trainImages.shape.slice(1);
  const rows = sizes.trained + sizes.validated + tested;
  requireMemory(
    `data: ${name}, with inputs [${inputShape.join(", ")}],`,
    [trainImages, trainLabels, testImages, testLabels].reduce((sum, { memory }) => sum + memory, 0) +
      4 * rows * inputShape.reduce((product, size) => product * size, 1),
  );

  const { classNames, labels, testedLabels } = readClasses([trainLabels, testLabels], given);
  const classes = classNames.length;
  const drawn = sizes.total !== options.publishedSize;
  const { splitSeed = 0 } = options;
  checkNumber("data: splitSeed", splitSeed, { whole: true, atLeast: 0, below: 2 ** 32 });
  if (!drawn && options.splitSeed !== undefined) {
    throw new UserError(`data: ${name} keeps the published order of its files, splitSeed ${splitSeed} draws nothing`);
  }
  const { train, valid } = drawn ? stratified(labels, classes, sizes, splitSeed) : inFileOrder(sizes);
  const [trained, validated] = readPixels(trainImages, [train, valid]);
  const [testedInputs] = readPixels(testImages, [Int32Array.from({ length: tested }, (_, image) => image)]);
  const part = (split: LabelledSplit["name"], inputs: Float32Array, held: Int32Array): LabelledSplit => ({
    name: split,
    size: held.length,
    fields: { x: new NdArray(inputs, [held.length, ...inputShape]), label: new NdArray(held, [held.length]) },
  });
  const labelsAt = (examples: Int32Array) => Int32Array.from(examples, (example) => labels[example]!);
  const warnings = [
    ...(drawn ? grouping(labels, classes, trainLabels.file, "; the splits are drawn by seed") : []),
    ...sizes.warnings,
  ];
  return {
    name,
    fields: { x: { shape: inputShape, dtype: "float32" }, label: { shape: [], dtype: "int32", classes: classNames } },
    splitNote: noteOf(sizes, tested, drawn ? splitSeed : undefined),
    ...(warnings.length > 0 && { warnings }),
    train: part("train", trained!, labelsAt(train)),
    valid: part("valid", validated!, labelsAt(valid)),
    test: part("test", testedInputs!, testedLabels),
  };
}

/** The names of the classes that were given; undefined where they are read from the labels. */
function givenClasses({ classes, classNames }: FromIdxOptions): readonly string[] | undefined {
  const names = classes === undefined ? classNames : numbered("data", classes);
  if (classNames && names && classNames.length !== names.length)
    throw new UserError(`data: ${classes} classes need as many names, ${classNames.length} were given`);
  return classNames ?? names;
}

/** All labels, and the names of their classes. Throws UserError for a label outside of the classes. */
function readClasses(files: readonly [NamedFile, NamedFile], given: readonly string[] | undefined) {
  const all = files.map((file) => ({ file: file.file, labels: readLabels(file) }));
  const fix = "give the number of classes with --classes N, or as `classes`";
  const classNames = given ?? numbered("data", classesIn("data", all, fix));
  for (const labels of all) checkLabels("data", labels, classNames.length);
  const [labels, testedLabels] = all.map((read) => read.labels) as [Int32Array, Int32Array];
  return { classNames, labels, testedLabels };
}

function sizesOf({ file, shape: [total = 0] }: NamedFile, limit: number | undefined): Sizes & Limited {
  if (total < 2) {
    throw new UserError(`data: ${file} must hold at least 2 images, one to train on and one to validate`);
  }
  const validated = Math.max(1, Math.floor(total / 6));
  return { total, validated, ...limited("data", limit, total - validated) };
}

function noteOf(sizes: Sizes & Limited, tested: number, seed: number | undefined): string {
  const { total, validated, trained } = sizes;
  const sixth = `one sixth, rounded down${total < 6 ? ", but at least 1" : ""}`;
  const note =
    seed === undefined
      ? `the first ${trained} to train on, the last ${validated} (${sixth}) to validate; ${tested} to test.`
      : `${trained} to train on, ${validated} (${sixth}) to validate, drawn by seed ${seed} in proportion to the classes; ` +
        `${tested} to test.`;
  return `${total} training examples: ${note}${sizes.note}`;
}
