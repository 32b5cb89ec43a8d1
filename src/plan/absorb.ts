import type { MayJoin } from "./fusion.ts";
import type { Group } from "./group.ts";
import { inRegister, inTape } from "./rows.ts";
import { operandsOf, readersOf, type Value } from "./value.ts";

/**
 * Moves a whole group into the one that reads it, where there is only one and it can take all it reads from registers: what
 * could be computed early (a mask from the labels) is computed when it is needed, and need not be stored.
 */
export function absorb(values: readonly Value[], groupOf: Map<Value, Group>, mayJoin: MayJoin): void {
  const readers = readersOf(values);

  /** The one other group that reads a group's values, all of them in a way that registers allow. */
  const destination = (from: Group): Group | undefined => {
    let target: Group | undefined;
    for (const value of from.members)
      for (const reader of readers.get(value) ?? []) {
        const group = groupOf.get(reader)!;
        if (group === from) continue;
        if (target && target !== group) return undefined;
        if (!operandsOf(reader).every((v) => v.value !== value || inRegister(v, reader))) return undefined;
        target = group;
      }
    return target;
  };

  const groups = [...new Set(groupOf.values())].sort((a, b) => b.stage - a.stage);
  for (const from of groups) {
    if (!from.members.every(inTape)) continue;
    const to = destination(from);
    const space = to?.with([from], [], mayJoin);
    if (to && space) from.moveTo(to, space, groupOf);
  }
}

/**
 * Puts a product off until what follows it element by element can be computed, where nothing else waits for it: a first layer's product needs no key, the
 * draw that its sigmoid is compared with does.
 */
export function putOff(values: readonly Value[], groupOf: Map<Value, Group>, mayJoin: MayJoin): void {
  const readers = readersOf(values);
  for (const from of [...new Set(groupOf.values())].sort((a, b) => b.stage - a.stage)) {
    if (!from.root) continue;
    const reading = new Set(from.members.flatMap((v) => (readers.get(v) ?? []).map((reader) => groupOf.get(reader)!)));
    reading.delete(from);
    const [to, ...later] = [...reading].sort((a, b) => a.stage - b.stage);
    if (!to || later.some(({ stage }) => stage <= to.stage) || !to.members.every(inTape)) continue;
    const own = new Set(from.members);
    const reads = to.members.flatMap((v) => operandsOf(v).filter(({ value }) => own.has(value)).map((view) => [view, v] as const)); // biome-ignore format: one line
    if (!reads.every(([view, reader]) => inRegister(view, reader))) continue;
    const space = from.with([to], [], mayJoin);
    if (!space) continue;
    from.stage = to.stage;
    to.moveTo(from, space, groupOf);
  }
}
