/** Every op, output and gradient, on every backend against the reference in float64, from the table that the gradients are tested with. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { compile } from "../compile/compile.ts";
import * as ops from "../graph/index.ts";
import {
  cast,
  constant,
  type Data,
  evaluate,
  gradients,
  input,
  NdArray,
  type Shape,
  sizeOf,
  type Tensor,
} from "../graph/index.ts";
import { cases } from "../graph/testing/cases.ts";
import { project, spread } from "../graph/testing/finite-differences.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { integers, largeCases, pointwise, specials } from "./testing/cases.ts";
import { nativeSets } from "./testing/native.ts";
import { remember } from "./testing/remember.ts";
import { wasmBackend } from "./wasm/wasm.ts";

/** Applications of each op to small shapes: on one backend of each engine's widest vectors many, few on the others, whose plans are the same. */
const [MANY, FEW] = [howMany(40, 6), howMany(4, 2)];

const kinds: readonly { name: string; runs: number; start: () => Promise<Backend> }[] = [
  { name: "wasm, 1 thread", runs: FEW, start: () => wasmBackend({ threads: 1 }) },
  { name: "wasm, 2 threads", runs: MANY, start: () => wasmBackend({ threads: 2 }) },
  // Revectorised where the engine can.
  { name: "wasm, 2 threads, wide tile", runs: FEW, start: () => wasmBackend({ threads: 2, tile: "wide" }) },
  {
    name: "wasm, 3 threads, without relaxed SIMD",
    runs: FEW,
    start: () => wasmBackend({ threads: 3, relaxed: false }),
  },
  ...nativeSets.map((instructionSet, i) => ({
    name: `native ${instructionSet}, ${i + 1} threads`,
    runs: i === 0 ? MANY : FEW,
    start: () => nativeBackend({ threads: i + 1, instructionSet }),
  })),
];

/** A few roundings of float32 (6e-8) at each step, in units of the largest number around. */
const TOLERANCE = 4e-6;

const single = (x: NdArray): NdArray => new NdArray(Float32Array.from(x.data), x.shape);
const double = (x: NdArray): NdArray => new NdArray(Float64Array.from(x.data), x.shape);

/** A projection with weights of x's own dtype. */
function weigh(x: Tensor, phase: number): Tensor {
  if (x.dtype === "float64") return project(x, phase);
  const weights = Float32Array.from({ length: x.size }, (_, i) => Math.fround(1.5 + Math.sin(phase + 1.3 * i)));
  return ops.sum(ops.mul(x, constant(new NdArray(weights, x.shape))));
}

/** f's value, and the gradients of a projection of it. */
function outputs(f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[]): Tensor[] {
  const y = f(...xs);
  return [y, ...gradients(weigh(y, 0.3), xs)];
}

type Results = (f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[]) => Tensor[];
/** What the reference gives in float64. */
function exactly(results: Results, f: (...xs: Tensor[]) => Tensor, values: readonly NdArray[]): NdArray[] {
  const symbols = values.map((x, i) => input(`x${i}`, { shape: x.shape, dtype: "float64" }));
  return evaluate(results(f, symbols), new Map(symbols.map((s, i) => [s, double(values[i]!)])));
}
const known = remember<NdArray[]>();
const randoms = remember<NdArray>();

/** Compares with the reference, whose results for a case of a name are the same for every backend. */
function expectAgreement(
  backend: Backend,
  f: (...xs: Tensor[]) => Tensor,
  values: readonly NdArray[],
  {
    name,
    tolerance = TOLERANCE,
    results = outputs,
  }: { name?: unknown; tolerance?: number | undefined; results?: Results } = {},
): void {
  const rounded = values.map(single);
  const run = compile((...xs: Tensor[]) => results(f, xs), { backend });
  const received = (run as unknown as (...xs: NdArray[]) => NdArray[])(...rounded);
  const make = () => exactly(results, f, rounded);
  const wanted = name === undefined ? make() : known(name, make);
  wanted.forEach((want, i) => {
    let scale = 1;
    for (const x of want.data) scale = Math.max(scale, Math.abs(x));
    expect(received[i]!.shape).toEqual(want.shape);
    for (let at = 0; at < want.data.length; at++) {
      const error = Math.abs(received[i]!.data[at]! - want.data[at]!);
      if (!(error <= tolerance * scale))
        expect.fail(
          `${i === 0 ? "output" : `gradient ${i - 1}`} at ${at}: ${received[i]!.data[at]}, not ${want.data[at]} (scale ${scale})`,
        );
    }
  });
}

