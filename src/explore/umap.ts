import { philoxWords } from "../random/index.ts";

/** A map of rows: those that are alike lie together. */
export interface Umap {
  /** [rows] */
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Neighbours of a row, itself among them; and rounds of the descent, for which a map that begins at principal components needs no more. */
const [NEIGHBOURS, ROUNDS] = [15, 200];
/** Rows that are pushed away for each that is drawn near; the longest step of a coordinate; and the width of the first map. */
const [PUSHED, LONGEST, WIDTH] = [5, 4, 10];
/** Keeps the words of maps apart from all other draws ("UMAP"). */
const DOMAIN = 0x554d4150;

/**
 * Uniform manifold approximation and projection (McInnes, Healy, Melville 2018, arXiv:1802.03426) of rows [rows, width], by Euclidean distances. Neighbours are
 * exact, which takes rows² · width products. Nearness on the map is 1/(1 + d²), which powers of umap-learn's curve hardly change (Böhm, Berens,
 * Kobak 2022, arXiv:2007.08902). The map begins at `first`, such as two principal components (Kobak and Linderman 2021). A function of its arguments
 * alone. There must be at least 3 rows.
 */
export function umap(x: Float64Array, rows: number, first: Umap, seed = 0): Umap {
  const near = neighboursOf(x, rows, Math.min(NEIGHBOURS, rows) - 1);
  const edges = edgesOf(near, weightsOf(near), rows);
  const word = philoxWords([seed, 0], DOMAIN);
  const far = Math.max(...first.x.map(Math.abs), ...first.y.map(Math.abs), Number.MIN_VALUE);
  // Equal rows must not begin at one place, where nothing tells them where to go.
  const begun = (values: Float64Array): Float64Array =>
    values.map((value) => (WIDTH * value) / far + 1e-3 * ((word() >>> 0) / 2 ** 32 - 0.5));
  const map = { x: begun(first.x), y: begun(first.y) };
  descend(map, edges, rows, quick(word() | 1));
  return map;
}

/** The nearest rows of each, the nearest first. */
export interface Neighbours {
  /** [rows, k] */
  readonly rows: Int32Array;
  readonly distances: Float64Array;
  readonly k: number;
}

/** The `k` nearest other rows of each row, by Euclidean distance. */
export function neighboursOf(x: Float64Array, rows: number, k: number): Neighbours {
  const width = x.length / rows;
  const squares = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < a; b++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (x[a * width + i]! - x[b * width + i]!) ** 2;
      squares[a * rows + b] = sum;
      squares[b * rows + a] = sum;
    }
  const found = { rows: new Int32Array(rows * k), distances: new Float64Array(rows * k), k };
  for (let row = 0; row < rows; row++) {
    const own = squares.subarray(row * rows, (row + 1) * rows);
    const order = Array.from(own.keys()).filter((other) => other !== row);
    order.sort((a, b) => own[a]! - own[b]! || a - b);
    for (let i = 0; i < k; i++) {
      found.rows[row * k + i] = order[i]!;
      found.distances[row * k + i] = Math.sqrt(own[order[i]!]!);
    }
  }
  return found;
}

/** How near each neighbour is, from 0 to 1: exp(−(d − ρ)/σ) beyond the nearest one's distance ρ, with σ such that they sum to log₂(k + 1). [rows, k] */
export function weightsOf({ distances, k }: Neighbours): Float64Array {
  const weights = new Float64Array(distances.length);
  const wanted = Math.log2(k + 1);
  for (let from = 0; from < distances.length; from += k) {
    const own = distances.subarray(from, from + k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const sumAt = (sigma: number): number =>
      own.reduce((sum, distance) => sum + Math.exp(-Math.max(0, distance - nearest) / sigma), 0);
    let [low, high] = [0, Number.POSITIVE_INFINITY];
    let sigma = 1;
    for (let i = 0; i < 64; i++) {
      if (sumAt(sigma) > wanted) high = sigma;
      else low = sigma;
      sigma = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
    }
    for (let i = 0; i < k; i++) weights[from + i] = Math.exp(-Math.max(0, own[i]! - nearest) / sigma);
  }
  return weights;
}

/** Pairs of rows that are near, in both directions, and rounds from one meeting to the next. */
interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly every: Float64Array;
}

/** a or b being a neighbour of the other: w + v − w·v. Those too weak to meet within all rounds are dropped. */
function edgesOf({ rows: near, k }: Neighbours, weights: Float64Array, rows: number): Edges {
  const both = new Map<number, number>();
  for (let i = 0; i < near.length; i++) {
    const [a, b] = [Math.floor(i / k), near[i]!];
    const key = Math.min(a, b) * rows + Math.max(a, b);
    const before = both.get(key) ?? 0;
    both.set(key, before + weights[i]! - before * weights[i]!);
  }
  const strongest = Math.max(...both.values());
  const kept = [...both].filter(([, weight]) => weight >= strongest / ROUNDS);
  const ends = kept.flatMap(([key]) => [Math.floor(key / rows), key % rows]);
  return {
    from: Int32Array.from(ends),
    to: Int32Array.from(ends, (_, i) => ends[i ^ 1]!),
    every: Float64Array.from(ends, (_, i) => strongest / kept[i >> 1]![1]),
  };
}

/** Words by Marsaglia's xorshift (2003), of which a map takes tens of millions. */
function quick(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const cut = (step: number): number => Math.max(-LONGEST, Math.min(LONGEST, step));

/** Stochastic descent: ends of an edge are drawn together, and rows at random pushed away, in steps that become shorter. */
function descend({ x, y }: Umap, { from, to, every }: Edges, rows: number, word: () => number): void {
  const due = every.slice();
  for (let round = 1; round <= ROUNDS; round++) {
    const rate = 1 - (round - 1) / ROUNDS;
    for (let edge = 0; edge < from.length; edge++) {
      if (due[edge]! > round) continue;
      due[edge]! += every[edge]!;
      const [a, b] = [from[edge]!, to[edge]!];
      let [dx, dy] = [x[a]! - x[b]!, y[a]! - y[b]!];
      let squared = dx * dx + dy * dy;
      if (squared > 0) {
        const pull = -2 / (1 + squared);
        x[a]! += rate * cut(pull * dx);
        y[a]! += rate * cut(pull * dy);
        x[b]! -= rate * cut(pull * dx);
        y[b]! -= rate * cut(pull * dy);
      }
      for (let i = 0; i < PUSHED; i++) {
        const other = word() % rows;
        if (other === a) continue;
        [dx, dy] = [x[a]! - x[other]!, y[a]! - y[other]!];
        squared = dx * dx + dy * dy;
        const push = 2 / ((0.001 + squared) * (1 + squared));
        x[a]! += rate * cut(push * dx);
        y[a]! += rate * cut(push * dy);
      }
    }
  }
}
