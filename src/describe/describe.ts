import type { Model } from "../models/model.ts";
import { diagram } from "./diagram.ts";
import { type Row, rowsOf, type Totals, tableText, totalsOf } from "./table.ts";

/** A model to look at. */
export interface Description {
  /** Aligned columns for a terminal. */
  readonly table: string;
  /** The rows of the table, one for each layer. */
  readonly rows: readonly Row[];
  /** Parameters and multiply-adds of the whole network. */
  readonly totals: Totals;
  /** The functional diagram, a self-contained drawing. */
  readonly svg: string;
}

/** A model's layers with every shape, parameter count and multiply-adds, and its functional diagram with every derivative. */
export function describe<M extends string>(model: Model<M>): Description {
  const rows = rowsOf(model);
  const totals = totalsOf(rows);
  return {
    table: tableText(rows, totals),
    rows,
    totals,
    svg: diagram(model),
  };
}