for (const { name, runs, start } of kinds)
  describe(name, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await start();
    });
    afterAll(() => backend.close());

    for (const { op, about, applications, domain = [-2, 2] as const, runs: most = runs } of cases)
      test(`${op}${about ? ` ${about}` : ""}: output and gradient on small shapes, empty ones too`, () => {
        // A cast to float64 exists on the reference backend only.
        if (op === "cast") return;
        // The same for every backend, run by run; once one fails, fast-check looks for a smaller one.
        let run = 0;
        let shrinks = false;
        fc.assert(
          fc.property(applications, fc.nat(), ({ shapes, f }, seed) => {
            const name = shrinks ? undefined : [op, about, run++, shapes, seed];
            try {
              expectAgreement(backend, f, spread(shapes, domain, seed), { name });
            } catch (error) {
              shrinks = true;
              throw error;
            }
          }),
          { seed: 5, numRuns: Math.min(runs, most) },
        );
      });

    for (const { what, shapes, f, tolerance } of largeCases)
      test(`large: ${what}`, () => {
        const values = shapes.map((shape, i) => random(shape, i));
        expectAgreement(backend, f, values, { name: what, tolerance });
      });

    for (const [op, f] of Object.entries(pointwise))
      test(`${op}: infinities, NaN, zeros and far ends`, () => {
        const pairs = specials.flatMap((a) => specials.map((b) => [a, b] as const));
        const a = new NdArray(
          Float32Array.from(pairs, ([x]) => x),
          [pairs.length],
        );
        const b = new NdArray(
          Float32Array.from(pairs, ([, x]) => x),
          [pairs.length],
        );
        const received = compile((x: Tensor, y: Tensor) => f(x, y), { backend })(a, b);
        const [x, y] = [
          input("x", { shape: a.shape, dtype: "float64" }),
          input("y", { shape: b.shape, dtype: "float64" }),
        ];
        const feeds = new Map([
          [x, double(a)],
          [y, double(b)],
        ]);
        const [wanted] = known(["special", op], () => evaluate([f(x, y)], feeds));
        wanted!.data.forEach((want, i) => {
          const [got, exact] = [received.data[i]!, Math.fround(want)];
          // Numbers below the smallest normal one may be flushed to 0.
          const near =
            Object.is(got, exact) || got === exact || Math.abs(got - exact) <= 4e-7 * Math.abs(exact) + 1.2e-38;
          if (!near) expect.fail(`${op}(${pairs[i]}) is ${got}, not ${exact}`);
        });
      });

    for (const { what, f: apply, values } of integers)
      test(`int32: ${what}`, () => {
        const f = apply as (...xs: Tensor[]) => Tensor;
        const received = (compile(f as never, { backend }) as unknown as (...x: NdArray[]) => NdArray)(...values);
        const symbols = values.map((v, i) => input(`x${i}`, v));
        const make = () => evaluate([f(...symbols)], new Map(symbols.map((s, i) => [s, values[i]!])));
        const [wanted] = known(["int32", what], make);
        expect(received.dtype).toBe(wanted!.dtype);
        expect([...received.data]).toEqual([...wanted!.data]);
      });

    test("uniform draws and key folds are the reference's, bit for bit; normal ones to a rounding", () => {
      const draw = (step: Tensor) => {
        const k = key(2 ** 40 + 7)
          .fold(step)
          .fold(3);
        return [
          k.uniform([3, 1001]),
          k.uniform([77], { open: true }),
          k.normal([5, 333]),
          k.fold(1).uniform([6]),
          k.uniform([30_001], { fine: true }),
          // Element 1552 lies in the first of the steps of 2⁻²⁴.
          key(20524).uniform([1554]),
        ];
      };
      const step = new NdArray(Int32Array.of(123456), []);
      const received = compile((s: Tensor) => draw(s), { backend })(step) as unknown as NdArray[];
      const s = input("step", step);
      const wanted = known("draws", () => evaluate(draw(s), new Map([[s, step]])));
      for (const i of [0, 1, 3, 4, 5]) expect(received[i]!.data).toEqual(wanted[i]!.data);
      expect(wanted[5]!.data[1552]).toBeCloseTo(56 / 2 ** 32, 9);
      expect(wanted[4]!.data.filter((u) => u < 2 ** -12).length).toBeGreaterThan(2);
      wanted[2]!.data.forEach((want, i) => expect(Math.abs(received[2]!.data[i]! - want)).toBeLessThan(3e-6));
    });

    test("an index out of range is refused, with the index and the number of rows", () => {
      const pick = compile((table: Tensor, index: Tensor) => ops.gather(table, index), { backend });
      const table = new NdArray(new Float32Array(12), [4, 3]);
      expect(() => pick(table, new NdArray(Int32Array.of(0, 9), [2]))).toThrow(/0 to 3, received 9/);
      expect(() => pick(table, new NdArray(Int32Array.of(-1, 0), [2]))).toThrow(/received -1/);
      expect(pick(table, new NdArray(Int32Array.of(3, 0), [2])).shape).toEqual([2, 3]);
    });

    test("float64 is refused with the op's name", () => {
      expect(() =>
        compile((x: Tensor) => cast(x, "float64").exp(), { backend })(new NdArray(new Float32Array(2), [2])),
      ).toThrow(/cast: float64\[2\]/);
    });
  });

