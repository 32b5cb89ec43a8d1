import type { FileHandle } from "node:fs/promises";
import { UserError } from "../errors.ts";
import { allocate, requireMemory } from "../formats/memory.ts";
import { NdArray } from "../graph/index.ts";
import { checkChoice } from "../rules.ts";
import { coarse100, fine100, names10 } from "./cifar-names.ts";
import type { DataSource, LabelledDataset, LabelledSplit } from "./dataset.ts";
import { refusePlatform } from "./find.ts";
import { limited } from "./limit.ts";

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** Rows, columns and red, green, blue of an image. */
const SHAPE = [SIDE, SIDE, 3] as const;
const PIXELS = 3 * PLANE;
/** Images of a published file. */
const PUBLISHED = 10_000;

/** Which of the two labels of CIFAR-100. */
export const cifarLabels = ["fine", "coarse"] as const;

/** Options of CIFAR-10. */
export interface CifarOptions {
  /** The folder with the binary files. */
  readonly dir?: string | undefined;
  /** Train on the first `limit` training images only; validation and test stay whole. */
  readonly limit?: number | undefined;
}

/** Options of CIFAR-100. */
export interface Cifar100Options extends CifarOptions {
  /** The 100 classes, or the 20 that they are grouped in (default: fine). */
  readonly labels?: (typeof cifarLabels)[number] | undefined;
}

/** What tells one of the two data sets from the other. */
interface Kind {
  readonly name: string;
  /** What papers call it. */
  readonly title: string;
  readonly train: readonly string[];
  readonly test: string;
  /** The folder in the published archive. */
  readonly folder: string;
  readonly archive: string;
  /** Labels of an image: a byte each before its pixels. */
  readonly labels: readonly { readonly what: string; readonly classes: readonly string[] }[];
}

const kind10: Kind = {
  name: "cifar10",
  title: "CIFAR-10",
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: "test_batch.bin",
  folder: "cifar-10-batches-bin",
  archive: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
  labels: [{ what: "label", classes: names10 }],
};

const kind100: Kind = {
  name: "cifar100",
  title: "CIFAR-100",
  train: ["train.bin"],
  test: "test.bin",
  folder: "cifar-100-binary",
  archive: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
  labels: [
    { what: "coarse label", classes: coarse100 },
    { what: "fine label", classes: fine100 },
  ],
};

/** Photographs of 10 classes of things, 32×32 in colours, 50,000 + 10,000. Krizhevsky, Learning multiple layers of features from tiny images, 2009. */
export const cifar10: DataSource<CifarOptions, LabelledDataset> = {
  name: "cifar10",
  summary: "photographs of 10 classes, from CIFAR-10's binary files in a folder",
  options: ["dir", "limit"],
  load: (options) => loadCifar(kind10, options, 0),
};

/** The same of 100 classes, which form 20 groups. */
export const cifar100: DataSource<Cifar100Options, LabelledDataset> = {
  name: "cifar100",
  summary: "photographs of 100 classes, from CIFAR-100's binary files in a folder",
  options: ["dir", "limit", "labels"],
  load: ({ labels = "fine", ...options }) => {
    checkChoice("data: labels", labels, cifarLabels);
    return loadCifar(kind100, options, labels === "fine" ? 1 : 0);
  },
};

/** A file of images that is there. */
interface CifarFile {
  readonly name: string;
  readonly path: string;
  /** Images in it. */
  readonly count: number;
}

async function loadCifar(kind: Kind, { dir, limit }: CifarOptions, which: number): Promise<LabelledDataset> {
  if (dir === undefined) throw new UserError(`data: ${kind.title} needs its folder: ${hint(kind)}`);
  const files = await findFiles(kind, dir);
  const test = files.at(-1)!;
  const total = files.slice(0, -1).reduce((sum, { count }) => sum + count, 0);
  if (total < 2)
    throw new UserError(`data: ${kind.title} needs at least 2 images to train on and validate, received ${total}`);
  // The last tenth, 5,000 images, validates, as in He, Zhang, Ren and Sun 2016.
  const validated = Math.max(1, Math.floor(total / 10));
  const offered = total - validated;
  const { trained, note, warnings } = limited("data", limit, offered);
  requireMemory(`data: ${kind.title}`, 4 * PIXELS * (trained + validated + test.count));
  const train = newPart("train", trained);
  const valid = newPart("valid", validated);
  let at = 0;
  for (const file of files.slice(0, -1)) {
    await readFileInto(kind, file, which, (image) => {
      const place = at + image;
      if (place < trained) return [train, place];
      return place >= offered ? [valid, place - offered] : undefined;
    });
    at += file.count;
  }
  const tested = newPart("test", test.count);
  await readFileInto(kind, test, which, (image) => [tested, image]);
  const { classes } = kind.labels[which]!;
  const short = files
    .filter(({ name, count }) => count !== published(kind, name))
    .map(({ name, count }) => `${name} has ${count} images`);
  const said = [
    ...(short.length > 0 ? [`files are not as they were published: ${short.join(", ")}`] : []),
    ...warnings,
  ];
  return {
    name: kind.name,
    fields: { x: { shape: SHAPE, dtype: "float32" }, label: { shape: [], dtype: "int32", classes } },
    splitNote: `${total} training images: the first ${trained} to train on, the last ${validated} (a tenth) to validate; ${test.count} to test.${note}`,
    ...(said.length > 0 && { warnings: said }),
    ...{ train: splitOf(train), valid: splitOf(valid), test: splitOf(tested) },
  };
}

