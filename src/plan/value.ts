import type { ScanAttrs } from "../graph/loop.ts";
import type { PoolKind } from "../graph/lowering.ts";
import type { DType, NdArray, Shape } from "../graph/ndarray.ts";
import type { OpenChannels } from "../graph/open-channels.ts";
import type { PairTable } from "../graph/pair-space.ts";
import type { TapeOp } from "./codes.ts";
import type { Sliding, WeightSteps } from "./conv.ts";
import { asMatrices, collapse, isContiguous, type Layout } from "./view.ts";

/** What an instruction reads: some value, through a layout. */
export interface View extends Layout {
  readonly value: Value;
}

/** How a value comes about. */
export type Maker =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "constant"; readonly data: NdArray }
  | { readonly kind: "elementwise"; readonly code: TapeOp; readonly args: readonly View[]; readonly key?: View }
  | {
      readonly kind: "gemm";
      readonly a: View;
      readonly b: View;
      readonly k: number;
      /** Rows of b that meet 0 alone are not read. */
      readonly sparse?: "numbers" | "rows";
    }
  | {
      readonly kind: "reduce";
      readonly how: "SUM" | "MAX" | "MIN" | "ARGMAX";
      readonly of: View; // contiguous, read as [outer, length, inner]
      readonly outer: number;
      readonly length: number;
      readonly inner: number;
    }
  | {
      readonly kind: "gather";
      readonly table: View;
      readonly index: View;
      readonly rows: number;
      readonly inner: number;
    }
  | {
      readonly kind: "scatterAdd";
      readonly update: View;
      readonly index: View;
      readonly rows: number;
      readonly inner: number;
    }
  | { readonly kind: "kthLargest" | "topK"; readonly of: View; readonly length: number; readonly k: number } // of contiguous rows
  | { readonly kind: "foldKey"; readonly key: View; readonly data: View }
  | ({ readonly kind: "routing"; readonly gates: View; readonly mayTakeAll: boolean } & PairSizes)
  | ({ readonly kind: "toBlocks"; readonly x: View; readonly m: View } & ByPlan)
  | ({ readonly kind: "fromBlocks"; readonly c: View; readonly m: View } & ByPlan)
  | ({ readonly kind: "blocksGradient"; readonly x: View; readonly c: View } & ByPlan)
  | ({
      readonly kind: "toPairs" | "fromPairs";
      readonly table: PairTable;
      readonly from: View;
      readonly inner: number;
    } & ByPlan)
  | { readonly kind: "loop"; readonly loop: Loop; readonly part: LoopPart }
  | {
      readonly kind: "conv";
      /** Images, without gaps. */
      readonly a: View;
      /** The whole of the weights; or the images of features whose product with `a` the weights' gradient is. */
      readonly b: View;
      readonly sliding: Sliding;
      /** How the weights are read; none for their gradient. */
      readonly steps?: WeightSteps | undefined;
      /** Gates [images, groups], without gaps, of what `sliding` calls features and channels. */
      readonly open?: OpenChannels<View> | undefined;
    }
  | {
      readonly kind: "pool";
      readonly how: PoolKind;
      readonly from: View;
      readonly taps?: View | undefined;
      readonly sliding: Sliding;
    }
  | { readonly kind: "assemble"; readonly parts: readonly Part[]; readonly fill: boolean }
  /** Another value, which lies where `of` lies. */
  | { readonly kind: "barrier"; readonly of: View };

/** A loop over rows, out of which several values come. */
export interface Loop {
  readonly attrs: ScanAttrs;
  /** What its body's inputs are bound to: first carries, arrays with a row for each step, and what is the same in all steps. */
  readonly operands: readonly View[];
}

/**
 * One value of a loop: a carry after the last step; a carry before and after each step, [length + 1, …], where the step for row t leads from row t to row t + 1,
 * and back in a loop that runs in reverse; or the rows that an output of the body gives.
 */
export interface LoopPart {
  readonly kind: "last" | "trace" | "rows";
  /** Among the body's outputs. */
  readonly output: number;
}

interface PairSizes {
  readonly batch: number;
  readonly blocks: number;
}

/** An operation on the pairs of a plan. */
interface ByPlan extends PairSizes {
  readonly plan: View;
}

/** A piece of an assembled value: `from` is written at `at`. */
export interface Part {
  readonly from: View;
  readonly at: Layout;
}

/** An array of the running program: an input, a constant, or the result of an operation. Its own layout is row-major. */
export interface Value {
  readonly index: number; // in order of making: what it is made of has smaller numbers
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  readonly make: Maker;
  /** In pair space: the plan that says how many rows of the first axis there are. Set by limits.ts. */
  limit?: View;
}