if (nativeSets.length === 0) test.skip("native: the add-on is not built here");

test.each(["wasm", ...nativeSets])("%s: results are bit-identical for 1, 2 and 4 threads", async (kind) => {
  const start = (threads: number) =>
    kind === "wasm" ? wasmBackend({ threads }) : nativeBackend({ threads, instructionSet: kind });
  const all = await Promise.all([1, 2, 4].map(start));
  for (const { shapes, f } of largeCases.filter(({ isShared }) => isShared)) {
    const values = shapes.map((shape, i) => single(random(shape, i)));
    const results = all.map((backend) =>
      (compile((...xs: Tensor[]) => outputs(f, xs), { backend }) as unknown as (...xs: NdArray[]) => NdArray[])(
        ...values,
      ),
    );
    // Bytes at once: a matcher that walks arrays of this size takes a minute in all.
    for (const other of results.slice(1))
      expect(other.map(({ data }, i) => sameBits(data, results[0]![i]!.data))).not.toContain(false);
  }
  await Promise.all(all.map((b) => b.close()));
});

test.each(nativeSets)("%s in bfloat16: what has 8 bits already is multiplied exactly", async (instructionSet) => {
  const backend = await nativeBackend({ threads: 2, instructionSet, precision: "bfloat16" });
  const eight = (x: NdArray) =>
    new NdArray(
      Float64Array.from(x.data, (v) => Math.round(v * 32) / 32),
      x.shape,
    );
  for (const { what, shapes, f, tolerance } of largeCases.filter(({ what }) => what.startsWith("matmul"))) {
    const values = shapes.map((shape, i) => randoms(["of 8 bits", shape, i], () => eight(random(shape, i))));
    expectAgreement(backend, f, values, { name: `${what} of 8 bits`, tolerance, results: (g, xs) => [g(...xs)] });
  }
  await backend.close();
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Data) => new Uint8Array(buffer, byteOffset, byteLength);
const sameBits = (a: Data, b: Data): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;

/** Whatever numbers, the same each time. */
function random(shape: Shape, phase: number): NdArray {
  return randoms([shape, phase], () => {
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
      Math.fround(2 * Math.sin(12.9898 * (i + 1) + 78.233 * phase) ** 3),
    );
    return new NdArray(data, shape);
  });
}
