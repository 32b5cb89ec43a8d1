import { allocate, requireMemory } from "../../formats/memory.ts";
import { NdArray } from "../../graph/index.ts";
import type { LabelledDataset, LabelledSplit } from "../dataset.ts";
import type { Files } from "../files.ts";
import { loadCounter, type OnLoadProgress } from "../progress.ts";
import { BadFiles } from "./bad-files.ts";
import { decodeImage } from "./read.ts";
import { readTogether } from "./read-together.ts";
import { pixelsOf } from "./resize.ts";
import type { ImagesOptions } from "./source.ts";
import { type Part, type Survey, surveyImages } from "./survey.ts";

/** The shape of an example. */
export const shapeOf = ({ reading, size: { height, width } }: Pick<Survey, "reading" | "size">): readonly number[] =>
  reading.colour === "grey" ? [height, width] : [height, width, 3];

/** The data set `images` in a folder, wherever that is. Rejects with UserError, naming files and reasons, where some can't be read. */
export const imagesIn = async (
  from: Files,
  options: ImagesOptions,
  report?: OnLoadProgress,
): Promise<LabelledDataset> => imagesOf(from, await surveyImages(from, options, report), report);

/** The data set of a folder that was looked at. Rejects with UserError as `imagesIn` does. */
export async function imagesOf(from: Files, survey: Survey, report?: OnLoadProgress): Promise<LabelledDataset> {
  const shape = shapeOf(survey);
  const values = shape.reduce((product, length) => product * length, 1);
  const read = await readAll(from, survey, values, report);
  let at = 0;
  const split = ({ name, files: own }: Part): LabelledSplit => {
    const x = new NdArray(read.subarray(at * values, (at + own.length) * values), [own.length, ...shape]);
    at += own.length;
    const label = new NdArray(
      Int32Array.from(own, (file) => file.label),
      [own.length],
    );
    return { name, size: own.length, fields: { x, label } };
  };
  const [train, valid, test] = survey.parts.map(split);
  const { classes, note, reading, warnings } = survey;
  return {
    name: "images",
    fields: {
      x: { shape, dtype: "float32", image: { ...reading } },
      label: { shape: [], dtype: "int32", classes },
    },
    splitNote: note,
    ...(warnings.length > 0 && { warnings }),
    ...{ train: train!, valid: valid!, test: test! },
  };
}

/** The pixels of all files, one after another. Throws UserError, naming files and reasons, where some can't be read. */
async function readAll(from: Files, { parts, reading, size }: Survey, values: number, report?: OnLoadProgress) {
  const files = parts.flatMap((part) => part.files);
  const [subject, bytes] = [`data: ${from.name}`, 4 * files.length * values];
  requireMemory(`${subject}, ${files.length} images [${shapeOf({ reading, size }).join(", ")}],`, bytes);
  const all = allocate(subject, bytes, () => new Float32Array(files.length * values));
  const bad = new BadFiles(from.name);
  const count = loadCounter("images", files.length, report);
  let at = 0;
  for await (const [{ name }, bytes] of readTogether(files, (file) => from.read(file.name))) {
    await bad.collect(name, async () => {
      all.set(pixelsOf(await decodeImage(await bytes), reading, size), at);
    });
    at += values;
    await count();
  }
  if (!bad.isEmpty) throw bad.error();
  return all;
}
