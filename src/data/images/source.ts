import type { FileHandle } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import { allocate, requireMemory } from "../../formats/memory.ts";
import { NdArray } from "../../graph/index.ts";
import { checkChoice, checkNumber, show } from "../../rules.ts";
import type { DataSource, LabelledDataset, LabelledSplit, SplitName } from "../dataset.ts";
import { partSize } from "../draw.ts";
import { refusePlatform } from "../find.ts";
import { limited } from "../limit.ts";
import { loadCounter, type OnLoadProgress } from "../progress.ts";
import { stratifiedParts } from "../split.ts";
import { BadImage, type ImageHeader } from "./decoded.ts";
import { type ImageFile, type Listing, listImages } from "./listing.ts";
import { decodeImage, imageHeader } from "./read.ts";
import {
  type ImageColour,
  type ImageFit,
  type ImageReading,
  imageColours,
  imageFits,
  type PixelSize,
  pixelsOf,
} from "./resize.ts";

/** How a folder of images is read and split. */
export interface ImagesOptions {
  /** The folder: a folder for each class, or folders train, valid and test with the classes in them. */
  readonly dir?: string | undefined;
  /** Rows x columns of an example, as in 28x28 (default: the files' own size, which must be the same for all). */
  readonly size?: string | undefined;
  /** "rgb" or "grey" (default: grey where all files are). */
  readonly colour?: ImageColour | undefined;
  /** How images of other proportions get that size: "crop" takes the middle, "pad" adds black borders (default: crop). */
  readonly fit?: ImageFit | undefined;
  /** Train on `limit` training examples only; validation and test stay whole. */
  readonly limit?: number | undefined;
  /** Share of the images to validate with, below 1, or their number (default: 1/6, or the folder valid). */
  readonly valid?: number | undefined;
  /** Share of the images to test with, below 1, or their number (default: 1/6, or the folder test). */
  readonly test?: number | undefined;
  /** What the splits are drawn by: an integer in 0..2³²-1 (default: 0). */
  readonly splitSeed?: number | undefined;
}

/** Photographs or drawings of the user's own. */
export const images: DataSource<ImagesOptions, LabelledDataset> = {
  name: "images",
  summary: "PNG and JPEG files of your own, a folder for each class",
  options: ["dir", "size", "colour", "fit", "limit", "valid", "test", "splitSeed"],
  load: loadImages,
};

async function loadImages(options: ImagesOptions, report?: OnLoadProgress): Promise<LabelledDataset> {
  const { dir } = options;
  if (typeof dir !== "string" || dir === "")
    throw new UserError(
      "data: the data set 'images' needs a folder; give one with --data-dir FOLDER, or as --data ./FOLDER",
    );
  const asked = sizeIn(options.size);
  const { colour, fit } = options;
  if (colour !== undefined) checkChoice("data: colour", colour, imageColours);
  if (fit !== undefined) checkChoice("data: fit", fit, imageFits);
  if (fit !== undefined && !asked) throw new UserError(`data: fit ${fit} needs a size to fit images to, as size=28x28`);
  const listing = await listImages(dir);
  const assigned = assign(dir, listing, options);
  const files = assigned.parts.flatMap((part) => part.files);
  const headers = await headersOf(dir, files, report);
  const size = asked ?? sameSize(dir, files, headers);
  const reading: ImageReading = {
    colour: colour ?? (headers.every(({ grey }) => grey) ? "grey" : "rgb"),
    ...(asked && { fit: fit ?? "crop" }),
  };
  const shape = reading.colour === "grey" ? [size.height, size.width] : [size.height, size.width, 3];
  const values = shape.reduce((product, length) => product * length, 1);
  requireMemory(`data: ${dir}, ${files.length} images [${shape.join(", ")}],`, 4 * files.length * values);
  const read = await readAll(dir, files, { reading, size, values, report });
  let from = 0;
  const split = ({ name, files: own }: Part): LabelledSplit => {
    const x = new NdArray(read.subarray(from * values, (from + own.length) * values), [own.length, ...shape]);
    from += own.length;
    const label = new NdArray(
      Int32Array.from(own, (file) => file.label),
      [own.length],
    );
    return { name, size: own.length, fields: { x, label } };
  };
  const [train, valid, test] = assigned.parts.map(split);
  const warnings = [...listing.warnings, ...assigned.warnings];
  return {
    name: "images",
    fields: {
      x: { shape, dtype: "float32", image: { ...reading } },
      label: { shape: [], dtype: "int32", classes: listing.classes },
    },
    splitNote: assigned.note,
    ...(warnings.length > 0 && { warnings }),
    ...{ train: train!, valid: valid!, test: test! },
  };
}

