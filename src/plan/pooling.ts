import { sameShape, sizeOf } from "../graph/ndarray.ts";
import type { Pair } from "../graph/window.ts";
import { type Builder, signature } from "./builder.ts";
import type { Sliding } from "./conv.ts";
import type { Group } from "./group.ts";
import { isWhole, type Maker, readersOf, uniformConstant, type Value, type View } from "./value.ts";
import { broadcasted } from "./view.ts";

type Pool = Extract<Maker, { kind: "pool" }>;

const poolOf = ({ make }: Value, how: Pool["how"]): Pool | undefined =>
  make.kind === "pool" && make.how === how ? make : undefined;

const isSame = (a: Sliding, b: Sliding): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a gradient brings to the largest number of each window of an image. */
interface ToLargest {
  readonly put: Pool;
  /** The image, whole. */
  readonly of: View;
}

/** Whether all of a value is a gradient on its way back through a pooling of the largest. */
function toLargest(view: View): ToLargest | undefined {
  const put = poolOf(view.value, "PUT");
  const argmax = put?.taps && isWhole(put.taps) ? poolOf(put.taps.value, "ARGMAX") : undefined;
  const fits = put && argmax && isWhole(view) && sameShape(view.shape, view.value.shape) && isWhole(argmax.from);
  return fits && isSame(put.sliding, argmax.sliding) ? { put, of: argmax.from } : undefined;
}

/** Whether a value is 1 where that image is above 0, and 0 elsewhere: the derivative of the rectifier that made it. */
function isAbove({ value, ...layout }: View, image: View): boolean {
  const { make } = value;
  if (make.kind !== "elementwise" || make.code !== "LT" || !isWhole({ value, ...layout })) return false;
  const [zero, of] = make.args as readonly [View, View];
  return uniformConstant(zero) === 0 && of.value === image.value && isWhole(of);
}

/**
 * A gradient that passes a pooling and then the rectifier before it, the other way round: the rectifier's derivative is that of the largest number,
 * which is a fraction of the image. Undefined for any other product.
 */
export function rectifiedBefore(builder: Builder, args: readonly View[]): View | undefined {
  const [a, b] = args as readonly [View, View];
  for (const [gradient, slope] of [
    [a, b],
    [b, a],
  ] as const) {
    const passed = toLargest(gradient);
    if (!passed || !isAbove(slope, passed.of)) continue;
    const { put, of } = passed;
    const { shape } = put.from;
    const largest = addPool(builder, { kind: "pool", how: "MAX", from: of, sliding: put.sliding }, shape, "float32");
    const zero = builder.scalar(0, "float32");
    const isPositive = builder.elementwise("LT", shape, "float32", [
      { value: zero.value, ...broadcasted(zero, shape) },
      largest,
    ]);
    const from = builder.elementwise("MUL", shape, "float32", [put.from, isPositive]);
    return addPool(builder, { ...put, from }, gradient.shape, "float32");
  }
  return undefined;
}

/** What has the same sum over rows and columns: of a gradient that a pooling brings back, what it brings. */
export function sameSum(x: View, axes: readonly number[]): View {
  const passed = axes.includes(1) && axes.includes(2) ? toLargest(x) : undefined;
  return passed ? passed.put.from : x;
}

/** A pooling, made once. */
export function addPool(builder: Builder, make: Pool, shape: Value["shape"], dtype: Value["dtype"]): View {
  const { how, sliding, from, taps } = make;
  const key = `pool|${how}|${JSON.stringify(sliding)}|${signature(from)}|${taps ? signature(taps) : ""}`;
  return builder.add(shape, dtype, make, key);
}

/** Numbers of a window that a convolution's task has room for whatever it reads, and how far its own window may reach. */
const [MOST_PLACES, MOST_STEP, MOST_REACH, LONG] = [16, 4, 1024, 2 ** 15];

/** Whether windows cut an image into parts without gaps, of a few places each, none of which reaches beyond it. */
function isTiling({ taps, step, gap, holes, before, from, to }: Sliding): boolean {
  const alike = ([0, 1] as const).every(
    (axis) =>
      step[axis] === taps[axis] &&
      gap[axis] === 1 &&
      holes[axis] === 1 &&
      before[axis] === 0 &&
      to[axis] * step[axis] <= from[axis],
  );
  return alike && taps[0] * taps[1] <= MOST_PLACES;
}

/** Whether a task of the convolution has room for whole windows of places. */
function hasRoom({ taps, step, gap, channels, groups }: Sliding): boolean {
  const reach = Math.max((taps[0] - 1) * gap[0], (taps[1] - 1) * gap[1]);
  return Math.max(...step) <= MOST_STEP && reach <= MOST_REACH && (taps[0] * taps[1] * channels) / groups <= LONG;
}

/**
 * Moves poolings of the largest into the group of the convolution whose image they read, where nobody else reads that image: it is never stored.
 */
export function poolInConvolutions(
  values: readonly Value[],
  groupOf: Map<Value, Group>,
  kept: ReadonlySet<Value>,
): void {
  const readers = readersOf(values);
  for (const group of new Set(groupOf.values())) {
    const { root } = group;
    if (root?.make.kind !== "conv" || !root.make.steps || root.make.open || group.space.hasColumns) continue;
    if (root.size * sizeOf(root.make.a.shape) * sizeOf(root.make.b.shape) === 0) continue;
    const outputs = group.members.filter(
      (v) => kept.has(v) || (readers.get(v) ?? []).some((reader) => groupOf.get(reader) !== group),
    );
    const [image, ...others] = outputs;
    if (!image || others.length > 0 || kept.has(image) || !sameShape(image.shape, root.shape)) continue;
    const pools = readers.get(image)!.filter((v) => groupOf.get(v) !== group);
    const [first] = pools.map(({ make }) => make);
    if (first?.kind !== "pool" || !isTiling(first.sliding) || !hasRoom(root.make.sliding)) continue;
    const join = pools.every((pool) => {
      const made = poolOf(pool, "MAX") ?? poolOf(pool, "ARGMAX");
      return made !== undefined && isSame(made.sliding, first.sliding) && isWhole(made.from) && pool.size > 0;
    });
    if (!join || !pools.some((pool) => poolOf(pool, "MAX"))) continue;
    for (const pool of pools) groupOf.set(pool, group);
    group.add(pools, group.space);
  }
}

/** What is stored of an image that isn't: the largest of each window, and which of them it is where anybody asks. */
export interface Pooling {
  readonly image: Value;
  readonly window: Pair;
  readonly largest: Value;
  readonly taps: Value | undefined;
}

/** The pooling in a convolution's group, if there is one. */
export function pooledIn(members: readonly Value[]): Pooling | undefined {
  const largest = members.find((v) => poolOf(v, "MAX"));
  const pool = largest && poolOf(largest, "MAX");
  if (!pool) return undefined;
  const taps = members.find((v) => poolOf(v, "ARGMAX"));
  return { image: pool.from.value, window: pool.sliding.taps, largest, taps };
}
