/** Loops over steps that are drawn at random, with their gradients and second derivatives: every backend gives what the reference gives. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { compile } from "../compile/compile.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import * as ops from "../graph/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { distance } from "./testing/distance.ts";
import { nativeSets } from "./testing/native.ts";
import { start } from "./testing/random-program.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const backends: Backend[] = [];
beforeAll(async () => {
  backends.push(await wasmBackend({ threads: 2 }));
  for (const instructionSet of nativeSets.slice(-1)) backends.push(await nativeBackend({ threads: 2, instructionSet }));
});
afterAll(async () => {
  for (const backend of backends) await backend.close();
});

/** What a step may do with two of the values it has, [B, H] each, and a matrix [H, H]. */
const moves: readonly ((a: Tensor, b: Tensor, w: Tensor) => Tensor)[] = [
  (a, b) => a.add(b).mul(0.7),
  (a, b) => a.mul(b).mul(0.5),
  (a, b, w) => ops.tanh(ops.matmul(a, w).add(b)),
  (a, b) => ops.sigmoid(a).mul(b),
  (a, b) => ops.softmax(a).add(b.mul(0.3)),
  (a, b) => ops.where(ops.greater(a, b), a, b.mul(0.5)),
  (a, b) => a.sub(b.max(1, { keep: true }).mul(0.5)),
  (a, b, w) => ops.tanh(ops.matmul(ops.tanh(ops.matmul(a, w)), ops.transpose(w))).add(b),
  (a, b) => a.sub(b.mean(0, { keep: true })),
  (a, b) => ops.concat([ops.slice(a, [0, 0], [a.shape[0]!, 1]), ops.slice(b, [0, 1], b.shape)], 1),
  (a, b, w) => ops.sparseMatmul(ops.where(ops.greater(a, 0.4), b, 0), w).mul(0.5),
  (a, b, w) => {
    const inner = ops.scan(
      (c: Tensor, x: Tensor) => next(ops.tanh(ops.matmul(c, w).mul(0.6).add(x))),
      a,
      ops.stack([b, a]),
    );
    return inner.carry.add(inner.ys.sum(0).mul(0.1));
  },
];

const next = (y: Tensor) => ({ carry: y, y });

interface Drawn {
  readonly steps: number;
  readonly rows: number;
  readonly units: number;
  readonly moves: readonly (readonly [number, number, number])[];
  /** Of the values that a step has, counted from the last: which are carried on, and which are given. */
  readonly carries: readonly number[];
  readonly ys: readonly number[];
  readonly reverse: boolean;
  readonly recompute: boolean;
  readonly second: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  steps: fc.integer({ min: 1, max: 6 }),
  rows: fc.constantFrom(1, 2, 3, 9),
  units: fc.constantFrom(2, 5, 16, 33),
  moves: fc.array(fc.tuple(fc.nat(moves.length - 1), fc.nat(99), fc.nat(99)), { minLength: 1, maxLength: 6 }),
  carries: fc.array(fc.nat(99), { minLength: 1, maxLength: 3 }),
  ys: fc.array(fc.nat(99), { minLength: 0, maxLength: 3 }),
  reverse: fc.boolean(),
  recompute: fc.boolean(),
  second: fc.boolean(),
});

/** The values of a loop and its derivatives. */
function program({ moves: chosen, carries, ys, reverse, recompute, second }: Drawn) {
  return (w: Tensor, fixed: Tensor, first: readonly Tensor[], xs: Tensor): Tensor[] => {
    const step = (carry: readonly Tensor[], x: Tensor) => {
      const pool = [fixed, x, ...carry];
      const at = (i: number): Tensor => pool[pool.length - 1 - (i % pool.length)]!;
      for (const [move, i, j] of chosen) pool.push(moves[move]!(at(i), at(j), w));
      return { carry: carries.map(at), y: ys.map(at) };
    };
    const result = ops.scan(step, first, xs, { reverse, recompute });
    const results = [...result.carry, ...result.ys];
    const loss = results
      .map((x, i) =>
        x
          .mul(1 / (i + 1))
          .sin()
          .sum(),
      )
      .reduce((a, b) => a.add(b));
    const gradients = ops.gradients(loss, [w, fixed, ...first, xs]);
    const length = gradients.map((g) => g.sin().sum()).reduce((a, b) => a.add(b));
    return [...results, ...gradients, ...(second ? ops.gradients(length, [w, first[0]!]) : [])];
  };
}

test("loops drawn at random", () => {
  fc.assert(
    fc.property(drawn, (loop) => {
      const { steps, rows, units, carries } = loop;
      const scaled = (shape: number[], phase: number, by: number): NdArray => {
        const x = start(shape, phase);
        for (let i = 0; i < x.data.length; i++) x.data[i]! *= by;
        return x;
      };
      const given = [
        scaled([units, units], 0, 1 / units),
        scaled([rows, units], 1, 0.3),
        carries.map((_, i) => scaled([rows, units], 2 + i, 0.3)),
        scaled([steps, rows, units], 9, 0.3),
      ] as const;
      const run = (backend: Backend) =>
        compile(program(loop) as never, { backend })(...(given as unknown as [])) as unknown as NdArray[];
      const wanted = run(referenceBackend());
      for (const backend of backends)
        run(backend).forEach(({ data }, i) =>
          expect(distance(data, wanted[i]!.data, 1), `output ${i}`).toBeLessThan(1e-4),
        );
    }),
    { numRuns: howMany(60, 15), seed: 1 },
  );
});
