import type { Engine, Matrix, Tape } from "../../../../kernels/harness.ts";
import { full } from "../../../../test/support/full.ts";
import type { reductions } from "../../../plan/codes.ts";
import { nativeSets } from "../../testing/native.ts";
import { remember } from "../../testing/remember.ts";

export const native = nativeSets.map((set) => `native ${set}`);
const wasm = full ? ["simd", "relaxed", "simd-single", "relaxed-single"] : ["relaxed"];
export const variants = [...wasm, ...native];

/** Numbers that don't depend on the run: a linear congruence is random enough to fill matrices. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const drawn = remember<Float32Array>();
export function randoms(n: number, seed: number, low = -1, high = 1): Float32Array {
  const make = () => {
    const next = generator(seed);
    return Float32Array.from({ length: n }, () => low + (high - low) * next());
  };
  return drawn([n, seed, low, high], make).slice();
}

export const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
export const rowMajor = (dims: readonly number[]) => dims.map((_, d) => product(dims.slice(d + 1)));

/** Distance in units in the last place of float32, subnormals counted as one with zero. */
export function ulps(actual: number, exact: number): number {
  if (Object.is(actual, exact) || (Number.isNaN(actual) && Number.isNaN(exact))) return 0;
  const rounded = Math.fround(exact);
  if (actual === rounded) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Math.abs(exact) > 3.4028e38 ? 1 : Infinity;
  const size = Math.max(Math.abs(exact), 2 ** -126);
  return Math.abs(actual - exact) / 2 ** (Math.floor(Math.log2(size)) - 23);
}

export const max = (a: number, b: number) => Math.max(a, b);
export const f32 = Math.fround;

export const storeResult = (buffer: number, [, m, n]: number[]): Tape => ({
  inputs: ["result"],
  outputs: [{ buffer, strides: [m! * n!, n!, 1] }],
  ops: [["MOVE", 1, 0]],
});

type Layout = (rows: number, columns: number) => [number, number, number];
/** Strides [batch, row, column] and the words they need for one batch are rows·columns·3. */
export const layouts: Record<string, Layout> = {
  rows: (r, c) => [r * c, c, 1],
  columns: (r, c) => [r * c, 1, r],
  padded: (r, c) => [r * (c + 3), c + 3, 1],
  spread: (r, c) => [2 * r * c, 2 * c, 2],
  "one row for all": (_r, c) => [c, 0, 1],
};
export const ONE_ROW = "one row for all";

/** What a product of the size [batch, m, n, k] takes: both matrices, the first laid out as is said, and room to pack them. */
export function operandsOf(e: Engine, [batch, m, n, k]: readonly [number, number, number, number], layout = "rows") {
  const a: Matrix = { buffer: e.of(randoms(batch * m * k, 1)), strides: layouts[layout]!(m, k) };
  const b: Matrix = { buffer: e.of(randoms(batch * k * n, 2)), strides: layouts.rows!(k, n) };
  return { a, b, packed: e.buffer(e.host.gemmScratchWords(m, n, k) + 1), total: batch * m * n };
}

export type Reduction = keyof typeof reductions;

export function reduceExactly(kind: Reduction, column: number[]): number {
  if (kind === "SUM") return column.reduce((a, b) => a + b, 0);
  if (kind === "ARGMAX") {
    const nan = column.findIndex(Number.isNaN);
    return nan >= 0 ? nan : column.indexOf(column.reduce((a, b) => Math.max(a, b)));
  }
  return column.reduce((a, b) => (kind === "MAX" ? Math.max(a, b) : Math.min(a, b)));
}
