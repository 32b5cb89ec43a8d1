import { absorb, putOff } from "./absorb.ts";
import type { MayJoin } from "./fusion.ts";
import { Group } from "./group.ts";
import { inRegister, inTape } from "./rows.ts";
import { sink } from "./sink.ts";
import { dependenciesOf, isSource, type Loop, operandsOf, type Value, type View } from "./value.ts";

/** Sorts values into groups as far as `mayJoin` lets them. Linear in the number of operands. */
export function fuse(values: readonly Value[], kept: ReadonlySet<Value>, mayJoin: MayJoin): Map<Value, Group> {
  const groupOf = new Map<Value, Group>();
  const stageOf = (view: View): number => groupOf.get(view.value)?.stage ?? 0;
  const loops = new Map<Loop, Group>();

  for (const value of values) {
    if (isSource(value)) continue;
    const loop = value.make.kind === "loop" ? value.make.loop : undefined;
    const whole = loop && loops.get(loop);
    if (whole) {
      whole.add([value], whole.space);
      groupOf.set(value, whole);
      continue;
    }
    const operands = operandsOf(value);
    const near = inTape(value) ? operands.filter((v) => inRegister(v, value)) : [];
    const stages = dependenciesOf(value).map((v) => stageOf(v) + (near.includes(v) || isSource(v.value) ? 0 : 1));
    const stage = Math.max(1, ...stages);
    const hosts = [...new Set(near.map((v) => groupOf.get(v.value)!).filter((g) => g.stage === stage))];
    const host = join(hosts, value, groupOf, mayJoin);
    const group = host ?? new Group(hosts.length > 0 ? stage + 1 : stage, value);
    groupOf.set(value, group);
    if (loop) loops.set(loop, group);
  }
  putOff(values, groupOf, mayJoin);
  absorb(values, groupOf, mayJoin);
  sink(values, groupOf, kept, mayJoin);
  return groupOf;
}

/** Merges groups of one stage and adds the value; undefined where that can't be. */
function join(hosts: readonly Group[], value: Value, groupOf: Map<Value, Group>, mayJoin: MayJoin): Group | undefined {
  if (hosts.length === 0) return undefined;
  const [first, ...others] = [...hosts].sort(
    (a, b) => Number(b.root !== undefined) - Number(a.root !== undefined) || b.members.length - a.members.length,
  ) as [Group, ...Group[]];
  const space = first.with(others, [value], mayJoin);
  if (!space) return undefined;
  for (const other of others) other.moveTo(first, space, groupOf);
  first.add([value], space);
  return first;
}
