import { ShapeError } from "../errors.ts";
import { show } from "../rules.ts";
import { optionsOf } from "./arguments.ts";
import { commonDtype } from "./broadcast.ts";
import { type DType, isFloat, type NdArray, type Shape, type Spec, showShape, showSpec } from "./ndarray.ts";
import { isOpen, type OpenChannels, type Side } from "./open-channels.ts";
import { shapeError } from "./site.ts";

/** A number for rows and one for columns. */
export type Pair = readonly [rows: number, columns: number];

/**
 * A window that slides over images: at output place o its tap t reads the input at o · stride + t · dilation − before, along rows and columns.
 * What lies outside of the image counts as 0, or for nothing.
 */
export interface Window {
  /** Its taps. */
  readonly size: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Rows above the image, and columns to the left of it, where the first window begins. */
  readonly before: Pair;
  /** Rows and columns of the images that it reads. */
  readonly input: Pair;
  /** Its places. */
  readonly output: Pair;
}

/** How a window slides. */
export interface WindowOptions {
  /** Rows and columns from one place of the window to the next (default: 1). */
  readonly stride?: number | Pair | undefined;
  /** Rows and columns from one tap of the window to the next (default: 1). */
  readonly dilation?: number | Pair | undefined;
  /**
   * What lies around the image: `"valid"`, nothing (the default); `"same"`, as much as makes ⌈length / stride⌉ places, the smaller half of it
   * in front; a number for all sides; `[rows, columns]`; or `[[above, below], [left, right]]`.
   */
  readonly padding?: "valid" | "same" | number | Pair | readonly [Pair, Pair] | undefined;
}

export const windowOptions = ["stride", "dilation", "padding"] as const;

