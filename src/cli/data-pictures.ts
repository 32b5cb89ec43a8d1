import { extname } from "node:path";
import { type ContactSheet, contactSheet } from "../data/contact-sheet.ts";
import type { Dataset } from "../data/index.ts";
import { count } from "../describe/format.ts";
import { UserError } from "../errors.ts";
import { sizeOf } from "../graph/index.ts";
import {
  contactSheetPng,
  contactSheetSvg,
  lineChart,
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
/** Channels of a sequence that are drawn. */
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
  throw new UserError(
    `data: --out draws images, strokes and sequences, ${data.name} holds none: npx heaviside explore FILE --out page.html draws a table`,
  );
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