/** What a value is made of. */
export function operandsOf({ make }: Value): readonly View[] {
  switch (make.kind) {
    case "input":
    case "constant":
      return [];
    case "elementwise":
      return make.key ? [...make.args, make.key] : make.args;
    case "gemm":
      return [make.a, make.b];
    case "reduce":
    case "kthLargest":
    case "topK":
    case "barrier":
      return [make.of];
    case "gather":
      return [make.table, make.index];
    case "scatterAdd":
      return [make.update, make.index];
    case "foldKey":
      return [make.key, make.data];
    case "routing":
      return [make.gates];
    case "toBlocks":
      return [make.x, make.m, make.plan];
    case "fromBlocks":
      return [make.c, make.m, make.plan];
    case "blocksGradient":
      return [make.x, make.c, make.plan];
    case "toPairs":
    case "fromPairs":
      return [make.from, make.plan];
    case "loop":
      return make.loop.operands;
    case "conv":
      return [make.a, make.b, ...gateViews(make.open)];
    case "pool":
      return make.taps ? [make.from, make.taps] : [make.from];
    case "assemble":
      return make.parts.map((part) => part.from);
  }
}

/** The gates of a convolution's channels. */
export const gateViews = ({ features, channels }: OpenChannels<View> = {}): View[] =>
  [features, channels].filter((gates) => gates !== undefined);

/** What a tape can follow tile by tile: a matrix product, the gradient of blocks' weights, or a convolution. */
export const isProduct = ({ make }: Value): boolean =>
  make.kind === "gemm" || make.kind === "blocksGradient" || make.kind === "conv";

/** Whether tiles of a product have whole rows where those are short: not where channels are in groups, each of which is a product of its own. */
export const hasWholeRows = ({ make }: Value): boolean => make.kind !== "conv" || make.sliding.groups === 1;

/** Whether the batch axis of a product's tape are images, each of which may have its own gates: of a convolution with open channels. */
const isByImage = ({ make }: Value): boolean =>
  make.kind === "conv" && make.steps !== undefined && make.open !== undefined;

/** The product's own strides along the axes of its tape. */
export function ownStrides(root: Value): readonly [number, number, number] {
  const [features, image] = [root.shape.at(-1)!, root.size / root.shape[0]!];
  return [isByImage(root) ? image : 0, features, 1];
}

/** Strides along the axes of a product's tape, [batch, rows, columns], or undefined where they can't be walked so. */
export function alongProduct(layout: Layout, root: Value): readonly [number, number, number] | undefined {
  if (root.make.kind === "gemm") return asMatrices(layout);
  if (isByImage(root)) {
    const places = collapse(layout.shape.slice(1, -1), [layout.strides.slice(1, -1)]);
    return places.dims.length > 1 ? undefined : [layout.strides[0]!, places.strides[0]![0]!, layout.strides.at(-1)!];
  }
  const rows = collapse(layout.shape.slice(0, -1), [layout.strides.slice(0, -1)]);
  return rows.dims.length > 1 ? undefined : [0, rows.strides[0]![0]!, layout.strides.at(-1)!];
}

/** What is really stored of a value behind barriers. */
export function underlying(value: Value): Value {
  let own = value;
  while (own.make.kind === "barrier") own = own.make.of.value;
  return own;
}

export const isSource = (value: Value): boolean => value.make.kind === "input" || value.make.kind === "constant";

/** True where the view is the whole value as it lies. */
export const isWhole = (view: View): boolean =>
  view.offset === 0 && isContiguous(view) && view.shape.reduce((n, length) => n * length, 1) === view.value.size;

/** The number that a view repeats everywhere, if it is a known one. */
export function uniformConstant(view: View): number | undefined {
  if (view.value.make.kind !== "constant") return undefined;
  return view.value.size === 1 ? view.value.make.data.data[0] : undefined;
}

/**
 * What has to be there before a value can be made: its operands, and the plan that limits it. The plan is there for as long as it is needed:
 * whatever takes a value out of pair space reads it.
 */
export const dependenciesOf = (value: Value): readonly View[] =>
  value.limit ? [...operandsOf(value), value.limit] : operandsOf(value);

/** For each value, the values that read it. */
export function readersOf(values: readonly Value[]): Map<Value, Value[]> {
  const readers = new Map<Value, Value[]>();
  for (const value of values)
    for (const { value: operand } of operandsOf(value)) {
      const list = readers.get(operand);
      if (list) list.push(value);
      else readers.set(operand, [value]);
    }
  return readers;
}

/** For each value that is stored the values that read it, behind barriers too. */
export function storedReaders(values: readonly Value[]): Map<Value, Value[]> {
  const all = readersOf(values);
  const readers = new Map<Value, Value[]>();
  for (const [value, list] of all) {
    const own = underlying(value);
    readers.set(own, [...(readers.get(own) ?? []), ...list.filter(({ make }) => make.kind !== "barrier")]);
  }
  return readers;
}
