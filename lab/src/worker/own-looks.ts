// What the page shows of the user's own data before a training.
import type { Csv } from "../../../src/data/csv.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { readColumn } from "../../../src/data/fit-columns.ts";
import { type ImageForm, imageForm } from "../../../src/data/images/form.ts";
import { decodeImage } from "../../../src/data/images/read.ts";
import { pixelsOf } from "../../../src/data/images/resize.ts";
import type { Survey } from "../../../src/data/images/survey.ts";
import { cellsOf, ownDataset, surveyOf } from "./own-datasets.ts";
import { filesOf, type Own } from "./own-files.ts";
import type { ClassLook, ColumnLook, DataConfig, PreviewNews } from "./preview-messages.ts";

/** Classes that have a picture, images in each, and pixels of a side: larger images are drawn smaller. */
const [CLASSES, IMAGES, LONGEST] = [12, 6, 64];

/** A column as the library reads it. One that mixes numbers and texts is refused with its row once it is used. */
function lookAt({ columns, lines }: Csv, name: string): ColumnLook {
  const place = columns.indexOf(name);
  const cells = lines.map((line) => line.cells[place]!.trim());
  const values = new Set(cells).size;
  try {
    return { name, isText: readColumn({ name, cells, placeOf: String }).isText, values };
  } catch {
    return { name, isText: true, values };
  }
}

/** The columns of a table. */
export async function columnsOf(own: Own): Promise<PreviewNews> {
  const csv = await cellsOf(own);
  return { kind: "columns", rows: csv.lines.length, columns: csv.columns.map((name) => lookAt(csv, name)) };
}

/** Some images of each class. Rejects with UserError where there are none. */
export async function imagesOf({ name, ...options }: DataConfig, own: Own): Promise<PreviewNews> {
  const { file: _, dir: __, ...asked } = options;
  const all =
    name === "images" ? await inFolder(own, await surveyOf(own, asked)) : inSet(await ownDataset(name, own, asked));
  return { kind: "images", classes: all.slice(0, CLASSES), omitted: Math.max(0, all.length - CLASSES) };
}

async function inFolder(own: Own, { classes, parts, reading, size }: Survey): Promise<ClassLook[]> {
  const files = filesOf(own);
  const scale = Math.min(1, LONGEST / Math.max(size.height, size.width));
  const small = { height: Math.ceil(size.height * scale), width: Math.ceil(size.width * scale) };
  const form = { ...small, channels: reading.colour === "grey" ? 1 : 3 };
  const looks = classes.map(async (name, label) => {
    const inClass = parts[0]!.files.filter((file) => file.label === label);
    const shown = label < CLASSES ? inClass.slice(0, IMAGES) : [];
    const images = await Promise.all(
      shown.map(async (file) =>
        pixelsOf(await decodeImage(await files.read(file.name)), { fit: "crop", ...reading }, small),
      ),
    );
    return look(name, inClass.length, images, form);
  });
  return Promise.all(looks);
}

function inSet({ fields, train }: Dataset): ClassLook[] {
  const form = imageForm(fields.x!.shape);
  const { classes } = fields.label ?? {};
  if (!form || fields.x!.shape.length < 2 || !classes) return [];
  const { data } = train.fields.x!;
  const labels = train.fields.label!.data;
  const values = form.height * form.width * form.channels;
  return classes.map((name, label) => {
    const places: number[] = [];
    for (let at = 0; at < train.size; at++) if (labels[at] === label) places.push(at);
    const shown = places.slice(0, IMAGES).map((at) => data.subarray(at * values, (at + 1) * values));
    return look(name, places.length, shown, form);
  });
}

/** Images from 0 to 1 beside each other, a pixel apart. */
function look(name: string, count: number, images: readonly ArrayLike<number>[], form: ImageForm): ClassLook {
  const { height, width, channels } = form;
  const whole = { width: Math.max(1, images.length * (width + 1) - 1), height };
  const pixels = new Uint8ClampedArray(4 * whole.width * height);
  for (const [i, image] of images.entries())
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [from, to] = [(y * width + x) * channels, 4 * (y * whole.width + i * (width + 1) + x)];
        for (let c = 0; c < 3; c++) pixels[to + c] = 255 * image[from + (channels < 3 ? 0 : c)]!;
        pixels[to + 3] = 255;
      }
  return { name, count, pixels, ...whole };
}
