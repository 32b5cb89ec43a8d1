/**
 * A gate of exactly 0 hides whatever its block holds for that example: numbers that are not finite reach what the definition says they
 * reach, and nothing else, whether a backend takes open pairs or all of them.
 */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { gradients, log, mul, NdArray, type Shape, sizeOf, sum, type Tensor } from "../graph/index.ts";
import { gatedBlocks } from "../layers/gated-blocks.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { wasmBackend } from "./wasm/wasm.ts";

/** Examples, blocks, units of a block, inputs and outputs: every way in which a matrix product is done. */
const sizes = [
  [2, 16, 3, 5, 6], // few rows
  [9, 7, 1, 12, 4], // few columns
  [40, 9, 8, 33, 50],
  [24, 40, 1, 40, 30],
] as const;
type Size = (typeof sizes)[number];

const shapesOf = ([B, K, S, IN, OUT]: Size): readonly Shape[] => [
  [B, IN],
  [B, K],
  [K, S, IN],
  [K, S],
  [K, S, OUT],
  [B, OUT],
];
const names = ["x", "gates", "weight", "bias", "out", "output's gradient"];

/** The layer's output, and its gradients in the direction of the last argument. */
function layer(activation: (a: Tensor) => Tensor, backend: Backend) {
  const f = (...[x, gates, weight, bias, out, seed]: Tensor[]) => {
    const y = gatedBlocks({ weight: weight!, bias: bias!, out: out! }, x!, gates!, { activation });
    return [y, ...gradients(sum(mul(y, seed!)), [x!, gates!, weight!, bias!, out!])];
  };
  return compile(f as never, { backend }) as unknown as ((...xs: NdArray[]) => NdArray[]) & {
    plan(...xs: NdArray[]): string;
  };
}

interface Case {
  readonly density: number;
  readonly seed: number;
  /** Which array, where in it (a share of its length), and what stands there. */
  readonly poison: readonly (readonly [array: number, at: number, value: number])[];
}

/** Every block is open for the last example, so that all pairs may be taken. */
function argumentsOf(size: Size, { density, seed, poison }: Case): NdArray[] {
  const [B, K] = size;
  const xs = shapesOf(size).map((shape, which) => {
    const wave = (i: number) => Math.sin(1 + seed + 7 * which + 12.9898 * i) * 43758.5453;
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
      const share = wave(i) - Math.floor(wave(i));
      if (which !== 1) return 2 * share - 1;
      return share < density || i >= (B - 1) * K ? 0.5 + share : 0;
    });
    return new NdArray(data, shape);
  });
  for (const [which, at, value] of poison) {
    const { data } = xs[which]!;
    data[Math.floor(at * data.length)] = value;
  }
  return xs;
}

const cases: fc.Arbitrary<Case> = fc.record({
  density: fc.constantFrom(0.05, 0.4, 0.7, 0.97, 1),
  seed: fc.nat(1000),
  poison: fc.array(
    fc.tuple(
      fc.constantFrom(0, 2, 3, 4, 5),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.constantFrom(NaN, Infinity, -Infinity),
    ),
    { minLength: 1, maxLength: 3 },
  ),
});

function expectSameReach(received: readonly NdArray[], expected: readonly NdArray[], tolerance: number): void {
  expected.forEach((want, which) => {
    const scale = Math.max(1, ...Array.from(want.data, Math.abs).filter(Number.isFinite));
    want.data.forEach((x, i) => {
      const got = received[which]!.data[i]!;
      const agrees = Number.isFinite(x) ? Math.abs(got - x) <= tolerance * scale : !Number.isFinite(got);
      if (!agrees) expect.fail(`${which === 0 ? "y" : `gradient of ${names[which - 1]}`} at ${i}: ${got}, not ${x}`);
    });
  });
}

const kinds: readonly [name: string, start: () => Promise<Backend>, tolerance: number][] = [
  ["wasm", () => wasmBackend({ threads: 2 }), 1e-5],
  ...nativeSets.map(
    (set) => [`native ${set}`, () => nativeBackend({ threads: 2, instructionSet: set }), 1e-5] as const,
  ),
  ...nativeSets
    .slice(-1)
    .map(() => ["native in bfloat16", () => nativeBackend({ threads: 2, precision: "bfloat16" }), 0.1] as const),
].map(([name, start, tolerance]) => [name, start, tolerance] as [string, () => Promise<Backend>, number]);

/** What the definition gives is computed once for all backends. */
const known = new Map<string, NdArray[]>();
const reference = layer((a) => a.tanh(), referenceBackend());
function wanted(size: Size, c: Case): NdArray[] {
  const name = JSON.stringify([size, c.density, c.seed, c.poison.map((p) => p.map(String))]);
  const found = known.get(name) ?? reference(...argumentsOf(size, c));
  known.set(name, found);
  return found;
}

describe.each(kinds)("%s", (_, start, tolerance) => {
  const starting = start();
  afterAll(async () => (await starting).close());

  test.each(sizes.map((size) => [size]))("[B, K, S, in, out] = %j: at every density", async (size) => {
    const run = layer((a) => a.tanh(), await starting);
    fc.assert(
      fc.property(cases, (c) => expectSameReach(run(...argumentsOf(size, c)), wanted(size, c), tolerance)),
      { seed: 3, numRuns: 15 },
    );
  });

  test("a function that is infinite at 0 leaves closed gates without a gradient", async () => {
    const size = sizes[2];
    const c = { density: 0.9, seed: 3, poison: [] };
    const [x, gates, weight, bias, out, seed] = argumentsOf(size, c);
    const positive = (t: NdArray) => new NdArray(t.data.map((v) => Math.abs(v) + 0.1) as Float32Array, t.shape);
    const xs = [positive(x!), gates!, positive(weight!), positive(bias!), out!, seed!];
    const received = layer(log, await starting)(...xs);
    expectSameReach(received, layer(log, referenceBackend())(...xs), tolerance);
    gates!.data.forEach((g, i) => {
      if (g === 0) expect(received[2]!.data[i]).toBe(0);
    });
  });

  test("a weight near the largest number is not met where its block is closed", async () => {
    const size = sizes[0];
    const [B, K, S, , OUT] = size;
    const xs = argumentsOf(size, { density: 1, seed: 5, poison: [] });
    xs[1]!.data[K + 3] = 0;
    const clean = layer((a) => a.tanh(), await starting)(...xs)[0]!;
    for (let i = 3 * S * OUT; i < 4 * S * OUT; i++) xs[4]!.data[i] = 3.4e38;
    const y = layer((a) => a.tanh(), await starting)(...xs)[0]!;
    for (let d = 0; d < OUT; d++) expect(Math.abs(y.data[OUT + d]! - clean.data[OUT + d]!)).toBeLessThan(tolerance * B);
  });
});

test("these sizes and densities take open pairs alone, and all pairs", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const taken = sizes.map((size) => {
    const above = (density: number) => {
      const xs = argumentsOf(size, { density, seed: 1, poison: [] });
      const [, limit] = /dense above (\d+)/.exec(layer((a) => a, backend).plan(...xs))!;
      return xs[1]!.data.filter((g) => g !== 0).length > Number(limit);
    };
    return [above(0.05), above(0.97)];
  });
  await backend.close();
  expect(taken.some(([few]) => !few)).toBe(true);
  expect(taken.map(([, most]) => most)).toEqual([true, true, true, true]);
});
