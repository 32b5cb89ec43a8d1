import { UserError } from "../../errors.ts";
import { counted, listed } from "../../rules.ts";
import { byNumber } from "../classes.ts";
import type { SplitName } from "../dataset.ts";
import type { Contents, Files } from "../files.ts";
import { isImageName } from "./read.ts";

/** A file of an image. */
export interface ImageFile {
  /** From the data set's folder on. */
  readonly name: string;
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
export async function listImages(from: Files): Promise<Listing> {
  const { name: dir } = from;
  const { folders, others } = await contents(from, "");
  const isSplit = folders.some((name) => splitFolders[name.toLowerCase()] === "train") && folders.every(isSplitName);
  if (!isSplit) {
    const { classes, files, unread } = await classesIn(from, "", folders);
    checkClasses(dir, classes, others);
    return { classes, train: files, isSplit, warnings: unreadIn([...others, ...unread]) };
  }
  const found = new Map<SplitName, Awaited<ReturnType<typeof classesIn>>>();
  const loose = [...others];
  for (const name of folders) {
    const split = splitFolders[name.toLowerCase()]!;
    if (found.has(split)) throw new UserError(`data: ${dir} has two folders for ${split}: ${listed(folders)}`);
    const inside = await contents(from, name);
    loose.push(...inside.others.map((other) => `${name}/${other}`));
    found.set(split, await classesIn(from, `${name}/`, inside.folders));
  }
  const train = found.get("train")!;
  checkClasses(dir, train.classes, []);
  const files = (split: SplitName): ImageFile[] | undefined => relabelled(dir, found.get(split), train.classes);
  const [valid, test] = [files("valid"), files("test")];
  const unread = [...loose, ...[...found.values()].flatMap((part) => part.unread)];
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
  const found =
    classes.length === 1 ? `only ${classes[0]}` : direct > 0 ? `${counted(direct, "image")} and no folders` : "none";
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

/** Names of a folder's folders and of all else, in order. A folder whose name begins with a dot is hidden. */
async function contents(from: Files, folder: string): Promise<Contents> {
  const { folders, others } = await from.list(folder);
  const isHidden = (name: string): boolean => name.startsWith(".");
  const inOrder = (names: readonly string[]): string[] => names.toSorted((a, b) => (a < b ? -1 : 1));
  return {
    folders: inOrder(folders.filter((name) => !isHidden(name))),
    others: inOrder([...others, ...folders.filter(isHidden)]),
  };
}

/** Classes are the folders that hold an image. */
async function classesIn(from: Files, within: string, folders: readonly string[]) {
  const [classes, files, unread]: [string[], ImageFile[], string[]] = [[], [], []];
  for (const folder of [...folders].sort(byNumber)) {
    const inside = await contents(from, `${within}${folder}`);
    const images = inside.others.filter((name) => isImageName(name) && !name.startsWith("."));
    unread.push(
      ...inside.folders.map((name) => `${within}${folder}/${name}/`),
      ...inside.others.filter((name) => !images.includes(name)).map((name) => `${within}${folder}/${name}`),
    );
    if (images.length === 0) {
      unread.push(`${within}${folder}/ (it has no images)`);
      continue;
    }
    for (const name of images) files.push({ name: `${within}${folder}/${name}`, label: classes.length });
    classes.push(folder);
  }
  return { classes, files, unread };
}

const unreadIn = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${names.length === 1 ? "this was" : "these were"} not read as images: ${listed(names)}`];
