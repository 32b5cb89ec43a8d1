import * as Plot from "@observablehq/plot";
import { draw, fontFor, type Size, WIDTH } from "./plot.ts";
import { textWidth } from "./text.ts";

/** A cell of a matrix chart. */
export interface MatrixCell {
  /** The row that it stands in. */
  readonly row: string;
  /** The column that it stands in. */
  readonly column: string;
  /** What is written in it. */
  readonly text: string;
  /** Filled with colour, such as where something holds. */
  readonly strong: boolean;
}

/** Title and size of a matrix chart. */
export interface MatrixChartOptions extends Omit<Size, "height"> {
  /** The finding, in a sentence. */
  readonly title: string;
}

/** Pixels of a row and above the first one, in sizes of text. */
const [ROW, TOP] = [1.9, 2.9];

/** A table as a picture: rows and columns in the order of their first cells; a space in a column's name ends its first line. */
export function matrixChart(
  cells: readonly MatrixCell[],
  { title, width = WIDTH }: MatrixChartOptions,
): Promise<string> {
  const font = fontFor(width);
  const rows = [...new Set(cells.map((cell) => cell.row))];
  const columns = [...new Set(cells.map((cell) => cell.column))];
  const left = 14 + Math.max(...rows.map((row) => textWidth(row, font)));
  const place = { x: "column", y: "row" };
  const of = (strong: boolean): MatrixCell[] => cells.filter((cell) => cell.strong === strong);
  return draw(title, {
    ...{ width, height: font * (TOP + ROW * rows.length) + 6 },
    ...{ marginLeft: left, marginTop: TOP * font, marginBottom: 6, marginRight: 8 },
    x: { domain: columns, padding: 0.06, axis: null },
    y: { domain: rows, padding: 0.1, axis: null },
    color: { type: "identity" },
    marks: [
      Plot.axisX({
        ...{ anchor: "top", label: null, tickSize: 0, fontSize: font },
        tickFormat: (name: string) => name.replace(" ", "\n"),
      }),
      Plot.axisY({ label: null, tickSize: 0, fontSize: font }),
      Plot.cell(of(false), { ...place, fill: "currentColor", fillOpacity: 0.07 }),
      Plot.cell(of(true), { ...place, fill: "#1b7f74" }),
      Plot.text(of(false), { ...place, text: "text", fill: "currentColor", fontSize: font }),
      Plot.text(of(true), { ...place, text: "text", fill: "#ffffff", fontSize: font, fontWeight: "bold" }),
    ],
  });
}
