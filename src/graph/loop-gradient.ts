import type { ApplyLoop, ScanAttrs } from "./loop.ts";
import { isFloat, type Spec } from "./ndarray.ts";
import type { MultiApplied } from "./op.ts";
import { add } from "./ops/add.ts";
import { broadcastTo } from "./ops/broadcast-to.ts";
import { constant } from "./ops/constant.ts";
import { input } from "./ops/input.ts";
import { overTime } from "./over-time.ts";
import { pullBack } from "./pull-back.ts";
import { usedInputs } from "./sub-graph.ts";
import type { Tensor } from "./tensor.ts";

export const zeros = ({ shape, dtype }: Spec): Tensor => broadcastTo(constant(0, dtype), shape);

/** The tensors of a step whose value in every step is known outside, as rows. */
function knownRows({ inputs, outputs, attrs }: MultiApplied<ScanAttrs>): Map<Tensor, Tensor> {
  const { body, carries, xs, rows, recompute } = attrs;
  const known = new Map(body.inputs.slice(carries, carries + xs).map((x, i) => [x, inputs[carries + i]!]));
  const variable = new Set(body.inputs.slice(carries + xs));
  const history = carries + rows;
  const last = recompute ? history + carries : outputs.length;
  for (let i = recompute ? history : carries; i < last; i++) {
    const row = body.outputs[i]!;
    if (!known.has(row) && !variable.has(row)) known.set(row, outputs[i]!);
  }
  return known;
}

/**
 * The gradient of a loop as a loop in the other direction, which carries the gradient of the carry. What each step computed is read where it was kept, and
 * computed again where it wasn't. What comes together over all steps, for the tensors outside, is summed up by one operation after the loop where it
 * is a product or a sum over rows (`overTime`), and carried from step to step otherwise.
 */
export function loopGradient(
  applied: MultiApplied<ScanAttrs>,
  grads: readonly (Tensor | undefined)[],
  wanted: readonly boolean[],
  applyLoop: ApplyLoop,
): (Tensor | undefined)[] {
  const { inputs, attrs } = applied;
  const { body, carries, xs, length, reverse, recompute } = attrs;
  const isCarry = (i: number): boolean => i < carries;
  const isFixed = (i: number): boolean => i >= carries + xs;
  const positions = body.inputs.map((_, i) => i);
  const flowing = positions.filter((i) => isFloat(body.inputs[i]!.dtype) && (isCarry(i) || wanted[i]));
  const given = grads.flatMap((g, i) => (g && i >= carries ? [{ row: body.outputs[i]!, g }] : []));

  const held = new Map(flowing.filter(isCarry).map((i) => [i, input("gradient", body.inputs[i]!)]));
  const rowGrads = given.map(({ row }) => input("gradient", row));
  const seeds = new Map<Tensor, Tensor>();
  const seed = (y: Tensor, g: Tensor): unknown => seeds.set(y, seeds.has(y) ? add(seeds.get(y)!, g) : g);
  given.forEach(({ row }, k) => seed(row, rowGrads[k]!));
  for (const [i, g] of held) seed(body.outputs[i]!, g);
  const parts = pullBack(
    seeds,
    flowing.map((i) => body.inputs[i]!),
    new Set(body.inputs),
  );
  const partOf = new Map(flowing.map((i, k) => [i, parts[k]]));

  const known = knownRows(applied);
  const sums = new Map(flowing.filter(isFixed).map((i) => [i, partOf.get(i) && overTime(partOf.get(i)!)]));
  /** Sums that no operation after the loop can take: they are carried. */
  const summed = flowing.filter((i) => isFixed(i) && partOf.get(i) && !sums.get(i));
  for (const i of summed) held.set(i, input("gradient", body.inputs[i]!));
  const kept = [...held.keys()];
  const next = kept.map((i) => {
    const part = partOf.get(i);
    if (isCarry(i)) return part ?? zeros(body.inputs[i]!);
    return add(held.get(i)!, part!);
  });
  const seen = flowing.filter((i) => !isCarry(i) && !isFixed(i));
  const read = [...sums.values()].flatMap((sum) => sum?.reads ?? []).filter((x) => !known.has(x));
  const rows = [...new Set([...seen.flatMap((i) => partOf.get(i) ?? []), ...read])];

  // Of what the steps were given and computed, only what the gradient reads.
  const fixed = positions.filter(isFixed);
  const used = usedInputs({
    inputs: [...known.keys(), ...fixed.map((i) => body.inputs[i]!)],
    outputs: [...next, ...rows],
  });
  const along = [...known].filter(([x]) => used.has(x));
  const results = applyLoop({
    carry: {
      inside: [...held.values()],
      outside: kept.map((i) => (isCarry(i) && grads[i]) || zeros(inputs[i]!)),
    },
    xs: {
      inside: [...along.map(([x]) => x), ...rowGrads],
      outside: [...along.map(([, rows]) => rows), ...given.map(({ g }) => g)],
    },
    fixed: {
      inside: fixed.filter((i) => used.has(body.inputs[i]!)).map((i) => body.inputs[i]!),
      outside: fixed.filter((i) => used.has(body.inputs[i]!)).map((i) => inputs[i]!),
    },
    next,
    rows,
    ...{ length, reverse: !reverse, recompute },
  });
  const made = new Map(rows.map((x, k) => [x, results[kept.length + k]!]));
  const place = new Map(kept.map((i, k) => [i, results[k]]));
  for (const i of seen) place.set(i, partOf.get(i) && made.get(partOf.get(i)!));
  for (const [i, sum] of sums)
    if (sum)
      place.set(
        i,
        sum.total((x) => known.get(x) ?? made.get(x)!),
      );
  return positions.map((i) => place.get(i));
}
