import type { Dirent } from "node:fs";
import { UserError } from "../../errors.ts";
import { listed } from "../../rules.ts";
import { byNumber } from "../classes.ts";
import type { SplitName } from "../dataset.ts";
import { refusePlatform } from "../find.ts";
import { isImageName } from "./read.ts";

/** A file of an image. */
export interface ImageFile {
  /** From the data set's folder on, for messages. */
  readonly name: string;
  readonly path: string;
  /** The place of its class. */
  readonly label: number;
}

/** The image files in a folder of classes. */
export interface Listing {
  /** Names of the classes: those of their folders. */
  readonly classes: readonly string[];
  /** Files to train on, or all where no folders say which are. */
  readonly train: readonly ImageFile[];
  readonly valid?: readonly ImageFile[];
  readonly test?: readonly ImageFile[];
  /** Whether a folder `train` says which files are to train on. */
  readonly isSplit: boolean;
  readonly warnings: readonly string[];
}

/** What folders of splits may be called. */
const splitFolders: Readonly<Record<string, SplitName>> = {
  train: "train",
  training: "train",
  valid: "valid",
  val: "valid",
  validation: "valid",
  test: "test",
  testing: "test",
};

/**
 * The images of a folder that has a folder for each class, or folders train, valid and test with the classes in them. Anything else is named in a warning.
 * Throws UserError for a folder that can't be read, for one without two classes of images, and for a class that the training folder lacks.
 */
export async function listImages(dir: string): Promise<Listing> {
  const { folders, others } = await contents(dir);
  const isSplit = folders.some((name) => splitFolders[name.toLowerCase()] === "train") && folders.every(isSplitName);
  if (!isSplit) {
    const { classes, files, unread } = await classesIn(dir, "", folders);
    checkClasses(dir, classes, others);
    return { classes, train: files, isSplit, warnings: unreadIn([...others, ...unread]) };
  }
  const found = new Map<SplitName, Awaited<ReturnType<typeof classesIn>>>();
  for (const name of folders) {
    const split = splitFolders[name.toLowerCase()]!;
    if (found.has(split)) throw new UserError(`data: ${dir} has two folders for ${split}: ${listed(folders)}`);
    const { join } = await import("node:path");
    found.set(split, await classesIn(dir, `${name}/`, (await contents(join(dir, name))).folders));
  }
  const train = found.get("train")!;
  checkClasses(dir, train.classes, []);
  const files = (split: SplitName): ImageFile[] | undefined => relabelled(dir, found.get(split), train.classes);
  const [valid, test] = [files("valid"), files("test")];
  const unread = [...others, ...[...found.values()].flatMap((part) => part.unread)];
  return {
    ...{ classes: train.classes, train: train.files, isSplit },
    ...(valid && { valid }),
    ...(test && { test }),
    warnings: unreadIn(unread),
  };
}

const isSplitName = (name: string): boolean => Object.hasOwn(splitFolders, name.toLowerCase());

function checkClasses(dir: string, classes: readonly string[], others: readonly string[]): void {
  if (classes.length >= 2) return;
  const direct = others.filter(isImageName).length;
  const found = classes.length === 1 ? `only ${classes[0]}` : direct > 0 ? `${direct} images and no folders` : "none";
  throw new UserError(
    `data: ${dir} must have a folder of PNG or JPEG files for each of at least 2 classes, it has ${found}`,
  );
}

/** The files of a split, with the places of their classes in the training split. */
function relabelled(
  dir: string,
  part: { readonly classes: readonly string[]; readonly files: readonly ImageFile[] } | undefined,
  classes: readonly string[],
): ImageFile[] | undefined {
  return part?.files.map((file) => {
    const name = part.classes[file.label]!;
    const label = classes.indexOf(name);
    if (label < 0)
      throw new UserError(
        `data: ${dir}: ${file.name} is of the class ${name}, which the folder to train on lacks; its classes are ${listed(classes)}`,
      );
    return { ...file, label };
  });
}

/** Names of a folder's folders and of all else, in order. */
async function contents(dir: string): Promise<{ readonly folders: string[]; readonly others: string[] }> {
  const { readdir } = await import("node:fs/promises").catch(refusePlatform);
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    const reason = { ENOENT: "does not exist", ENOTDIR: "is not a folder" }[error.code ?? ""];
    throw new UserError(`data: ${dir} ${reason ?? `cannot be read (${error.message})`}`);
  });
  const [folders, others]: string[][] = [[], []];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
    ((await isFolder(dir, entry)) && !entry.name.startsWith(".") ? folders : others)!.push(entry.name);
  return { folders: folders!, others: others! };
}

/** Whether an entry, or what a link leads to, is a folder. */
async function isFolder(dir: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const [{ stat }, { join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  return stat(join(dir, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Classes are the folders that hold an image. */
async function classesIn(dir: string, within: string, folders: readonly string[]) {
  const { join } = await import("node:path");
  const [classes, files, unread]: [string[], ImageFile[], string[]] = [[], [], []];
  for (const folder of [...folders].sort(byNumber)) {
    const inside = await contents(join(dir, within, folder));
    const images = inside.others.filter((name) => isImageName(name) && !name.startsWith("."));
    unread.push(
      ...inside.folders.map((name) => `${within}${folder}/${name}/`),
      ...inside.others.filter((name) => !images.includes(name)).map((name) => `${within}${folder}/${name}`),
    );
    if (images.length === 0) {
      unread.push(`${within}${folder}/ (it has no images)`);
      continue;
    }
    for (const name of images)
      files.push({
        name: `${within}${folder}/${name}`,
        path: join(dir, within, folder, name),
        label: classes.length,
      });
    classes.push(folder);
  }
  return { classes, files, unread };
}

const unreadIn = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${names.length === 1 ? "this was" : "these were"} not read as images: ${listed(names)}`];
