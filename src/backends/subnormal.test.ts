/**
 * Choices among the smallest numbers. The native add-on gives 0 for results below the smallest normal number, but it compares, picks,
 * divides by and takes roots of such numbers as the definition does.
 */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import * as ops from "../graph/index.ts";
import { evaluate, gradients, input, NdArray, type Shape, sizeOf, type Tensor } from "../graph/index.ts";
import { cases } from "../graph/testing/cases.ts";
import { philoxWords } from "../random/philox.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { nativeSets } from "./testing/native.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const kinds: readonly (readonly [name: string, start: () => Promise<Backend>])[] = [
  ["wasm", () => wasmBackend({ threads: 1 })],
  ...nativeSets.map((set) => [`native ${set}`, () => nativeBackend({ threads: 1, instructionSet: set })] as const),
];

const smallest = 2 ** -126;
const numbers = [0, -0, 1e-45, -1e-45, 2e-45, 1e-40, -1e-40, 1.1e-38, smallest, -smallest, 1, -1];
const further = [Infinity, -Infinity, NaN];
const tiny = numbers.filter((x) => Math.abs(x) < smallest);

/** Ops whose values and gradients come from comparing their operands with one another or with 0. */
const choosing = new Set(["abs", "clip", "kth-largest", "max", "maximum", "min", "minimum", "rectifier", "where"]);
const tabled = cases.filter(({ op }) => choosing.has(op));

function drawn(
  shapes: readonly Shape[],
  seed: number,
  from = [numbers, tiny, [...numbers, ...further]][seed % 3]!,
): NdArray[] {
  const words = philoxWords([seed >>> 0, 2], 0);
  return shapes.map(
    (shape) =>
      new NdArray(
        Float32Array.from({ length: sizeOf(shape) }, () => from[words() % from.length]!),
        shape,
      ),
  );
}

const double = (x: NdArray): NdArray => new NdArray(Float64Array.from(x.data), x.shape);

/** The same numbers, but for a rounding, and for 0 in place of results that are not normal. */
function expectSame(backend: Backend, f: (...xs: Tensor[]) => Tensor[], values: readonly NdArray[]): void {
  const run = compile(f as never, { backend }) as unknown as (...xs: NdArray[]) => NdArray[];
  const symbols = values.map((x, i) => input(`x${i}`, { shape: x.shape, dtype: "float64" }));
  const wanted = evaluate(f(...symbols), new Map(symbols.map((s, i) => [s, double(values[i]!)])));
  run(...values).forEach((received, which) =>
    received.data.forEach((got, i) => {
      const want = Math.fround(wanted[which]!.data[i]!);
      const near = Object.is(got, want) || Math.abs(got - want) <= 4e-6 * Math.abs(want) + (want === 0 ? 0 : smallest);
      if (!near && got !== want) expect.fail(`result ${which} at ${i} is ${got}, not ${want}`);
    }),
  );
}

const withGradients =
  (f: (...xs: Tensor[]) => Tensor) =>
  (...xs: Tensor[]): Tensor[] => {
    const y = f(...xs);
    return [y, ...gradients(ops.sum(y), xs)];
  };

/** All numbers against all, laid out so that ops see whole vectors and a rest. */
const pairs = [...numbers, ...further].flatMap((a) => [...numbers, ...further].map((b) => [a, b] as const));
const column = (which: 0 | 1): NdArray =>
  new NdArray(
    Float32Array.from(pairs, (pair) => pair[which]),
    [pairs.length],
  );
const comparisons = {
  equal: ops.equal,
  notEqual: ops.notEqual,
  less: ops.less,
  lessEqual: ops.lessEqual,
  greater: ops.greater,
  greaterEqual: ops.greaterEqual,
  where: (x: Tensor, y: Tensor) => ops.where(x, y, 3),
  sign: (x: Tensor) => ops.sign(x),
  neg: (x: Tensor) => ops.neg(x),
  floor: (x: Tensor) => ops.floor(x),
  "division of 1": (x: Tensor) => ops.div(1e-6, x),
  log: (x: Tensor) => ops.log(x),
  sqrt: (x: Tensor) => ops.sqrt(x),
};

describe.each(kinds)("%s", (_, start) => {
  const starting = start();
  afterAll(async () => (await starting).close());

  test("the table has every op that chooses", () => {
    expect(new Set(tabled.map(({ op }) => op))).toEqual(choosing);
  });

  test.each(tabled.map((c) => [c.op, c] as const))("%s, and its gradient", async (_, { applications }) => {
    const backend = await starting;
    fc.assert(
      fc.property(applications, fc.nat(), ({ shapes, f }, seed) =>
        expectSame(backend, withGradients(f), drawn(shapes, seed)),
      ),
      { seed: 5, numRuns: 15 },
    );
  });

  test.each(Object.entries(comparisons))("%s", async (_, f) => {
    expectSame(await starting, (x, y) => [f(x!, y!)], [column(0), column(1)]);
  });

  test("long rows and columns: extremes, where they stand, the k-th largest, and what is open", async () => {
    const backend = await starting;
    for (const shape of [
      [3, 700],
      [2, 40_000],
    ] as const) {
      const [x] = drawn([shape], 8, tiny);
      const f = (x: Tensor) => [
        ...[0, 1].flatMap((axis) => [ops.max(x, axis), ops.min(x, axis), ops.argmax(x, axis)]),
        ops.kthLargest(x, 500),
        ops.largest(x, 500),
        ...gradients(ops.sum(ops.max(x, 1)), [x]),
        ...gradients(ops.sum(ops.kthLargest(x, 500)), [x]),
      ];
      expectSame(backend, f as (...xs: Tensor[]) => Tensor[], [x!]);
    }
  });

  test("as many open as asked for, whatever the numbers", async () => {
    const run = compile((x: Tensor) => ops.largest(x, 3), { backend: await starting });
    for (let seed = 0; seed < 40; seed++) {
      const [x] = drawn([[5, 9]], seed);
      const { data } = run(x!);
      for (let row = 0; row < 5; row++) {
        const open = [...data.slice(9 * row, 9 * row + 9)];
        expect(open.filter((x) => x === 1).length).toBe(3);
        expect(open.filter((x) => x === 0).length).toBe(6);
      }
    }
  });
});
