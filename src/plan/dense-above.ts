/**
 * From which density on a layer of blocks is computed faster with all of them: its products with open blocks alone have more to do
 * for each number than a plain matrix product. Measured by `node kernels/measure-dense-above.js`.
 */

/** One product with the blocks of a layer, forward or back. */
export interface BlockProduct {
  /** Units of a block. */
  readonly units: number;
  /** Numbers of a unit's row of weights. */
  readonly depth: number;
}

/** The kernels that run it: those of the native add-on or of WebAssembly, whose matrix products reach unlike shares of their peak. */
export type KernelKind = "native" | "wasm";

const UNITS = [1, 2, 4, 8, 16, 64];
const DEPTHS = [16, 784];
const EXAMPLES = [1, 8, 32, 256];

/**
 * Shares of open pairs at which both ways take as long: [units][depth][examples]. That of the widest blocks with many examples is what a whole
 * layer of 64 blocks shows, forward and backward (`npm run bench -- conditional`): with 0.9 of the pairs open it takes a tenth longer than
 * a dense one.
 */
const shares: Readonly<Record<KernelKind, readonly (readonly (readonly number[])[])[]>> = {
  native: [
    [
      [0.07, 0.1, 0.12, 0.21],
      [1, 0.58, 0.4, 0.45],
    ],
    [
      [0.11, 0.15, 0.17, 0.32],
      [1, 0.65, 0.5, 0.47],
    ],
    [
      [0.16, 0.2, 0.2, 0.38],
      [1, 0.75, 0.55, 0.55],
    ],
    [
      [0.08, 0.14, 0.16, 0.5],
      [1, 0.7, 0.53, 0.58],
    ],
    [
      [0.1, 0.17, 0.21, 0.6],
      [1, 1, 0.68, 0.67],
    ],
    [
      [0.14, 0.23, 0.41, 0.63],
      [1, 1, 0.9, 0.82],
    ],
  ],
  wasm: [
    [
      [0.13, 0.14, 0.23, 0.3],
      [1, 0.75, 0.58, 0.48],
    ],
    [
      [0.22, 0.21, 0.39, 0.37],
      [1, 0.75, 0.62, 0.52],
    ],
    [
      [1, 0.28, 0.45, 0.56],
      [1, 0.85, 0.6, 0.6],
    ],
    [
      [0.18, 0.2, 0.47, 0.85],
      [1, 1, 0.7, 0.61],
    ],
    [
      [0.22, 0.37, 0.63, 1],
      [1, 1, 0.78, 0.72],
    ],
    [
      [0.25, 0.59, 0.7, 0.9],
      [1, 1, 0.95, 0.82],
    ],
  ],
};

/** Position of a size between a table's sizes, on a scale of logarithms, and held within it. */
function position(size: number, sizes: readonly number[]): number {
  const last = sizes.length - 1;
  if (size <= sizes[0]!) return 0;
  if (size >= sizes[last]!) return last;
  const next = sizes.findIndex((other) => other > size);
  return next - 1 + Math.log(size / sizes[next - 1]!) / Math.log(sizes[next]! / sizes[next - 1]!);
}

/** Between two neighbours of a list. */
function between(at: number, value: (index: number) => number): number {
  const low = Math.floor(at);
  const part = at - low;
  return part === 0 ? value(low) : (1 - part) * value(low) + part * value(low + 1);
}

/** The share of open pairs from which one product is faster with all pairs. */
function shareOf({ units, depth }: BlockProduct, examples: number, kernels: KernelKind): number {
  const [u, d, e] = [position(units, UNITS), position(depth, DEPTHS), position(examples, EXAMPLES)];
  return between(u, (i) => between(d, (j) => between(e, (k) => shares[kernels][i]![j]![k]!)));
}

/**
 * The number of pairs (an example and a block that is open for it) of `examples` · `blocks` above which all products of a routing together
 * are faster when every pair is computed. B · K where open ones alone always are.
 */
export function denseAbove(
  examples: number,
  blocks: number,
  products: readonly BlockProduct[],
  kernels: KernelKind,
): number {
  const pairs = examples * blocks;
  // A product of all pairs takes a time in proportion to its size, one of open pairs reaches that time at its own share.
  let dense = 0;
  let open = 0;
  for (const product of products) {
    const size = product.units * (product.depth + DEPTHS[0]!);
    dense += size;
    open += size / shareOf(product, examples, kernels);
  }
  return dense === 0 ? pairs : Math.min(pairs, Math.floor((pairs * dense) / open));
}