const isWhole = (value: unknown, atLeast: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= atLeast && (value as number) < 2 ** 31;
const isPair = (value: unknown, atLeast: number): value is Pair =>
  Array.isArray(value) && value.length === 2 && value.every((n) => isWhole(n, atLeast));
const areSides = (value: unknown): value is readonly [Pair, Pair] =>
  Array.isArray(value) && value.length === 2 && value.every((side) => isPair(side, 0));

/** One number for both axes, or two. Throws ShapeError for anything else, and for numbers below `atLeast`. */
export function pairOf(op: string, name: string, value: unknown, atLeast = 1): Pair {
  if (isWhole(value, atLeast)) return [value, value];
  if (isPair(value, atLeast)) return value;
  throw shapeError(
    `${op}: ${name} must be a whole number from ${atLeast}, or two of them for rows and columns, received ${show(value)}`,
  );
}

/** Rows and columns in front of an image and behind it, for each axis; undefined for "same". */
function paddingOf(op: string, padding: WindowOptions["padding"] = "valid"): readonly [Pair, Pair] | undefined {
  if (padding === "same") return undefined;
  if (padding === "valid") return [[0, 0], [0, 0]]; // biome-ignore format: one line
  if (areSides(padding)) return padding;
  if (isWhole(padding, 0) || isPair(padding, 0)) {
    const [rows, columns] = pairOf(op, "padding", padding, 0);
    return [[rows, rows], [columns, columns]]; // biome-ignore format: one line
  }
  throw shapeError(
    `${op}: padding must be "valid", "same", a whole number from 0, [rows, columns] or [[above, below], [left, right]], received ${show(padding)}`,
  );
}

/** The length that a window covers. */
const reach = (size: number, dilation: number): number => (size - 1) * dilation + 1;

/** Rows and columns that a window covers. */
export const reachOf = ({ size, dilation }: Pick<Window, "size" | "dilation">): Pair => [
  reach(size[0], dilation[0]),
  reach(size[1], dilation[1]),
];

/**
 * The window of `size` taps over images of `input` rows and columns. Throws ShapeError for options that are none, and where the window is larger than
 * the image with its padding.
 */
export function windowOver(op: string, input: Pair, size: Pair, options: WindowOptions): Window {
  const { stride: steps = 1, dilation: gaps = 1, padding } = optionsOf(op, options, windowOptions);
  const [stride, dilation] = [pairOf(op, "stride", steps), pairOf(op, "dilation", gaps)];
  const around = paddingOf(op, padding);
  const along = ([0, 1] as const).map((axis) => {
    const [n, covers] = [input[axis], reach(size[axis], dilation[axis])];
    if (!around) {
      const places = Math.ceil(n / stride[axis]);
      return { places, before: Math.floor(Math.max((places - 1) * stride[axis] + covers - n, 0) / 2) };
    }
    const [before, after] = around[axis];
    return { places: Math.floor((n + before + after - covers) / stride[axis]) + 1, before };
  }) as [{ places: number; before: number }, { places: number; before: number }];
  const [rows, columns] = along;
  if (rows.places < 1 || columns.places < 1)
    throw shapeError(
      `${op}: the window must fit into the images with their padding, received taps ${showShape(size)} with dilation ${showShape(dilation)} for images of ${showShape(input)}`,
    );
  const before: Pair = [rows.before, columns.before];
  return { size, stride, dilation, before, input, output: [rows.places, columns.places] };
}

/**
 * The window whose places are an image of `output` rows and columns, and which reads one that is as small as it can be, or of the rows and columns that
 * are given. Throws ShapeError for options that are none, and where no such window reads that image.
 */
export function windowUnder(op: string, output: Pair, size: Pair, options: WindowOptions, given?: Pair): Window {
  const { stride: steps = 1, dilation: gaps = 1, padding } = optionsOf(op, options, windowOptions);
  const [stride, dilation] = [pairOf(op, "stride", steps), pairOf(op, "dilation", gaps)];
  const around = paddingOf(op, padding);
  const smallest = ([0, 1] as const).map((axis) => {
    if (!around) return output[axis] * stride[axis];
    const [before, after] = around[axis];
    return (output[axis] - 1) * stride[axis] + reach(size[axis], dilation[axis]) - before - after;
  }) as [number, number];
  const input = given ?? smallest;
  if (input[0] < 1 || input[1] < 1)
    throw shapeError(`${op}: the result must have rows and columns, received padding that leaves ${showShape(input)}`);
  const window = windowOver(op, input, size, { stride, dilation, padding });
  if (window.output[0] !== output[0] || window.output[1] !== output[1])
    throw shapeError(
      `${op}: output must be rows and columns that the window has ${showShape(output)} places in, received ${showShape(input)} with ${showShape(window.output)}`,
    );
  return window;
}

/** Calls `visit` for each place of the window and each tap that reads the image there, with their numbers in row-major order. */
export function forEachTap(window: Window, visit: (place: number, at: number, tap: number) => void): void {
  const along = ([0, 1] as const).map((axis) => {
    const found: { place: number; tap: number; at: number }[] = [];
    const [step, length] = [window.dilation[axis], window.input[axis]];
    for (let place = 0; place < window.output[axis]; place++) {
      const start = place * window.stride[axis] - window.before[axis];
      // A window may be very much larger than the image: no other taps are looked at.
      const [first, last] = endsOnAxis(start, step, window.size[axis], length);
      for (let tap = first; tap <= last; tap++) found.push({ place, tap, at: start + tap * step });
    }
    return found;
  });
  for (const row of along[0]!)
    for (const column of along[1]!)
      visit(
        row.place * window.output[1] + column.place,
        row.at * window.input[1] + column.at,
        row.tap * window.size[1] + column.tap,
      );
}

/** Which of `count` numbers, the first at `start` and each `step` behind the one before, lie on an axis of `length`: none where the last comes before the first. */
const endsOnAxis = (start: number, step: number, count: number, length: number): [first: number, last: number] => [
  Math.max(0, Math.ceil(-start / step)),
  Math.min(count - 1, Math.floor((length - 1 - start) / step)),
];

/** How many they are. */
function onAxis(...axis: Parameters<typeof endsOnAxis>): number {
  const [first, last] = endsOnAxis(...axis);
  return Math.max(0, last - first + 1);
}

/** How many taps read the image at a place along an axis. */
const tapsAt = ({ size, stride, dilation, before, input }: Window, axis: 0 | 1, place: number): number =>
  onAxis(place * stride[axis] - before[axis], dilation[axis], size[axis], input[axis]);

/** The number of taps that read the image at each place along an axis. */
export const tapsAlong = (window: Window, axis: 0 | 1): number[] =>
  Array.from({ length: window.output[axis] }, (_, place) => tapsAt(window, axis, place));

/** The number of pairs of a place and a tap that `forEachTap` visits. */
export const tapsIn = (window: Window): number => pairsAlong(window, 0) * pairsAlong(window, 1);

/** Of few taps and many places, or of many taps and few places, the few are walked along. */
function pairsAlong(window: Window, axis: 0 | 1): number {
  const { size, stride, dilation, before, input, output } = window;
  let pairs = 0;
  if (output[axis] <= size[axis])
    for (let place = 0; place < output[axis]; place++) pairs += tapsAt(window, axis, place);
  else
    for (let tap = 0; tap < size[axis]; tap++)
      pairs += onAxis(tap * dilation[axis] - before[axis], stride[axis], output[axis], input[axis]);
  return pairs;
}

/** Throws ShapeError where a place of the window lies in the padding alone. */
export function checkPlaces(op: string, window: Window): void {
  const misses = ([0, 1] as const).some((axis) => {
    const last = window.output[axis] - 1;
    if (tapsAt(window, axis, 0) === 0 || tapsAt(window, axis, last) === 0) return true;
    // Between these, a place misses the image only where that lies between two taps.
    if (window.dilation[axis] <= window.input[axis]) return false;
    for (let place = 1; place < last; place++) if (tapsAt(window, axis, place) === 0) return true;
    return false;
  });
  if (misses)
    throw shapeError(
      `${op}: each place of the window must meet the image, received padding ${showShape(window.before)} for a window of ${showShape(window.size)}`,
    );
}

/** Throws ShapeError unless the array is [B, rows, columns, channels] of the one dtype. */
export function checkImages(op: string, name: string, images: Spec, [rows, columns]: Pair): void {
  const { shape } = images;
  if (shape.length !== 4 || shape[1] !== rows || shape[2] !== columns || !isFloat(images.dtype))
    throw new ShapeError(
      `${op}: ${name} must be floating-point images [B, ${rows}, ${columns}, channels], received ${showSpec(images)}`,
    );
}

/** Rows and columns of images [B, rows, columns, channels]. Throws ShapeError for anything else. */
export function imagePair(op: string, name: string, { shape }: Spec): Pair {
  if (shape.length !== 4)
    throw shapeError(`${op}: ${name} must be images [B, rows, columns, channels], received ${showShape(shape)}`);
  return [shape[1]!, shape[2]!];
}

/** What a convolution is beside its arrays. */
export interface ConvAttrs {
  readonly window: Window;
  /** G: parts of the channels, each of which meets weights of its own. */
  readonly groups: number;
  /** Of which channels gates are given: the inputs behind the first two. */
  readonly open?: readonly Side[] | undefined;
}

/** Sizes of a convolution: images [B, …, channels] in, [B, …, features] out, weights [rows, columns, channels / G, features]. */
export interface ConvSizes {
  readonly batch: number;
  readonly channels: number;
  readonly features: number;
}

/** Throws ShapeError unless channels and features are whole groups, and the dtype is one. */
export function checkConv(
  op: string,
  { channels, features }: ConvSizes,
  groups: number,
  ...all: readonly Spec[]
): DType {
  if (channels % groups !== 0 || features % groups !== 0)
    throw new ShapeError(
      `${op}: channels and features must be multiples of groups, received ${channels} and ${features} of ${groups} groups`,
    );
  return commonDtype(op, ...all);
}

/** Throws ShapeError unless the weights are those of the window, from its channels to its features. */
export function checkWeights(
  op: string,
  w: Spec,
  { window, groups }: ConvAttrs,
  { channels, features }: ConvSizes,
): void {
  const wanted = [...window.size, channels / groups, features];
  if (w.shape.length !== 4 || wanted.some((n, axis) => n !== w.shape[axis]))
    throw new ShapeError(`${op}: the weights must be ${showShape(wanted)}, received ${showSpec(w)}`);
}

/** Rows and columns of a window's weights [rows, columns, channels / groups, features]. Throws ShapeError for another number of axes. */
export function weightTaps(op: string, { shape }: Spec): Pair {
  if (shape.length !== 4)
    throw shapeError(
      `${op}: the weights must be [rows, columns, channels / groups, features], received ${showShape(shape)}`,
    );
  return [shape[0]!, shape[1]!];
}

/** Multiply-adds of the convolution of a batch of images, of its transpose, and of the gradient of its weights [taps, taps, channels / groups, features]. */
export const convWork = (batch: number, { window }: ConvAttrs, { shape: [, , width, features] }: Spec): number =>
  batch * tapsIn(window) * width! * features!;

/** The channels of one group that are open for image b, of all that there are. */
function openOfGroup(gates: NdArray | undefined, b: number, group: number, groups: number, all: number): Int32Array {
  const width = all / groups;
  return Int32Array.from({ length: width }, (_, c) => group * width + c).filter((c) => isOpen(gates, b, c, all));
}

/** Calls `visit` with the places of x, y and w that meet in a convolution, in row-major arrays. Nothing meets what is closed. */
export function forEachConvTerm(
  { window, groups }: ConvAttrs,
  { batch, channels, features }: ConvSizes,
  gates: OpenChannels<NdArray>,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [input, output] = [window.input[0] * window.input[1], window.output[0] * window.output[1]];
  const width = channels / groups;
  for (let b = 0; b < batch; b++) {
    const open = Array.from({ length: groups }, (_, group) => ({
      read: openOfGroup(gates.channels, b, group, groups, channels),
      given: openOfGroup(gates.features, b, group, groups, features),
    }));
    forEachTap(window, (place, at, tap) => {
      const [x, y] = [(b * input + at) * channels, (b * output + place) * features];
      for (const { read, given } of open)
        for (let i = 0; i < read.length; i++) {
          const c = read[i]!;
          const w = (tap * width + (c % width)) * features;
          for (let k = 0; k < given.length; k++) visit(x + c, w + given[k]!, y + given[k]!);
        }
    });
  }
}

/** The window of a pooling, whose stride is its size where none is given. Throws ShapeError, too, where a place of it lies in the padding alone. */
export function poolWindow(op: string, input: Pair, size: number | Pair, options: WindowOptions): Window {
  const taps = pairOf(op, "size", size);
  const { stride = taps, ...others } = optionsOf(op, options, windowOptions);
  const window = windowOver(op, input, taps, { stride, ...others });
  checkPlaces(op, window);
  return window;
}

/** The shape of what a window gives of images, and of the images that it reads. */
export const placesShape = ({ output }: Window, { shape }: Spec): Shape => [shape[0]!, ...output, shape[3]!];
export const imageShape = ({ input }: Window, { shape }: Spec): Shape => [shape[0]!, ...input, shape[3]!];

/** Calls `visit` with the places of [B, places, places, C] and of [B, rows, columns, C] that meet in a pooling, and with the tap where they do. */
export function forEachPooled(
  window: Window,
  { shape }: Spec,
  visit: (place: number, at: number, tap: number) => void,
): void {
  const [batch, channels] = [shape[0]!, shape[3]!];
  const [input, output] = [window.input[0] * window.input[1], window.output[0] * window.output[1]];
  for (let b = 0; b < batch; b++)
    forEachTap(window, (place, at, tap) => {
      for (let c = 0; c < channels; c++)
        visit((b * output + place) * channels + c, (b * input + at) * channels + c, tap);
    });
}
