import type { ConvKind } from "../graph/lowering.ts";
import type { Pair, Window } from "../graph/window.ts";

/** A window as the kernels know it: what is read and what is written, along rows and columns. */
export interface Sliding {
  readonly images: number;
  readonly from: Pair;
  readonly channels: number;
  readonly to: Pair;
  readonly features: number;
  readonly groups: number;
  readonly taps: Pair;
  readonly step: Pair;
  /** From one number to the next of what is read, among zeros that aren't there. */
  readonly holes: Pair;
  readonly gap: Pair;
  /** Rows and columns in front of what is read; less than none where some of it isn't. */
  readonly before: Pair;
}

/** Strides of weights as they are read, in elements, and where the first of them lies. */
export interface WeightSteps {
  readonly offset: number;
  readonly tap: Pair;
  readonly channel: number;
  readonly feature: number;
  readonly group: number;
}

interface Sizes {
  readonly images: number;
  readonly channels: number;
  readonly features: number;
  readonly groups: number;
}

const both = (f: (axis: 0 | 1) => number): Pair => [f(0), f(1)];

/** The window of a convolution, or of the gradient of its weights. */
export const forward = (w: Window, sizes: Sizes): Sliding => ({
  ...sizes,
  from: w.input,
  to: w.output,
  taps: w.size,
  step: w.stride,
  holes: [1, 1],
  gap: w.dilation,
  before: w.before,
});

/**
 * The window of a transposed convolution: a convolution of its places, with holes where the stride left some out, by the weights turned round, whose channels
 * and features have changed places.
 */
export const turned = (w: Window, { channels, features, ...sizes }: Sizes): Sliding => ({
  ...sizes,
  channels: features,
  features: channels,
  from: w.output,
  to: w.input,
  taps: w.size,
  step: [1, 1],
  holes: w.stride,
  gap: w.dilation,
  before: both((axis) => (w.size[axis] - 1) * w.dilation[axis] - w.before[axis]),
});

/** How weights [rows, columns, channels / groups, features] are read. */
export function weightSteps(how: Exclude<ConvKind, "WEIGHTS">, { size }: Window, sizes: Sizes): WeightSteps {
  const width = sizes.channels / sizes.groups;
  const [row, column] = [size[1] * width * sizes.features, width * sizes.features];
  const group = sizes.features / sizes.groups;
  if (how === "FORWARD") return { offset: 0, tap: [row, column], channel: sizes.features, feature: 1, group };
  const offset = (size[0] - 1) * row + (size[1] - 1) * column;
  return { offset, tap: [-row, -column], channel: 1, feature: sizes.features, group };
}

/** Of kernels/conv-tile.h. */
const [TILE_WORDS, CHANNELS, FEATURE_TILE, SUM, SUMS] = [114_688, 128, 32, 512, 64];
/** Taps that are one sum: DEPTH_BLOCK of kernels/gemm.h. */
const ONE_SUM = 512;
/** Gradients of weights that are added up side by side, at most, and numbers of all of them together. */
const [PARTS, PARTS_WORDS] = [16, 2 ** 22];

const tiles = (n: number): number => Math.ceil(n / FEATURE_TILE) * FEATURE_TILE;

/** Elements of scratch for packed weights. */
export const convScratch = ({ groups, taps, channels, features }: Sliding): number =>
  taps[0] * taps[1] * channels * tiles(features / groups);

/** Whether each channel meets one feature alone, as `is_depthwise` of the kernels says. */
const isDepthwise = ({ groups, channels, features, taps }: Sliding): boolean =>
  groups > 1 && groups === channels && groups === features && taps[0] * taps[1] <= ONE_SUM;

/** Places that are summed up at once: `fit_piece` and `gradient_piece` of the kernels. */
function piece(w: Sliding): Pair {
  const { to, taps, step, gap, channels, groups } = w;
  const covers = (axis: 0 | 1, places: number, count: number) =>
    (places - 1) * step[axis] + (count - 1) * gap[axis] + 1;
  const places = [to[0], to[1]] as [number, number];
  const width = isDepthwise(w) ? channels : channels / groups;
  const left = { taps: taps[0], channels: Math.ceil(width / Math.ceil(width / CHANNELS)) };
  const words = () => covers(0, places[0], left.taps) * covers(1, places[1], taps[1]) * left.channels;
  while (words() > TILE_WORDS) {
    if (places[0] > 1) places[0] = Math.ceil(places[0] / 2);
    else if (places[1] > 1) places[1] = Math.ceil(places[1] / 2);
    else if (left.taps > 1) left.taps = Math.ceil(left.taps / 2);
    else left.channels = Math.ceil(left.channels / 2);
  }
  const columns = Math.min(places[1], SUM);
  return [Math.min(places[0], Math.max(1, Math.floor(SUM / columns))), columns];
}

/** How the gradient of weights is added up: parts, whether they have totals in double precision, and elements of scratch. */
export function gradientSums(w: Sliding): { parts: number; isLong: boolean; scratch: number } {
  const words = w.taps[0] * w.taps[1] * w.channels * tiles(w.features / w.groups);
  const parts = Math.min(w.images, PARTS, Math.max(1, Math.floor(PARTS_WORDS / words)));
  const [rows, columns] = piece(w);
  const pieces = Math.ceil(w.to[0] / rows) * Math.ceil(w.to[1] / columns);
  const isLong = Math.ceil(w.images / parts) * pieces > SUMS;
  return { parts, isLong, scratch: parts * words * (isLong ? 3 : 1) };
}
