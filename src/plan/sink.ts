import { limits } from "./codes.ts";
import type { Group } from "./fuse.ts";
import { isSource, operandsOf, readersOf, type Value, type View } from "./value.ts";

/**
 * Moves cheap elementwise values out of the group that could make them early into the group that uses them, where that
 * stores fewer arrays in between: σ(a)(1 − σ(a)) is worked out again in the backward pass from σ(a) rather than written in the forward pass.
 */
export function sink(
  values: readonly Value[],
  groupOf: Map<Value, Group>,
  kept: ReadonlySet<Value>,
  inRegister: (view: View, reader: Value) => boolean,
  fits: (value: Value, group: Group) => boolean,
): void {
  const readers = readersOf(values);

  /** The one group that reads the value through its registers, if it is another than its own. */
  const destination = (value: Value): Group | undefined => {
    if (value.make.kind !== "elementwise" || value.make.key || kept.has(value)) return undefined;
    let target: Group | undefined;
    for (const reader of readers.get(value) ?? []) {
      const group = groupOf.get(reader)!;
      if (target && target !== group) return undefined;
      if (
        !operandsOf(reader).every((v) => v.value !== value || inRegister(v, reader)) ||
        reader.make.kind !== "elementwise"
      )
        return undefined;
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
    const open = [...operandsOf(value)];
    for (let view = open.pop(); view; view = open.pop()) {
      const operand = view.value;
      if (isSource(operand) || moving.has(operand) || groupOf.get(operand) !== from || isStored(operand, from))
        continue;
      const follows =
        inRegister(view, value) &&
        moving.size < 4 &&
        (readers.get(operand) ?? []).every((r) => moving.has(r)) &&
        operand.make.kind === "elementwise" &&
        !operand.make.key;
      if (follows) {
        moving.add(operand);
        open.push(...operandsOf(operand));
      } else stored.add(operand);
    }
    if (stored.size > 1) continue;
    if (![...moving].every((v) => fits(v, to))) continue;
    const room = [...moving].reduce((n, v) => n + operandsOf(v).length + 1, to.registers);
    if (room > limits.MAX_REGISTERS) continue;
    for (const v of moving) {
      from.members.splice(from.members.indexOf(v), 1);
      to.members.push(v);
      groupOf.set(v, to);
    }
    to.members.sort((a, b) => a.index - b.index);
    to.registers = room;
  }
}
