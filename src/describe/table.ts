import type { Shape } from "../graph/ndarray.ts";
import { showShape, sizeOf } from "../graph/ndarray.ts";
import type { Model } from "../models/model.ts";

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
}

export interface Totals {
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Of the parameters as float32. */
  readonly bytes: number;
}

export function rowsOf(model: Model): Row[] {
  return model.layers.map(({ name, kind, input, output, parameters, multiplyAdds }) => ({
    layer: name,
    kind,
    input,
    output,
    shapes: parameters.map(({ name, shape }) => ({ name, shape })),
    parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    multiplyAdds,
  }));
}

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
              ...[row.layer, row.kind, showShape(row.input), showShape(row.output), shapes],
              ...[count(row.parameters), count(row.multiplyAdds)],
            ],
      ),
    ),
    ["total", "", "", "", "", count(totals.parameters), count(totals.multiplyAdds)],
  ];
  const lines = alignColumns(cells, [5, 6]);
  const rule = "─".repeat(Math.max(...lines.map((line) => line.length)));
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join("\n");
}

/** Rows of cells as lines with columns of equal width; the columns named are set flush right. */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => Array.from(row[column]!).length)));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const padding = " ".repeat(widths[i]! - Array.from(cell).length);
        return right.includes(i) ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Rows of cells, the first row the head, as a table in Markdown; the columns named are set flush right, all but the first when left out. */
export function markdownTable(
  [head = [], ...rows]: readonly (readonly string[])[],
  right: readonly number[] = head.map((_, i) => i).slice(1),
): string {
  const rule = head.map((_, i) => (right.includes(i) ? "---:" : "---"));
  return [head, rule, ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}