/** Rows and columns larger than this are taken for a mistake. */
const LONGEST = 4096;

function sizeIn(text: unknown): PixelSize | undefined {
  if (text === undefined) return undefined;
  const [, height, width = height] = /^(\d+)(?:[x×](\d+))?$/.exec(String(text)) ?? [];
  const size = { height: Number(height), width: Number(width) };
  if (height === undefined || Object.values(size).some((length) => length < 1 || length > LONGEST))
    throw new UserError(
      `data: size must be rows x columns of at most ${LONGEST} pixels, as in 28x28, received ${show(text)}`,
    );
  return size;
}

interface Part {
  readonly name: SplitName;
  readonly files: readonly ImageFile[];
}

/** Which files go where, and how that came about. */
function assign(dir: string, { classes, train, valid, test, isSplit }: Listing, options: ImagesOptions) {
  const { limit, splitSeed = 0 } = options;
  checkNumber("data: splitSeed", splitSeed, { whole: true, atLeast: 0, below: 2 ** 32 });
  for (const [name, files] of [
    ["valid", valid],
    ["test", test],
  ] as const)
    if (files && options[name] !== undefined)
      throw new UserError(`data: ${dir} has a folder ${name}, so that ${name} ${options[name]} draws nothing: omit it`);
  const drawn = (name: "valid" | "test"): number => partSize(`data: ${name}`, options[name], train.length);
  const [validated, tested] = [valid ? 0 : drawn("valid"), test ? 0 : drawn("test")];
  const offered = train.length - validated - tested;
  if (offered < 1)
    throw new UserError(
      `data: ${dir} has ${train.length} images, too few for ${validated} to validate, ${tested} to test and at least 1 to train on`,
    );
  const { trained, note: ofLimit, warnings } = limited("data", limit, offered);
  const labels = Int32Array.from(train, ({ label }) => label);
  const [t, v, rest] = stratifiedParts(labels, classes.length, [tested, validated, trained], splitSeed);
  const filesAt = (places: Int32Array): ImageFile[] => Array.from(places, (place) => train[place]!);
  const parts: Part[] = [
    { name: "train", files: filesAt(rest!) },
    { name: "valid", files: valid ?? filesAt(v!) },
    { name: "test", files: test ?? filesAt(t!) },
  ];
  const [inTrain, inValid, inTest] = parts.map((part) => part.files.length);
  const draws = [...(valid ? [] : ["validate"]), ...(test ? [] : ["test"])];
  const how = `drawn by seed ${splitSeed} in proportion to the classes`;
  const source = isSplit
    ? `as its folders say${draws.length > 0 ? `, those to ${draws.join(" and ")} ${how} from the folder to train on` : ""}`
    : how;
  const note = `${inTrain! + inValid! + inTest!} images: ${inTrain} to train on, ${inValid} to validate, ${inTest} to test, ${source}.${ofLimit}`;
  return { parts, note, warnings };
}

/** The first bytes of a file, which mostly hold its header. */
const BEGINNING = 2 ** 16;

