/** Sums of very many terms are right to 1e-5 of the sum of their sizes, whichever instruction makes them. */
import { afterAll, describe, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import { compile } from "../compile/compile.ts";
import * as ops from "../graph/index.ts";
import { array, constant, NdArray, routing, type Shape, sizeOf, type Tensor } from "../graph/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { wasmBackend } from "./wasm/wasm.ts";

/** A sum over `terms` products of one number of each operand. */
interface Sum {
  readonly what: string;
  readonly shapes: readonly Shape[];
  readonly f: (...xs: Tensor[]) => Tensor;
  readonly terms: number;
  /** The definition takes so little time that numbers can be compared with it that differ. */
  readonly isCheap?: true;
}

const product = (what: string, left: Shape, right: Shape, f: (a: Tensor, b: Tensor) => Tensor = ops.matmul): Sum => ({
  what,
  shapes: [left, right],
  f: (a, b) => f(a!, b!),
  terms: left.at(-1)!,
});

/** Every gate open, and every pair taken by itself. */
const open = (batch: number, blocks: number) =>
  routing(constant(array(new Float32Array(batch * blocks).fill(1), { shape: [batch, blocks] })));

/** Σ over examples of c xᵀ for each block. */
const gradient = (examples: number, units: number, depth: number): Sum => ({
  what: `gradient of ${units} units × ${depth} of a block, ${examples} pairs`,
  shapes: [
    [examples, depth],
    [examples, units],
  ],
  f: (x, c) => ops.blocksGradient(x!, c!.mul(ones(c!.shape)), open(examples, 1)),
  terms: examples,
});
const ones = (shape: Shape): Tensor => constant(array(new Float32Array(sizeOf(shape)).fill(1), { shape }));

const fromBlocks = (blocks: number, units: number, depth: number): Sum => ({
  what: `from ${blocks} blocks of ${units} units to ${depth}`,
  shapes: [
    [blocks, 1],
    [blocks, units, depth],
  ],
  f: (g, m) => {
    const pairs = open(2, blocks);
    const c = ops.toPairs(ops.broadcastTo(g!, [blocks, units]), pairs, "blocks");
    return ops.fromBlocks(c, m!, pairs);
  },
  terms: blocks * units,
});

const sums: readonly Sum[] = [
  { ...product("inner product", [1, 2 ** 20], [2 ** 20, 1]), isCheap: true },
  product("3 rows", [3, 2 ** 17], [2 ** 17, 10]),
  product("2 rows by rows", [2, 2 ** 17], [5, 2 ** 17], (a, b) => ops.matmul(a, ops.transpose(b))),
  product("few columns", [20, 2 ** 16], [2 ** 16, 10]),
  product("packed", [31, 2 ** 16], [2 ** 16, 34]),
  product("packed, with a function of it", [7, 2 ** 16], [2 ** 16, 24], (a, b) => ops.matmul(a, b).mul(2).div(2)),
  product("a batch", [2, 5, 2 ** 16], [2, 2 ** 16, 24]),
  {
    what: "2²³ times one number",
    shapes: [[1], [1]],
    f: (a, b) => ops.matmul(ops.broadcastTo(a!, [1, 2 ** 23]), ops.broadcastTo(b!, [2 ** 23, 1])),
    terms: 2 ** 23,
  },
  {
    what: "2²⁰ times one number, packed",
    shapes: [[1], [1]],
    f: (a, b) => ops.matmul(ops.broadcastTo(a!, [6, 2 ** 20]), ops.broadcastTo(b!, [2 ** 20, 24])),
    terms: 2 ** 20,
  },
  ...[
    [1, 5],
    [3, 40],
    [9, 5],
    [8, 1030],
  ].map(([units, depth]) => gradient(depth! > 1000 ? 4200 : 2 ** 16, units!, depth!)),
  { ...fromBlocks(2 ** 17, 1, 3), isCheap: true },
  fromBlocks(2 ** 13, 7, 40),
  fromBlocks(2 ** 12, 20, 40),
  fromBlocks(3, 2 ** 16, 3),
  {
    what: "to a block from many inputs",
    shapes: [
      [1, 2 ** 22],
      [1, 1, 2 ** 22],
    ],
    f: (x, m) => ops.fromPairs(ops.toBlocks(x!, m!, open(1, 1)), open(1, 1), "gates"),
    terms: 2 ** 22,
  },
  ...([0, 1] as const).map(
    (axis): Sum => ({
      what: `sum and mean over axis ${axis}`,
      shapes: [axis === 0 ? [2 ** 20, 3] : [3, 2 ** 20], [1]],
      f: (x, y) => ops.mul(ops.add(ops.sum(x!, axis), ops.mul(ops.mean(x!, axis), 2 ** 20)).div(2), y!),
      terms: 2 ** 20,
    }),
  ),
  {
    what: "squared norm of everything",
    shapes: [[2 ** 11, 2 ** 10], [1]],
    f: (x, y) => ops.sum(ops.mul(x!, y!)),
    terms: 2 ** 21,
  },
  {
    what: "rows added to few others",
    shapes: [[2 ** 18, 3], [1]],
    f: (x, y) => {
      const index = constant(array(new Int32Array(2 ** 18).fill(1)));
      return ops.slice(ops.scatterAdd(ops.mul(x!, y!), index, 40), [1, 0], [2, 3]);
    },
    terms: 2 ** 18,
    isCheap: true,
  },
];

const size = ({ shapes }: Sum) => shapes.reduce((n, shape) => n + sizeOf(shape), 0);

/** Every operand filled with one number, of which float32 and bfloat16 hold the same. */
const numbers = [179 / 256, 179 / 128] as const;
const filled = ({ shapes }: Sum): NdArray[] =>
  shapes.map((shape, i) => new NdArray(new Float32Array(sizeOf(shape)).fill(numbers[i]!), shape));

/** Positive numbers, no two neighbours alike, in 7 bits. */
const positive = ({ shapes }: Sum): NdArray[] =>
  shapes.map((shape) => {
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0, state = 7; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = (1 + (state >>> 25)) / 128;
    }
    return new NdArray(data, shape);
  });

