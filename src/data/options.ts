import { choice, family, list, number, type Options, type SpecOf, text, whole } from "../options/index.ts";
import { cifarLabels } from "./cifar.ts";
import { imageColours, imageFits } from "./images/resize.ts";
import type { DatasetName } from "./index.ts";
import { parityTargets } from "./sequences/parity.ts";
import { imageSets, readings } from "./sequences/sequential-mnist.ts";

const idx = {
  dir: text("read the data set's files from this folder", { flag: "--data-dir <folder>" }),
  limit: whole(1, "training examples to use", { flag: "--limit <n>", usual: "all" }),
};
const split = whole({ atLeast: 0, below: 2 ** 32 }, "decides which examples validate", {
  flag: "--split-seed <n>",
  usual: "0",
});

/** One flag has one line of help. */
const OWN_FILE = "your own file: a table (CSV, TSV), a text, arrays (.npz)";

const generated = {
  examples: whole(1, "fresh training examples in an epoch", { usual: "10000" }),
  valid: whole(1, "examples to validate with", { usual: "1000" }),
  test: whole(1, "examples to test with", { usual: "1000" }),
  seed: whole({ atLeast: 0, below: 2 ** 32 }, "decides the examples", { usual: "0" }),
};

const plane = {
  options: {
    examples: whole(1, "points to train on", { usual: "1000" }),
    valid: whole(1, "points to validate with", { usual: "500" }),
    test: whole(1, "points to test with", { usual: "500" }),
    noise: number({ atLeast: 0, atMost: 10 }, "standard deviation by which a coordinate is moved", { usual: "0.25" }),
    seed: generated.seed,
  },
};

const pen = {
  steps: whole(1, "the most steps: longer drawings are omitted", { usual: "those of the longest" }),
  limit: idx.limit,
  splitSeed: split,
};

const names = (typed: string): string[] => typed.split(",");

/** Of files that may hold all examples in one. */
const drawn = {
  as: choice(["values", "classes"], "values, classes", {
    flag: "--as <kind>",
    usual: "classes if text, or whole in .npz",
  }),
  limit: idx.limit,
  valid: number({ above: 0 }, "share or number of rows to validate with", {
    flag: "--valid <share>",
    usual: "1/6",
  }),
  test: number({ above: 0 }, "share or number of rows to test with", {
    flag: "--test-share <share>",
    usual: "1/6",
  }),
  folds: whole({ atLeast: 2, atMost: 100 }, "parts, each tested on once", {
    flag: "--folds <n>",
    usual: "no cross-validation",
  }),
  fold: whole(1, "the part to test with", { flag: "--fold <k>", usual: "each in turn" }),
  splitSeed: split,
};

/** What a config can say of each data set. Adding one means adding a line here, beside that in index.ts. */
const members = {
  mnist: { options: idx },
  "fashion-mnist": { options: idx },
  cifar10: { options: idx },
  cifar100: { options: { ...idx, labels: choice(cifarLabels, "100 classes, or their 20 groups", { usual: "fine" }) } },
  folder: {
    options: {
      ...idx,
      classes: whole(2, "classes of its labels", { flag: "--classes <n>", usual: "as the labels say" }),
      splitSeed: split,
    },
  },
  images: {
    options: {
      ...idx,
      size: text("rows x columns of an example, as 28x28", { usual: "the files' own" }),
      colour: choice(imageColours, "colours, or brightness alone", { usual: "grey if all files are" }),
      fit: choice(imageFits, "the middle, or all of it with black borders", { usual: "crop" }),
      valid: number({ above: 0 }, "share or number of images to validate with", { usual: "1/6, or the folder valid" }),
      test: number({ above: 0 }, "share or number of images to test with", { usual: "1/6, or the folder test" }),
      splitSeed: split,
    },
  },
  table: {
    options: {
      file: text(OWN_FILE, { required: true, flag: "--file <file>" }),
      target: list(text("a column"), "the column to predict, or several", {
        ...{ single: true, flag: "--target <columns>", usual: "required", parse: names },
      }),
      as: drawn.as,
      omit: list(text("a column"), "columns that are not read", {
        flag: "--omit <columns>",
        usual: "none",
        parse: names,
      }),
      categorical: list(text("a column"), "columns of numbers that are names", {
        flag: "--categorical <columns>",
        usual: "none",
        parse: names,
      }),
      limit: drawn.limit,
      valid: drawn.valid,
      test: drawn.test,
      folds: drawn.folds,
      fold: drawn.fold,
      splitSeed: split,
    },
  },
  npz: {
    options: {
      file: text(OWN_FILE, { required: true, flag: "--file <file>" }),
      as: drawn.as,
      limit: drawn.limit,
      valid: drawn.valid,
      test: drawn.test,
      folds: drawn.folds,
      fold: drawn.fold,
      splitSeed: split,
    },
  },
  adding: { options: { length: whole(2, "steps of a sequence", { usual: "100" }), ...generated } },
  copy: { options: { length: whole(1, "steps from the symbols to their copy", { usual: "100" }), ...generated } },
  parity: {
    options: {
      length: whole(1, "bits of a sequence", { usual: "50" }),
      predict: choice(parityTargets, "which steps have a label", { usual: "every-step" }),
      ...generated,
    },
  },
  "sequential-mnist": {
    options: {
      images: choice(imageSets, "which images", { usual: "mnist" }),
      by: choice(readings, "what a step reads", { usual: "pixel" }),
      permuted: whole({ atLeast: 0, below: 2 ** 32 }, "seed of a fixed order of the pixels", { usual: "in order" }),
      ...idx,
    },
  },
  manifolds: {
    options: {
      classes: whole(2, "manifolds, a class each", { usual: "10" }),
      dimension: whole({ atLeast: 1, atMost: 100 }, "dimension of a manifold", { usual: "1" }),
      smoothness: number({ above: 0, atMost: 100 }, "fall of the harmonics, k to the power of -smoothness", {
        usual: "2",
      }),
      channels: whole(1, "input neurons, which fire once each", { usual: "20" }),
      steps: whole(1, "steps of time", { usual: "100" }),
      examples: whole(1, "examples to train on", { usual: "8000" }),
      ...{ valid: generated.valid, test: generated.test, seed: generated.seed },
    },
  },
  characters: {
    options: {
      file: text(OWN_FILE, { flag: "--file <file>", usual: "Moby-Dick" }),
      length: whole(1, "characters of an example", { usual: "100" }),
      valid: number({ above: 0, below: 1 }, "share of the text to validate with", { usual: "1/20" }),
      test: number({ above: 0, below: 1 }, "share of the text to test with", { usual: "1/20" }),
    },
  },
  strokes: {
    options: {
      characters: text("which characters, one after another", { usual: "all" }),
      spacing: number({ above: 0 }, "distance of points; a character is 1024 wide", { usual: "64" }),
      ...pen,
      dir: idx.dir,
    },
  },
  "iam-online": {
    options: {
      spacing: number({ above: 0 }, "distance of points along a line", { usual: "as they are" }),
      ...pen,
      dir: idx.dir,
    },
  },
  ...{ circles: plane, moons: plane, spirals: plane, xor: plane, clouds: plane },
} satisfies { readonly [N in DatasetName]: { readonly options: Options } };

/** The data sets as a config names them. */
export const datasetFamily = family("data set", members, {
  aliases: { fashion: "fashion-mnist", "cifar-10": "cifar10", "cifar-100": "cifar100" },
});

/** Which data set, as JSON. */
export type DataConfig = SpecOf<typeof datasetFamily>;