/** Images that a file had when it was published: CIFAR-100 has all to train on in one. */
const published = ({ train }: Kind, name: string): number =>
  train.length === 1 && name === train[0] ? 5 * PUBLISHED : PUBLISHED;

const hint = ({ title, archive, train, test }: Kind): string =>
  `get ${archive}, unpack it, and name the folder with --data-dir FOLDER; ${title} is ${[...train, test].join(", ")}`;

/** The files in the folder, or in the one that the archive has in it, those to train on first. */
async function findFiles(kind: Kind, dir: string): Promise<CifarFile[]> {
  const fs = await import("node:fs/promises").catch(refusePlatform);
  const { join } = await import("node:path");
  const names = [...kind.train, kind.test];
  const sizeOf = (path: string): Promise<number | undefined> =>
    fs.stat(path).then(
      (found) => (found.isFile() ? found.size : undefined),
      () => undefined,
    );
  const sizesIn = (folder: string) => Promise.all(names.map((name) => sizeOf(join(dir, folder, name))));
  const outside = await sizesIn("");
  const inside = outside[0] === undefined ? await sizesIn(kind.folder) : [];
  const [home, found] = inside.some((size) => size !== undefined) ? [kind.folder, inside] : ["", outside];
  const missing = names.filter((_, i) => found[i] === undefined);
  if (missing.length > 0) throw new UserError(`data: ${join(dir, home)} lacks ${missing.join(", ")}; ${hint(kind)}`);
  const record = kind.labels.length + PIXELS;
  return names.map((name, i) => {
    const [path, size] = [join(dir, home, name), found[i]!];
    if (size === 0 || size % record !== 0)
      throw new UserError(
        `data: ${path} must have ${record} bytes for each image, ${record * PUBLISHED} for ${PUBLISHED}, it has ${size}: it is damaged or another file`,
      );
    return { name, path, count: size / record };
  });
}

interface Part {
  readonly name: LabelledSplit["name"];
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
}

function newPart(name: Part["name"], size: number): Part {
  const bytes = 4 * PIXELS * size;
  const pixels = allocate("data: CIFAR", bytes, () => new Float32Array(PIXELS * size));
  return { name, pixels, labels: new Int32Array(size) };
}

const splitOf = ({ name, pixels, labels }: Part): LabelledSplit => ({
  name,
  size: labels.length,
  fields: { x: new NdArray(pixels, [labels.length, ...SHAPE]), label: new NdArray(labels, [labels.length]) },
});

/** Bytes that are read at once: those of some thousand images. */
const CHUNK_IMAGES = 2000;

/** Reads a file's images into their places. Throws UserError naming file, image and label for a label that isn't one of the classes. */
async function readFileInto(
  { labels }: Kind,
  { path, count }: CifarFile,
  which: number,
  placeOf: (image: number) => readonly [Part, number] | undefined,
): Promise<void> {
  const { open } = await import("node:fs/promises");
  const record = labels.length + PIXELS;
  const handle = await open(path, "r").catch((error: Error) => {
    throw new UserError(`data: ${path} cannot be read (${error.message})`);
  });
  try {
    for (let from = 0; from < count; from += CHUNK_IMAGES) {
      const images = Math.min(CHUNK_IMAGES, count - from);
      const bytes = await readExactly(handle, path, from * record, images * record);
      for (let i = 0; i < images; i++) {
        const image = bytes.subarray(i * record, (i + 1) * record);
        checkLabels(labels, image, `${path}, image ${from + i} (counted from 0)`);
        const place = placeOf(from + i);
        if (place) putImage(place[0], place[1], image[which]!, image.subarray(labels.length));
      }
    }
  } finally {
    await handle.close();
  }
}

async function readExactly(handle: FileHandle, path: string, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await handle.read(bytes, 0, length, from).catch((error: Error) => {
    throw new UserError(`data: ${path} cannot be read (${error.message})`);
  });
  if (bytesRead < length) throw new UserError(`data: ${path} became shorter while it was read`);
  return bytes;
}

function checkLabels(labels: Kind["labels"], image: Uint8Array, where: string): void {
  labels.forEach(({ what, classes }, i) => {
    if (image[i]! >= classes.length)
      throw new UserError(`data: ${where}: the ${what} must be in 0..${classes.length - 1}, it is ${image[i]}`);
  });
}

/** Planes of red, green and blue become pixels of three values from 0 to 1. */
function putImage({ pixels, labels }: Part, at: number, label: number, planes: Uint8Array): void {
  labels[at] = label;
  for (let pixel = 0, to = at * PIXELS; pixel < PLANE; pixel++)
    for (let channel = 0; channel < 3; channel++) pixels[to++] = planes[channel * PLANE + pixel]! / 255;
}
