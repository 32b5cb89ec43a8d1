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