const run = (backend: Backend, { f }: Sum, xs: NdArray[]): NdArray =>
  (compile(f as never, { backend }) as unknown as (...xs: NdArray[]) => NdArray)(...xs);

function expectClose(found: NdArray, want: (i: number) => number): void {
  found.data.forEach((got, i) => {
    if (!(Math.abs(got / want(i) - 1) < 1e-5)) expect.fail(`${got} at ${i}, not ${want(i)}: ${got / want(i) - 1}`);
  });
}

const kinds: readonly (readonly [name: string, start: (threads: number) => Promise<Backend>])[] = [
  ["wasm", (threads) => wasmBackend({ threads })],
  ...nativeSets
    .slice(0, 1)
    .flatMap((set) => [
      [`native ${set}`, (threads: number) => nativeBackend({ threads, instructionSet: set })] as const,
      ...(full
        ? [["native in bfloat16", (threads: number) => nativeBackend({ threads, precision: "bfloat16" })] as const]
        : []),
    ]),
];

describe.each(kinds)("%s", (_, start) => {
  const starting = Promise.all([start(1), start(3)]);
  afterAll(async () => {
    for (const backend of await starting) await backend.close();
  });

  test.each(sums.map((s) => [s.what, s] as const))("%s", async (_, sum) => {
    const [alone, team] = await starting;
    expectClose(run(alone, sum, filled(sum)), () => sum.terms * numbers[0] * numbers[1]);
    if (size(sum) > 2 ** 21) return;
    const xs = positive(sum);
    const found = run(team, sum, xs);
    expect(found.data).toEqual(run(alone, sum, xs).data);
    if (sum.isCheap) {
      const want = run(referenceBackend(), sum, xs);
      expectClose(found, (i) => want.data[i]!);
    }
  });
});
