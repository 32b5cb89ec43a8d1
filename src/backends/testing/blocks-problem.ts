/** Layers of gated blocks in a built engine's memory, with what their plans are by definition: for the kernels' tests. */
import { expect } from "vitest";
import { type BlocksSize, type Engine, planWords, routing } from "../../../kernels/harness.ts";
import { remember } from "./remember.ts";

/** Numbers that don't depend on the run. */
function generator(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const drawn = remember<Float32Array>();
export function randoms(n: number, seed: number): Float32Array {
  const make = () => {
    const next = generator(seed);
    return Float32Array.from({ length: n }, () => 2 * next() - 1);
  };
  return drawn([n, seed], make).slice();
}

export const size = (examples: number, blocks: number, units: number, depth: number): BlocksSize => ({
  examples,
  blocks,
  units,
  depth,
});

/** Gates of which `density` are open, by chance; the values of open ones are of no importance, closed ones are ±0. */
function randomGates({ examples, blocks }: BlocksSize, density: number, seed: number): Float32Array {
  const next = generator(seed);
  return Float32Array.from({ length: examples * blocks }, (_, i) =>
    next() < density ? 0.25 + next() : i % 2 ? 0 : -0,
  );
}

/** That numbers are what they should be, bit patterns of NaN apart; a matcher would take seconds for a million. */
export function expectSame(found: ArrayLike<number>, expected: ArrayLike<number>, name = ""): void {
  expect(found.length).toBe(expected.length);
  let at = 0;
  while (at < found.length && Object.is(found[at], expected[at])) at++;
  expect(at === found.length || `${name}element ${at} is ${found[at]}, should be ${expected[at]}`).toBe(true);
}

interface Plan {
  pairs: number;
  dense: boolean;
  openBlocks: number;
  /** Pairs that are open, of those that a dense plan lists. */
  open: number;
  rows: number[];
  blocks: number[];
}

/** What a plan is by definition. */
function planOf(size: BlocksSize, gates: Float32Array, denseAbove = Infinity): Plan {
  const { examples, blocks } = size;
  const open: [number, number][] = [];
  for (let k = 0; k < blocks; k++)
    for (let r = 0; r < examples; r++) if (gates[r * blocks + k] !== 0) open.push([r, k]);
  const openBlocks = new Set(open.map(([, k]) => k)).size;
  const dense = open.length > denseAbove && openBlocks === blocks;
  const all = Array.from({ length: examples * blocks }, (_, p) => [Math.floor(p / blocks), p % blocks] as const);
  const list = dense ? all : open;
  return {
    pairs: list.length,
    dense,
    openBlocks,
    open: open.length,
    rows: list.map(([r]) => r),
    blocks: list.map(([, k]) => k),
  };
}

/** What the instructions of a problem read, and the plan by definition. Nobody writes to it. */
interface Numbers {
  readonly gates: Float32Array;
  readonly plan: Plan;
  readonly x: Float32Array;
  readonly weights: Float32Array;
  readonly c: Float32Array;
}

function numbersOf(size: BlocksSize, density: number, seed: number, denseAbove: number): Numbers {
  const { examples, blocks, units, depth } = size;
  const gates = randomGates(size, density, seed);
  const plan = planOf(size, gates, denseAbove);
  const weights = randoms(blocks * units * depth, seed + 2);
  const open = new Set(plan.blocks);
  for (let k = 0; k < blocks; k++) if (!open.has(k)) weights.fill(NaN, k * units * depth, (k + 1) * units * depth);
  const c = randoms(examples * blocks * units, seed + 3).fill(NaN, plan.pairs * units);
  return { gates, plan, x: randoms(examples * depth, seed + 1), weights, c };
}

const numbers = remember<Numbers>();

/** How many of the numbers are below 0, below 1 … below n. */
export function startsOf(numbers: readonly number[], n: number): number[] {
  const starts = Array<number>(n + 1).fill(0);
  for (const x of numbers) starts[x + 1]!++;
  for (let i = 0; i < n; i++) starts[i + 1]! += starts[i]!;
  return starts;
}

/** A problem in memory: what the instructions read. */
export class Problem implements Numbers {
  readonly size: BlocksSize;
  readonly e: Engine;
  /** The same for problems of the same numbers, in whatever engine. */
  readonly name: readonly unknown[];
  readonly gates: Float32Array;
  readonly plan: Plan;
  readonly x: Float32Array;
  readonly weights: Float32Array;
  readonly c: Float32Array;
  readonly at: { gates: number; plan: number; x: number; weights: number; c: number; packed: number };

  constructor(e: Engine, size: BlocksSize, density: number, seed: number, denseAbove = Infinity) {
    this.e = e;
    this.size = size;
    const { examples, blocks, units, depth } = size;
    // As text: JSON has no Infinity.
    this.name = [size, density, seed, `${denseAbove}`];
    const known = numbers(this.name, () => numbersOf(size, density, seed, denseAbove));
    this.gates = known.gates;
    this.plan = known.plan;
    this.x = known.x;
    this.weights = known.weights;
    this.c = known.c;
    const width = blocks * units;
    const scratch = [
      [examples, width, depth],
      [examples, depth, width],
      [width, depth, examples],
    ].map(([m, n, k]) => e.host.gemmScratchWords(m!, n!, k!));
    this.at = {
      gates: e.of(this.gates),
      plan: e.buffer(planWords(examples, blocks)),
      x: e.of(this.x),
      weights: e.of(this.weights),
      c: e.of(this.c),
      packed: e.buffer(Math.max(...scratch) + 1),
    };
    this.denseAbove = denseAbove === Infinity ? 2 ** 31 - 1 : denseAbove;
  }
  readonly denseAbove: number;

  routing(): number[] {
    return routing(this.size, this.denseAbove, this.at.gates, this.at.plan);
  }

  /** A buffer full of a number, with 16 more behind it that nobody may write to. */
  room(words: number, value = 77): number {
    const buffer = this.e.buffer(words + 16);
    this.e.floats(buffer, words + 16).fill(value);
    return buffer;
  }

  /** Runs instructions behind the routing, and gives the first `words` numbers of `out`. */
  run(list: number[][], out: number, words: number, threads?: number): Float32Array {
    expect(this.e.load(this.routing(), ...list)(threads)).toBe(0);
    const found = this.e.floats(out, words + 16);
    expect([...found.slice(words)]).toEqual(Array(16).fill(77));
    return found.slice(0, words);
  }
}
