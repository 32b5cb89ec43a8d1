import type { Shape } from "../graph/ndarray.ts";
import { showShape, sizeOf } from "../graph/ndarray.ts";
import type { Model } from "../models/model.ts";
import { COLUMNS, widthOf, wrap } from "./format.ts";
import { printable } from "./shell.ts";

/** A layer as a row: shapes without the batch axis, counts for one example. */
export interface Row {
  readonly layer: string;
  readonly kind: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly shapes: readonly { readonly name: string; readonly shape: Shape }[];
  readonly parameters: number;
  /** Forward, for one example. */
  readonly multiplyAdds: number;
  /** How many residual stages it stands in, where it does. */
  readonly within?: number;
}

export interface Totals {
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Of the parameters as float32. */
  readonly bytes: number;
}

export function rowsOf(model: Model): Row[] {
  const within = depthsOf(model);
  return model.layers.map(({ name, kind, input, output, parameters, multiplyAdds }, i) => ({
    layer: name,
    kind,
    input,
    output,
    shapes: parameters.map(({ name, shape }) => ({ name, shape })),
    parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    multiplyAdds,
    ...((within[i] ?? 0) > 0 && { within: within[i]! }),
  }));
}

/** For each row of the stages how many residual ones it stands in. */
function depthsOf({ stages }: Model): number[] {
  let depth = 0;
  return stages.flatMap(({ rows, keeps, joins }) => {
    if (keeps) depth++;
    if (joins) depth--;
    return rows.map(() => depth);
  });
}

/** A row's name, set in where it stands in a residual stage. */
const named = ({ layer, within = 0 }: Row): string => `${"  ".repeat(within)}${layer}`;

export function totalsOf(rows: readonly Row[]): Totals {
  const parameters = rows.reduce((sum, row) => sum + row.parameters, 0);
  return { parameters, multiplyAdds: rows.reduce((sum, row) => sum + row.multiplyAdds, 0), bytes: 4 * parameters };
}

const count = (n: number): string => n.toLocaleString("en-US");