/** What the beginnings of all files say. Throws UserError, naming files and reasons, where some can't be read. */
async function headersOf(dir: string, files: readonly ImageFile[], report?: OnLoadProgress): Promise<ImageHeader[]> {
  const fs = await import("node:fs/promises").catch(refusePlatform);
  const headers: ImageHeader[] = [];
  const bad = new BadFiles(dir);
  const count = loadCounter("headers of images", files.length, report);
  for (const { name, path } of files) {
    await bad.collect(name, async () => {
      const handle = await fs.open(path, "r");
      try {
        headers.push(await headerIn(handle));
      } finally {
        await handle.close();
      }
    });
    await count();
  }
  if (bad.isEmpty) return headers;
  // Files with a good header may be damaged behind it. All are named at once, so that nobody repairs them one by one.
  const beginWell = files.filter(({ name }) => !bad.has(name));
  const pixelsRead = loadCounter("images, for damage", beginWell.length, report);
  for (const { name, path } of beginWell) {
    await bad.collect(name, async () => void (await decodeImage(await fs.readFile(path))));
    await pixelsRead();
  }
  throw bad.error();
}

async function headerIn(handle: FileHandle): Promise<ImageHeader> {
  const { size } = await handle.stat();
  const start = new Uint8Array(Math.min(size, BEGINNING));
  const { bytesRead } = await handle.read(start, 0, start.length, 0);
  try {
    return imageHeader(start.subarray(0, bytesRead));
  } catch (error) {
    // A camera may put pictures of its own before the image.
    if (!(error instanceof BadImage) || size <= BEGINNING) throw error;
    return imageHeader(await handle.readFile());
  }
}

function sameSize(dir: string, files: readonly ImageFile[], headers: readonly ImageHeader[]): PixelSize {
  const [{ height, width }] = headers as readonly [ImageHeader];
  const other = headers.findIndex((header) => header.height !== height || header.width !== width);
  if (other >= 0) {
    const { height: rows, width: columns } = headers[other]!;
    throw new UserError(
      `data: the images of ${dir} must be of one size, ${files[0]!.name} is ${height}x${width} (rows x columns) and ${files[other]!.name} ${rows}x${columns}; give the size that they shall have, as size=${Math.min(height, rows, 64)}x${Math.min(width, columns, 64)}`,
    );
  }
  return { height, width };
}

interface Reading {
  readonly reading: ImageReading;
  readonly size: PixelSize;
  readonly values: number;
  readonly report: OnLoadProgress | undefined;
}

/** The pixels of all files, one after another. Throws UserError, naming files and reasons, where some can't be read. */
async function readAll(dir: string, files: readonly ImageFile[], { reading, size, values, report }: Reading) {
  const { readFile } = await import("node:fs/promises");
  const all = allocate(`data: ${dir}`, 4 * files.length * values, () => new Float32Array(files.length * values));
  const bad = new BadFiles(dir);
  const count = loadCounter("images", files.length, report);
  for (const [i, { name, path }] of files.entries()) {
    await bad.collect(name, async () => {
      all.set(pixelsOf(await decodeImage(await readFile(path)), reading, size), i * values);
    });
    await count();
  }
  if (!bad.isEmpty) throw bad.error();
  return all;
}

/** Files in one message. */
const MOST_NAMED = 20;

/** Files that can't be read, all of which are named together. */
class BadFiles {
  readonly #dir: string;
  readonly #reasons = new Map<string, string>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  get isEmpty(): boolean {
    return this.#reasons.size === 0;
  }

  has(name: string): boolean {
    return this.#reasons.has(name);
  }

  async collect(name: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      const isSystem = typeof (error as NodeJS.ErrnoException).code === "string";
      if (!(error instanceof BadImage) && !isSystem) throw error;
      this.#reasons.set(name, (error as Error).message);
    }
  }

  error(): UserError {
    const count = this.#reasons.size;
    const more = count - MOST_NAMED;
    const named = [...this.#reasons].slice(0, MOST_NAMED).map(([name, reason]) => `${name} (${reason})`);
    return new UserError(
      `data: ${count === 1 ? "an image" : `${count} images`} of ${this.#dir} cannot be read: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}; repair ${count === 1 ? "it or take it" : "them or take them"} out of the folder`,
    );
  }
}
