import { datasetFor, overlay, resolveConfig } from "../../config/index.ts";
import { augmentedForm, augmenter } from "../../data/augment/index.ts";
import { contactSheet, sheetText } from "../../data/contact-sheet.ts";
import { floats } from "../../data/dataset.ts";
import { type Dataset, type DatasetSummary, type Field, inMemory, type Moments, summarize } from "../../data/index.ts";
import { count, jsonLine, wrap } from "../../describe/format.ts";
import { type Fitting, fitColumns } from "../../describe/table.ts";
import { NdArray, sizeOf } from "../../graph/index.ts";
import { writeAtomically } from "../../runs/index.ts";
import type { TrainingConfig } from "../../train/index.ts";
import { checkPictureFile, pictureOf } from "../data-pictures.ts";
import { loading, progressLine } from "../progress.ts";
import { roomFor, styleFor, type Terminal } from "../terminal.ts";

export interface DataFlags {
  readonly dataDir?: string;
  readonly limit?: string;
  readonly classes?: string;
  readonly file?: string;
  readonly target?: string;
  readonly as?: string;
  readonly omit?: string;
  readonly categorical?: string;
  readonly augment?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** How a page is set. */
interface Setting {
  readonly columns: number;
  bold(text: string): string;
}

/** Prints what to know about a data set before modelling it. */
export async function dataCommand(
  name: string,
  { json, out, ...flags }: DataFlags,
  terminal: Terminal,
): Promise<number> {
  if (out !== undefined) checkPictureFile(out);
  const progress = progressLine(terminal.err, terminal.env);
  const config = resolveConfig(overlay({}, { ...flags, data: name }), "data");
  const given = await datasetFor(config, loading(progress));
  progress.clear();
  const data = await inMemory(given);
  const summary = summarize(data);
  const shown = augmented(data, config.training);
  const picture = out && {
    file: out,
    content: await pictureOf(
      shown,
      out,
      page(summary, [], { columns: Number.POSITIVE_INFINITY, bold: (text) => text }),
    ),
  };
  if (json) terminal.out.write(`${jsonLine(summary)}\n`);
  else {
    const columns = roomFor(terminal.out, false);
    const { bold } = styleFor(terminal.out, terminal.env);
    terminal.out.write(`${page(summary, drawingsOf(shown, bold), { columns, bold })}\n`);
  }
  if (picture) {
    await writeAtomically(picture.file, picture.content);
    if (!json) terminal.out.write(`picture: ${picture.file}\n`);
  }
  return 0;
}

/** The data set with its training images as the first epoch of a training changes them. */
function augmented(data: Dataset, { augment = [], seed }: TrainingConfig): Dataset {
  if (augment.length === 0) return data;
  const { x } = data.train.fields;
  const change = augmenter(augment, augmentedForm(data, "x"), seed);
  const copy = floats(x!).slice();
  change(copy, 1, (place) => place);
  const fields = { ...data.train.fields, x: new NdArray(copy, x!.shape) };
  return { ...data, train: { ...data.train, fields } };
}

/** The first training example as characters; of images an example of each class, and their means. */
function drawingsOf(data: Dataset, bold: (text: string) => string): string[] {
  if (data.drawing !== undefined) return ["", bold("the first training example"), data.drawing];
  const sheet = contactSheet(data, 1);
  if (!sheet) return [];
  const [examples, means] = sheetText(sheet);
  return ["", bold("a training example of each class"), examples!, "", bold("the mean of each class"), means!];
}

function page(summary: DatasetSummary, drawings: readonly string[], { columns, bold }: Setting): string {
  const { name, fields, splitNote, baseline, overlaps, warnings } = summary;
  const tables = [valueTable(summary), ...columnTables(summary), ...classTables(summary)].map((table) =>
    fitColumns(table.rows, { ...table, columns }),
  );
  return [
    wrap(`${name}: ${Object.entries(fields).map(described).join(", ")}; ${splitNote}`, columns),
    ...(baseline === undefined ? [] : [wrap(`baseline: ${baseline}`, columns)]),
    "",
    ...tables.flatMap(({ lines: [head, ...rows] }) => [bold(head!), ...rows, ""]),
    ...overlaps.map(
      ({ splits: [first, second], examples, otherLabel }) =>
        `examples of ${second} that are in ${first} too: ${count(examples)}${examples > 0 ? `, ${count(otherLabel)} of them with another ${fields.label ? "label" : "target"}` : ""}`,
    ),
    ...drawings,
    ...(warnings.length > 0 ? [""] : []),
    ...warnings.map((warning) => wrap(`warning: ${warning}`, columns)),
  ].join("\n");
}

const described = ([name, { shape, classes, columns }]: [string, Field]): string =>
  classes
    ? `${columns?.[0] ?? name} of ${classes.length} classes${shape.length > 0 ? ` at each of ${sizeOf(shape)} steps` : ""}`
    : `${name} [${shape.join(", ")}]`;

const momentNames = ["mean", "sd", "min", "max", "zeros"];
const momentCells = (m: Moments): string[] => [
  m.mean.toFixed(4),
  m.sd.toFixed(4),
  String(Number(m.min.toPrecision(6))),
  String(Number(m.max.toPrecision(6))),
  `${(100 * m.zeros).toFixed(1)}%`,
];

/** Rows of cells, the head first, and how they are set. */
interface Table extends Fitting {
  readonly rows: readonly (readonly string[])[];
}

/** The sizes of the splits, and the moments of each field of numbers. */
function valueTable({ fields, splits }: DatasetSummary): Table {
  const named = Object.keys(fields).filter((field) => splits.train.fields[field]!.values);
  const rows = Object.entries(splits).flatMap(([split, { size, fields: found }]) => {
    const start = [split, count(size)];
    if (named.length === 0) return [start];
    return named.map((field, at) => [...(at === 0 ? start : ["", ""]), field, ...momentCells(found[field]!.values!)]);
  });
  const head = ["split", "examples", ...(named.length > 0 ? ["field", ...momentNames] : [])];
  return { rows: [head, ...rows], right: [1, 3, 4, 5, 6, 7], wrapped: 0 };
}

/** Names of an image's channels, where they are colours. */
const COLOURS = ["red", "green", "blue"];

/** The moments of each column that has a name, and of an image's channels, over the training split. */
function columnTables({ fields, splits }: DatasetSummary): Table[] {
  return Object.entries(fields).flatMap(([name, { columns = [] }]) => {
    const { columns: inColumns, channels = [] } = splits.train.fields[name]!;
    const found = inColumns ?? channels;
    if (found.length === 0) return [];
    const nameOf = (at: number): string =>
      columns[at] ?? (found.length === COLOURS.length ? COLOURS[at]! : `channel ${at + 1}`);
    const rows = found.map((moments, at) => [nameOf(at), ...momentCells(moments)]);
    const head = `${inColumns ? "column" : "channel"} of ${name}`;
    return [{ rows: [[head, ...momentNames], ...rows], right: [1, 2, 3, 4, 5], wrapped: 0 }];
  });
}

/** The examples of each class in each split. */
function classTables({ fields, splits }: DatasetSummary): Table[] {
  const parts = Object.entries(splits);
  return Object.entries(fields).flatMap(([name, { classes, shape, columns }]) => {
    if (!classes) return [];
    const counts = parts.map(([, part]) => part.fields[name]!.perClass!);
    const rows = classes.map((label, i) => [label, ...counts.map((perClass) => count(perClass[i]!))]);
    const what = shape.length > 0 ? "steps with class" : "class";
    const head = [`${what} of ${columns?.[0] ?? name}`, ...parts.map(([split]) => split)];
    return [{ rows: [head, ...rows], right: [1, 2, 3], wrapped: 0 }];
  });
}
