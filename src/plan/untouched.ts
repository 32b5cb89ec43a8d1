import { isWhole, operandsOf, uniformConstant, type Value, type View } from "./value.ts";

/**
 * Whether a group whose product is zero somewhere leaves the arrays that it writes as they are there: every one of them is written over
 * an input, and comes out as that input plus or minus multiples of zero. So it is with w − rate·g, but not with momentum, whose velocity
 * decays where no gradient comes, nor with weight decay. Blocks that are closed for all examples need no update then.
 * Numbers are taken to be finite: a rate or a weight that is not would make NaN of a zero.
 */
export function leavesUntouched(
  root: Value,
  members: readonly Value[],
  stored: (value: Value) => boolean,
  inPlace: ReadonlyMap<Value, number>,
): boolean {
  const zero = new Set<Value>([root]);
  const same = new Map<Value, Value>(); // what equals which input
  const isZero = (view: View): boolean => zero.has(view.value) || uniformConstant(view) === 0;
  const inputOf = ({ value, ...layout }: View): Value | undefined =>
    value.make.kind === "input" && isWhole({ value, ...layout }) ? value : same.get(value);

  for (const value of members) {
    if (value.make.kind !== "elementwise" || value.make.key) continue;
    const { code } = value.make;
    const [a, b] = operandsOf(value) as readonly [View, View | undefined];
    const keepsZero = code === "DIV" || code === "NEG" || code === "MOVE";
    if ((keepsZero && isZero(a)) || (code === "MUL" && (isZero(a) || isZero(b!)))) zero.add(value);
    if (code !== "ADD" && code !== "SUB") continue;
    if (isZero(a) && isZero(b!)) zero.add(value);
    const kept = isZero(b!) ? a : code === "ADD" && isZero(a) ? b! : undefined;
    const input = kept && inputOf(kept);
    if (input) same.set(value, input);
  }
  return members.every((value) => {
    if (!stored(value)) return true;
    const input = same.get(value);
    return input?.make.kind === "input" && inPlace.get(value) === input.make.index;
  });
}
