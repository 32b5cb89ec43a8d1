import { gatherOp } from "../graph/ops/gather.ts";
import { scatterAddOp } from "../graph/ops/scatter-add.ts";
import { insideOf, type SubGraph } from "../graph/sub-graph.ts";
import type { Group } from "./group.ts";
import { underlying, type Value, type View } from "./value.ts";

/**
 * The groups that may meet an index which names no row: no state may be written before they have run. One for each index and number of
 * rows: whoever reads the same index for as many rows fails where the first one does.
 */
export function fallibleGroups(groupOf: ReadonlyMap<Value, Group>): ReadonlySet<Group> {
  const first = new Map<string, Group>();
  for (const [{ make }, group] of groupOf) {
    if (make.kind === "loop" && mayFail(make.loop.attrs.body)) first.set(`loop ${group.members[0]!.index}`, group);
    if (make.kind !== "gather" && make.kind !== "scatterAdd") continue;
    const { index, rows } = make;
    if (isWithin(index, rows)) continue;
    const name = `${underlying(index.value).index}@${index.offset}[${index.shape}][${index.strides}] ${rows}`;
    if (!first.has(name)) first.set(name, group);
  }
  return new Set(first.values());
}

/** Whether a part of a program looks anything up, in loops of its own too. */
const mayFail = (graph: SubGraph): boolean =>
  [...insideOf(graph)].some(
    ({ op, attrs }) =>
      op === gatherOp || op === scatterAddOp || (op.graphs?.(attrs) ?? []).some((inner) => mayFail(inner)),
  );

/** Whether it is known while planning that every index names a row. */
function isWithin({ value }: View, rows: number): boolean {
  const { make } = underlying(value);
  if (make.kind === "constant") return make.data.data.every((row) => row >= 0 && row < rows);
  return make.kind === "reduce" && make.how === "ARGMAX" && make.length <= rows;
}
