import { lstat, readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { faultOf } from "../data/find.ts";
import { type ImageForm, imageForm } from "../data/images/form.ts";
import { isImageName, readImage } from "../data/images/read.ts";
import { type ImageReading, imageFits } from "../data/images/resize.ts";
import { UserError } from "../errors.ts";
import type { Examples } from "../predict/input.ts";
import type { PredictionSpec } from "../predict/spec.ts";
import { show } from "../rules.ts";

/**
 * The image files that a command line names, with those in the folders that it names, by their numbers or names and without hidden ones; undefined for
 * one file that is no image. Throws UserError for a folder without images, and for several files of which one is no image.
 */
export async function imageFilesIn(given: readonly string[]): Promise<readonly string[] | undefined> {
  const found: string[] = [];
  for (const path of given) {
    const isFolder = await stat(path).then(
      (of) => of.isDirectory(),
      () => false,
    );
    if (isFolder) found.push(...(await imagesOfFolder(path)));
    else if (isImageName(path)) found.push(path);
    else if (given.length === 1) return undefined;
    else throw new UserError(`predict: several files must be images (.png, .jpg), received ${path}`);
  }
  return found;
}

const byName = new Intl.Collator("en", { numeric: true });

/** Hidden files and folders, whose names begin with a dot, hold what a system or a program keeps for itself. */
const isHidden = (name: string): boolean => name.split(sep).some((part) => part.startsWith("."));

async function imagesOfFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    throw new UserError(`predict: cannot read ${folder}: ${(error as Error).message}`);
  });
  const images = entries
    .filter((entry) => !entry.isDirectory() && isImageName(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => !isHidden(name))
    .sort(byName.compare);
  if (images.length === 0) throw new UserError(`predict: ${folder} must have PNG or JPEG files in it, it has none`);
  return images.map((name) => join(folder, name));
}

/** Images in the size and the colours that the network reads, one after another. Throws UserError that names all files which can't be read. */
export async function imagesAt(files: readonly string[], { inputs }: PredictionSpec): Promise<Examples> {
  const [{ name, shape, image }] = inputs as [PredictionSpec["inputs"][number]];
  const form = imageForm(shape);
  if (inputs.length > 1 || !form || (form.channels !== 1 && form.channels !== 3))
    throw new UserError(
      `predict: ${files[0]} is an image, and this network reads ${inputs.map((input) => `${input.name} [${input.shape.join(", ")}]`).join(", ")}: no image [rows, columns] or [rows, columns, 3]`,
    );
  const { fit } = image ?? {};
  const known = imageFits.find((choice) => choice === fit);
  if (fit !== undefined && known === undefined)
    throw new UserError(`predict: this library doesn't know how images were fitted for ${name}: ${show(fit)}`);
  const reading: ImageReading = { colour: form.channels === 3 ? "rgb" : "grey", ...(known && { fit: known }) };
  const values = form.height * form.width * form.channels;
  const data = new Float32Array(files.length * values);
  const bad: string[] = [];
  for (const [i, file] of files.entries()) {
    const pixels = await pixelsIn(file, reading, form).catch((error) => {
      if (!(error instanceof UserError)) throw error;
      bad.push(error.message);
    });
    if (pixels) data.set(pixels, i * values);
  }
  if (bad.length > 0) throw new UserError(`predict: ${bad.join("; ")}`);
  return { shape: [files.length, ...shape], data };
}

async function pixelsIn(file: string, reading: ImageReading, form: ImageForm): Promise<Float32Array> {
  const refuse = (reason: string): never => {
    throw new UserError(`${file} cannot be read: ${reason}`);
  };
  const isNamed = await lstat(file).then(
    () => true,
    () => false,
  );
  // A pipe or a device may never end.
  const fault = isNamed ? await faultOf(file) : "it doesn't exist";
  if (fault !== undefined) refuse(fault);
  const bytes = await readFile(file).catch((error: Error) => refuse(error.message));
  return readImage(bytes, file, reading, form);
}
