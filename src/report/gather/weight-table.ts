import type { Dataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/index.ts";
import { sameShape, sizeOf } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";

/** Weights of a first layer that reads the columns of a table. */
export interface WeightTable {
  /** Names of the columns that are shown, those with the largest weights first. */
  readonly columns: readonly string[];
  /** For each of them the weight of each unit shown, spread evenly over all. */
  readonly weights: readonly Float32Array[];
  /** How many columns and units there are. */
  readonly of: { readonly columns: number; readonly units: number };
}

/** Columns and units that are shown. */
const [COLUMNS, UNITS] = [24, 64];

/** The first layer's weights [columns, units] by the columns' names; undefined where inputs have no names, or the first layer isn't a map of all of them. */
export function weightTableOf<M extends string>(
  model: Model<M>,
  params: Params<NdArray>,
  { fields }: Pick<Dataset, "fields">,
): WeightTable | undefined {
  const names = fields[model.input]?.columns;
  const weight = params[0]?.weight;
  if (!names || !weight || !sameShape(weight.shape, [sizeOf(model.inputShape), sizeOf(model.layers[0]!.output)]))
    return undefined;
  const [columns, units] = weight.shape as [number, number];
  if (names.length !== columns) return undefined;
  const shown = Math.min(UNITS, units);
  const sizeAt = (column: number): number => {
    let size = 0;
    for (let at = column * units; at < (column + 1) * units; at++) size += weight.data[at]! ** 2;
    return size;
  };
  const sorted = names.map((name, column) => ({ name, column, size: sizeAt(column) })).sort((a, b) => b.size - a.size);
  const kept = sorted.slice(0, COLUMNS);
  return {
    columns: kept.map(({ name }) => name),
    weights: kept.map(({ column }) =>
      Float32Array.from({ length: shown }, (_, i) => weight.data[column * units + Math.floor((i * units) / shown)]!),
    ),
    of: { columns, units },
  };
}
