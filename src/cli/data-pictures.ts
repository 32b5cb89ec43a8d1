import { extname } from "node:path";
import { type ContactSheet, contactSheet } from "../data/contact-sheet.ts";
import type { Dataset } from "../data/index.ts";
import { count } from "../describe/format.ts";
import { UserError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import {
  barChart,
  contactSheetPng,
  contactSheetSvg,
  histogram,
  lineChart,
  numberText,
  type PenLine,
  penLines,
  type SheetRow,
  stacked,
  strokePng,
  strokeSheet,
} from "../plots/index.ts";
import { figure, page } from "../report/index.ts";
import { version } from "../report/made.ts";

/** What a picture file may be. */
const ENDINGS = [".svg", ".html", ".png"];
/** Columns of a table, and channels of a sequence, that are drawn. */
const MOST = 24;
const CHANNELS = 6;

/** A data set's pictures, and the same as pixels where they are images or strokes. */
interface Pictures {
  readonly svgs: readonly string[];
  readonly png?: () => Promise<Uint8Array>;
}

/** Throws UserError unless a file's name says which picture it is. */
export function checkPictureFile(file: string): void {
  if (!ENDINGS.includes(extname(file)))
    throw new UserError(
      `data: --out must end in ${ENDINGS.slice(0, -1).join(", ")} or ${ENDINGS.at(-1)}, received ${file}`,
    );
}

/** The file's content: what suits the data. Throws UserError for a .png of what isn't images or strokes. */
export async function pictureOf(data: Dataset, file: string, text: string): Promise<string | Uint8Array> {
  const { svgs, png } = await picturesOf(data);
  const ending = extname(file);
  if (ending === ".png") {
    if (!png)
      throw new UserError(
        `data: --out must end in .svg or .html for ${data.name}: a .png holds images or strokes, received ${file}`,
      );
    return png();
  }
  if (ending === ".svg") return stacked(svgs);
  return page({
    title: `${data.name}: ${count(data.train.size)} training examples`,
    question: data.splitNote,
    caveats: data.warnings ?? [],
    sections: [
      { title: png ? "Pictures" : "Charts", html: svgs.map((svg) => figure(svg, "")).join("\n") },
      { title: "Figures", html: `<pre>${text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`)}</pre>` },
    ],
    made: [["versions", `heaviside ${version()}, Node ${process.versions.node}`]],
  });
}

async function picturesOf(data: Dataset): Promise<Pictures> {
  const sheet = contactSheet(data);
  if (sheet) return imagePictures(data, sheet);
  if (isPen(data)) return penPictures(data);
  const { x } = data.fields;
  if (x && x.shape.length === 2) return { svgs: [await sequencePicture(data)] };
  return { svgs: await columnPictures(data) };
}

async function imagePictures({ name }: Dataset, { width, height, channels, classes }: ContactSheet): Promise<Pictures> {
  const shown = classes.filter((of) => of.count > 0);
  const counts = shown.map((of) => of.count);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const rows: SheetRow[] = shown.map(({ name: of, count: n, mean, examples }) => ({
    ...{ name: of, note: count(n), mean, images: examples },
  }));
  const range = least === most ? count(least) : `${count(least)} to ${count(most)}`;
  const title = `${name}: ${shown.length} ${shown.length === 1 ? "class" : "classes"}, ${range} training images each`;
  const size = { width, height, channels };
  return { svgs: [await contactSheetSvg(rows, size, title)], png: () => contactSheetPng(rows, size) };
}

/** Whether a data set holds lines of a pen: dx, dy, lifted. */
const isPen = ({ fields: { x, y, lengths } }: Dataset): boolean =>
  x?.shape.length === 2 && x.shape[1] === 3 && y?.shape.join() === x.shape.join() && lengths !== undefined;

function penPictures({ name, train }: Dataset): Pictures {
  const { x, lengths } = train.fields;
  const each = sizeOf(x!.shape.slice(1));
  const drawings = Array.from({ length: Math.min(24, train.size) }, (_, i): PenLine[] =>
    penLines([...x!.data.subarray(i * each, i * each + 3 * lengths!.data[i]!)]),
  );
  const sections = [{ title: `${name}: the first training examples`, drawings }];
  const options = { title: `${name}: drawings of a pen`, columns: 4 };
  return { svgs: [strokeSheet(sections, options)], png: () => strokePng(sections, options) };
}

/** The first training example of a sequence over its steps. */
function sequencePicture({ name, fields, train }: Dataset): Promise<string> {
  const [steps, channels] = fields.x!.shape as [number, number];
  const shown = Math.min(CHANNELS, channels);
  const { data } = train.fields.x!;
  const series = Array.from({ length: shown }, (_, channel) => ({
    name: fields.x!.columns?.[channel] ?? `channel ${channel + 1}`,
    points: Array.from({ length: steps }, (_, t) => ({ x: t + 1, y: data[t * channels + channel]! })),
  }));
  const of = shown < channels ? `; ${shown} of ${channels} channels` : "";
  return lineChart(series, {
    title: `${name}: the first training example, ${steps} steps${of}`,
    x: "step",
    y: "value",
  });
}

/** How the values of each column are distributed over the training examples, and how many examples a class has. */
async function columnPictures({ fields, train }: Dataset): Promise<string[]> {
  const pictures: Promise<string>[] = [];
  for (const [name, { shape, columns, classes }] of Object.entries(fields)) {
    const { data } = train.fields[name]!;
    const width = sizeOf(shape);
    for (let column = 0; column < width && pictures.length < MOST; column++) {
      if (classes) {
        pictures.push(classPicture(columns?.[0] ?? name, classes, data));
        continue;
      }
      const values = Array.from({ length: train.size }, (_, row) => data[row * width + column]!);
      const title = columns?.[column] ?? (width === 1 ? name : `${name}, value ${column + 1}`);
      const [least, most] = [Math.min(...values), Math.max(...values)];
      pictures.push(
        histogram(values, {
          title: `${title}: ${numberText(least, 3)} to ${numberText(most, 3)}`,
          ...{ x: title, y: "examples" },
        }),
      );
    }
  }
  return Promise.all(pictures);
}

/** How many training examples each class has. */
function classPicture(name: string, classes: readonly string[], labels: ArrayLike<number>): Promise<string> {
  const counts = classes.map(() => 0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  const shown = classes.slice(0, MOST);
  const of = shown.length < classes.length ? `, the first ${shown.length} shown` : "";
  return barChart(
    shown.map((label, i) => ({ name: label, value: counts[i]! })),
    { title: `${name}: ${classes.length} classes${of}`, x: "training examples", digits: 0 },
  );
}
