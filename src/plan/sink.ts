import type { MayJoin } from "./fusion.ts";
import type { Group } from "./group.ts";
import { inRegister } from "./rows.ts";
import { isSource, operandsOf, readersOf, type Value } from "./value.ts";

/**
 * Moves cheap elementwise values out of the group that could make them early into the group that uses them, where that
 * stores fewer arrays in between: σ(a)(1 − σ(a)) is computed again in the backward pass from σ(a) rather than written in the forward pass.
 */
export function sink(
  values: readonly Value[],
  groupOf: Map<Value, Group>,
  kept: ReadonlySet<Value>,
  mayJoin: MayJoin,
): void {
  const readers = readersOf(values);

  /** The one group that reads the value through its registers, if it is another than its own. */
  const destination = (value: Value): Group | undefined => {
    if (value.make.kind !== "elementwise" || value.make.key || kept.has(value)) return undefined;
    let target: Group | undefined;
    for (const reader of readers.get(value) ?? []) {
      const group = groupOf.get(reader)!;
      if (target && target !== group) return undefined;
      if (!operandsOf(reader).every((v) => v.value !== value || inRegister(v, reader))) return undefined;
      target = group;
    }
    return target;
  };
  const isStored = (value: Value, group: Group): boolean =>
    kept.has(value) || (readers.get(value) ?? []).some((reader) => groupOf.get(reader) !== group);

  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i]!;
    const from = groupOf.get(value);
    const to = from && destination(value);
    if (!from || !to || to === from || to.stage <= from.stage) continue;
    // Follow single-use operands along: what is left at the end must be stored for `to` to read.
    const moving = new Set([value]);
    const stored = new Set<Value>();
    const open = operandsOf(value).map((v) => v.value);
    for (let operand = open.pop(); operand; operand = open.pop()) {
      if (isSource(operand) || moving.has(operand) || groupOf.get(operand) !== from || isStored(operand, from))
        continue;
      const follows =
        moving.size < 4 &&
        (readers.get(operand) ?? []).every((r) => moving.has(r)) &&
        operand.make.kind === "elementwise" &&
        !operand.make.key;
      if (follows) {
        moving.add(operand);
        open.push(...operandsOf(operand).map((v) => v.value));
      } else stored.add(operand);
    }
    if ([...stored].reduce((n, v) => n + v.size, 0) >= value.size) continue;
    const space = to.with([], [...moving], mayJoin);
    if (!space) continue;
    for (const v of moving) {
      from.remove(v);
      groupOf.set(v, to);
    }
    to.add([...moving], space);
  }
}
