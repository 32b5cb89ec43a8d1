import type { Cell, Named } from "../../cells/cell.ts";
import { mapNamed } from "../../cells/steps.ts";
import { broadcastTo, constant, greater, slice, stopGradient, type Tensor, where } from "../../graph/index.ts";

/** Beside a cell's own state: 1 once there was a step. A cell that doesn't start at zeros needs it. */
const BEGUN = "begun";

/** Widths of what the steps of a cell leave for later ones. */
export const carriedBy = (cell: Cell): Named<number> => ({ ...cell.state, ...(cell.start && { [BEGUN]: 1 }) });

/** The state from which a cell goes on: what earlier steps left, to which no gradient flows, or its own start where there were none. */
export function startFrom(cell: Cell, params: Named<Tensor>, before: Named<Tensor>): Named<Tensor> {
  const { [BEGUN]: begun, ...left } = before;
  const state = mapNamed(left, stopGradient);
  const own = begun && cell.start?.(params, begun.shape[0]!);
  if (!own) return state;
  return mapNamed(state, (value, name) => (own[name] ? where(greater(begun, 0), value, own[name]) : value));
}

/** What a run leaves, of the first of several copies of the batch: `rows` rows. */
export function leftBy(cell: Cell, state: Named<Tensor>, rows: number): Named<Tensor> {
  const own = Object.entries(state).map(([name, value]) => [name, slice(value, 0, rows)] as const);
  const { dtype } = own[0]![1];
  const begun = cell.start && { [BEGUN]: broadcastTo(constant(1, dtype), [rows, 1]) };
  return { ...Object.fromEntries(own), ...begun };
}