/** Parameters as they stand in the table, in lines of at most `width` characters where one of them isn't longer. */
function shapeLines({ shapes }: Row, width: number): string[] {
  const lines: string[] = [];
  for (const [i, { name, shape }] of shapes.entries()) {
    const text = `${name} ${showShape(shape)}${i < shapes.length - 1 ? "," : ""}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= width) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines.length > 0 ? lines : [""];
}

/**
 * The rows as aligned columns, with the totals below a line. A layer of many parameters has several lines where the table would be wider
 * than `columns` characters.
 */
export function tableText(rows: readonly Row[], totals: Totals, columns = 100): string {
  const whole = tableIn(rows, totals, Number.POSITIVE_INFINITY);
  const width = Math.max(...whole.split("\n").map((line) => line.length));
  if (width <= columns) return whole;
  const widest = Math.max(...rows.map((row) => shapeLines(row, Number.POSITIVE_INFINITY)[0]!.length));
  return tableIn(rows, totals, widest - (width - columns));
}

function tableIn(rows: readonly Row[], totals: Totals, width: number): string {
  const cells = [
    ["layer", "kind", "input", "output", "shapes", "parameters", "multiply-adds"],
    ...rows.flatMap((row) =>
      shapeLines(row, width).map((shapes, i) =>
        i > 0
          ? ["", "", "", "", shapes, "", ""]
          : [
              ...[named(row), row.kind, showShape(row.input), showShape(row.output), shapes],
              ...[count(row.parameters), count(row.multiplyAdds)],
            ],
      ),
    ),
    ["total", "", "", "", "", count(totals.parameters), count(totals.multiplyAdds)],
  ];
  return ruled(alignColumns(cells, [5, 6])).join("\n");
}

const ruled = (lines: readonly string[]): string[] => {
  const rule = "─".repeat(widest(lines));
  return [lines[0]!, rule, ...lines.slice(1, -1), rule, lines.at(-1)!];
};

/** The same in a narrow room: without the shapes of the parameters and of the inputs where they don't fit. */
export function narrowTable(rows: readonly Row[], totals: Totals, columns: number): Fitted {
  const cells = [
    ["layer", "kind", "input", "output", "shapes", "parameters", "multiply-adds"],
    ...rows.map((row) => [
      ...[named(row), row.kind, showShape(row.input), showShape(row.output)],
      row.shapes.map(({ name, shape }) => `${name} ${showShape(shape)}`).join(", "),
      ...[count(row.parameters), count(row.multiplyAdds)],
    ]),
    ["total", "", "", "", "", count(totals.parameters), count(totals.multiplyAdds)],
  ];
  const { lines, dropped } = fitColumns(cells, { columns, right: [5, 6], optional: [4, 2], wrapped: 1 });
  return { lines: ruled(lines), dropped };
}

/** Rows of cells as lines with columns of equal width; the columns named are set flush right. */
export function alignColumns(given: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const rows = given.map((cells) => cells.map(inOneLine));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const padding = " ".repeat(widths[i]! - widthOf(cell));
        return right.includes(i) ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** A cell as a terminal shows it beside others. */
const inOneLine = (cell: string): string => printable(cell).replaceAll(/[\n\t]/g, " ");

export interface Fitting {
  /** The room in characters (default: 80). Infinity: everything is shown. */
  readonly columns?: number | undefined;
  /** Columns that are set flush right. */
  readonly right?: readonly number[] | undefined;
  /** Columns that are dropped where there is no room, the first one first. */
  readonly optional?: readonly number[] | undefined;
  /** The column whose cells take several lines where there is still no room. */
  readonly wrapped?: number | undefined;
}

/** Lines of a table, and whether columns are missing. */
export interface Fitted {
  readonly lines: readonly string[];
  readonly dropped: boolean;
}

/** Rows of cells as lines with columns of equal width, in the room that there is. */
export function fitColumns(rows: readonly (readonly string[])[], fitting: Fitting = {}): Fitted {
  const { columns = COLUMNS, right = [], optional = [], wrapped } = fitting;
  const without = (dropped: readonly number[], cells: readonly (readonly string[])[]): string[] => {
    const kept = rows[0]!.map((_, i) => i).filter((i) => !dropped.includes(i));
    return alignColumns(
      cells.map((row) => kept.map((i) => row[i]!)),
      kept.flatMap((i, at) => (right.includes(i) ? [at] : [])),
    );
  };
  let dropped = 0;
  let lines = without([], rows);
  while (widest(lines) > columns && dropped < optional.length) lines = without(optional.slice(0, ++dropped), rows);
  const over = widest(lines) - columns;
  if (over > 0 && wrapped !== undefined) {
    const room = Math.max(NARROWEST, Math.max(...rows.map((row) => widthOf(row[wrapped]!))) - over);
    lines = without(
      optional.slice(0, dropped),
      rows.flatMap((row) => inLines(row, wrapped, room)),
    );
  }
  return { lines, dropped: dropped > 0 };
}

/** What stands below a table that has fewer columns than there are. */
export const MORE = "--wide prints all columns";

/** The same as text, its head set off by `bold`; below it a line says where columns are missing. */
export function shownTable(
  rows: readonly (readonly string[])[],
  { bold, ...fitting }: Fitting & { readonly bold: (text: string) => string },
): string {
  const { lines, dropped } = fitColumns(rows, fitting);
  const [head, ...rest] = lines;
  return [bold(head!), ...rest, ...(dropped ? [MORE] : [])].join("\n");
}

/** Characters of a column that is wrapped. */
const NARROWEST = 12;

const widest = (lines: readonly string[]): number => Math.max(0, ...lines.map(widthOf));

/** A row with one cell in as many lines as it needs; the others stand in the first. */
function inLines(row: readonly string[], column: number, room: number): string[][] {
  const words = row[column]!.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${room}}`, "gu")) ?? [""]);
  return wrap(words.join(" "), room + 1)
    .split("\n")
    .map((line, at) => row.map((cell, i) => (i === column ? line : at === 0 ? cell : "")));
}

/** Rows of cells, the first row the head, as a table in Markdown; the columns named are set flush right (default: all but the first). */
export function markdownTable(
  [head = [], ...rows]: readonly (readonly string[])[],
  right: readonly number[] = head.map((_, i) => i).slice(1),
): string {
  const rule = head.map((_, i) => (right.includes(i) ? "---:" : "---"));
  return [head, rule, ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`)
    .join("\n");
}

/** A text of a user's file as Markdown that shows it, in one line: no HTML, links or pictures of its own. */
export const markdownText = (text: string): string =>
  printable(text)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\[\]`<>&]/g, (character) => `\\${character}`);
