import * as Plot from "@observablehq/plot";
import { draw } from "./plot.ts";

export interface MatrixCell {
  readonly row: string;
  readonly column: string;
  readonly text: string;
  /** Filled with colour, such as where something holds. */
  readonly strong: boolean;
}

export interface MatrixChartOptions {
  readonly title: string;
  /** Pixels of a column. */
  readonly column?: number | undefined;
}

const [ROW, TOP, FONT] = [25, 40, 12.5];

/** A table as a picture: rows and columns in the order of their first cells; a space in a column's name ends its first line. */
export function matrixChart(cells: readonly MatrixCell[], { title, column = 54 }: MatrixChartOptions): Promise<string> {
  const rows = [...new Set(cells.map((cell) => cell.row))];
  const columns = [...new Set(cells.map((cell) => cell.column))];
  const left = 14 + 6.6 * Math.max(...rows.map(({ length }) => length));
  const place = { x: "column", y: "row" };
  const of = (strong: boolean): MatrixCell[] => cells.filter((cell) => cell.strong === strong);
  return draw(title, {
    ...{ width: left + column * columns.length + 8, height: TOP + ROW * rows.length + 6 },
    ...{ marginLeft: left, marginTop: TOP, marginBottom: 6, marginRight: 8 },
    x: { domain: columns, padding: 0.06, axis: null },
    y: { domain: rows, padding: 0.1, axis: null },
    color: { type: "identity" },
    marks: [
      Plot.axisX({
        ...{ anchor: "top", label: null, tickSize: 0, fontSize: FONT - 1 },
        tickFormat: (name: string) => name.replace(" ", "\n"),
      }),
      Plot.axisY({ label: null, tickSize: 0, fontSize: FONT }),
      Plot.cell(of(false), { ...place, fill: "currentColor", fillOpacity: 0.07 }),
      Plot.cell(of(true), { ...place, fill: "#1b7f74" }),
      Plot.text(of(false), { ...place, text: "text", fill: "currentColor", fontSize: FONT }),
      Plot.text(of(true), { ...place, text: "text", fill: "#ffffff", fontSize: FONT, fontWeight: "bold" }),
    ],
  });
}
