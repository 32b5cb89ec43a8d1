import { UserError } from "../../errors.ts";
import { checkChoice, checkNumber, counted, show } from "../../rules.ts";
import type { SplitName } from "../dataset.ts";
import { partSize } from "../draw.ts";
import type { Files } from "../files.ts";
import { limited } from "../limit.ts";
import { loadCounter, type OnLoadProgress } from "../progress.ts";
import { stratifiedParts } from "../split.ts";
import { BadFiles } from "./bad-files.ts";
import { BadImage, type ImageHeader } from "./decoded.ts";
import { type ImageFile, type Listing, listImages } from "./listing.ts";
import { decodeImage, imageHeader } from "./read.ts";
import { readTogether } from "./read-together.ts";
import { type ImageReading, imageColours, imageFits, type PixelSize } from "./resize.ts";
import type { ImagesOptions } from "./source.ts";

/** What a folder of images holds, as their names and headers say. */
export interface Survey {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Those to train on, to validate and to test with. */
  readonly parts: readonly Part[];
  /** Rows and columns of an example. */
  readonly size: PixelSize;
  readonly reading: ImageReading;
  /** Which files went where, in a sentence or two. */
  readonly note: string;
  readonly warnings: readonly string[];
}

/**
 * Reads names and headers: which file is of which class and split, and how large examples are. Rejects with UserError, as the data set does, for all
 * that is wrong with a folder but for damage behind a header.
 */
export async function surveyImages(from: Files, options: ImagesOptions, report?: OnLoadProgress): Promise<Survey> {
  const { name: dir } = from;
  const asked = sizeIn(options.size);
  const { colour, fit } = options;
  if (colour !== undefined) checkChoice("data: colour", colour, imageColours);
  if (fit !== undefined) checkChoice("data: fit", fit, imageFits);
  if (fit !== undefined && !asked) throw new UserError(`data: fit ${fit} needs a size to fit images to, as size=28x28`);
  const listing = await listImages(from);
  const { parts, note, warnings } = assign(dir, listing, options);
  const files = parts.flatMap((part) => part.files);
  const headers = await headersOf(from, files, report);
  const size = asked ?? sameSize(dir, files, headers);
  const reading: ImageReading = {
    colour: colour ?? (headers.every(({ grey }) => grey) ? "grey" : "rgb"),
    ...(asked && { fit: fit ?? "crop" }),
  };
  return { classes: listing.classes, parts, size, reading, note, warnings: [...listing.warnings, ...warnings] };
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

/** The images of a split. */
export interface Part {
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
      `data: ${dir} has ${counted(train.length, "image")}, too few for ${validated} to validate, ${tested} to test and at least 1 to train on`,
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
async function headersOf(from: Files, files: readonly ImageFile[], report?: OnLoadProgress): Promise<ImageHeader[]> {
  const headers: ImageHeader[] = [];
  const bad = new BadFiles(from.name);
  const count = loadCounter("headers of images", files.length, report);
  for await (const [{ name }, header] of readTogether(files, (file) => headerIn(from, file.name))) {
    await bad.collect(name, async () => void headers.push(await header));
    await count();
  }
  if (bad.isEmpty) return headers;
  // Files with a good header may be damaged behind it. All are named at once, so that nobody repairs them one by one.
  const beginWell = files.filter(({ name }) => !bad.has(name));
  const pixelsRead = loadCounter("images, for damage", beginWell.length, report);
  for (const { name } of beginWell) {
    await bad.collect(name, async () => void (await decodeImage(await from.read(name))));
    await pixelsRead();
  }
  throw bad.error();
}

async function headerIn(from: Files, name: string): Promise<ImageHeader> {
  const start = await from.read(name, BEGINNING);
  try {
    return imageHeader(start);
  } catch (error) {
    // A camera may put pictures of its own before the image.
    if (!(error instanceof BadImage) || start.length < BEGINNING) throw error;
    return imageHeader(await from.read(name));
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
