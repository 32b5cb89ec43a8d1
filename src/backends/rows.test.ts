/** Reductions of rows in a plan: what runs in the tape of the rows they reduce, and that it agrees with the reference. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import * as ops from "../graph/index.ts";
import { array, NdArray, type Shape, sizeOf, type Tensor } from "../graph/index.ts";
import type { Fusion } from "../plan/fusion.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { referenceBackend } from "./reference/reference.ts";
import { wasmBackend } from "./wasm/wasm.ts";

let wasm: Backend;
beforeAll(async () => {
  wasm = await wasmBackend({ threads: 2 });
});
afterAll(() => wasm.close());

const start = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + 2.1 * i + phase)),
    shape,
  );

describe("a plan", () => {
  /** Each example's loss, and the gradient of their mean. */
  const lossAndGradient = (options: { without?: Fusion[] } = {}) =>
    compile(
      (w: Tensor, h: Tensor, labels: Tensor) => {
        const losses = (q: Tensor): Tensor => ops.crossEntropy(ops.matmul(h, q), labels);
        return [losses(w), ops.grad((q: Tensor) => losses(q).mean())(w)];
      },
      { backend: wasm, ...options },
    );
  const labels = (n: number, classes: number) => array(Int32Array.from({ length: n }, (_, i) => (7 * i) % classes));

  test("puts softmax, cross-entropy and its gradient behind the product of the class scores", () => {
    const text = lossAndGradient().plan(start([20, 10], 0), start([30, 20], 1), labels(30, 10));
    expect(text).toMatch(/^2 instructions/);
    const product = text.slice(0, text.indexOf("   1  "));
    for (const step of ["row_max result", "exp", "row_sum", "log", "spread"]) expect(product).toContain(` = ${step}`);
    // Wider scores are shared among threads in strips: the loss then is one instruction of its own.
    const wide = lossAndGradient().plan(start([20, 24], 0), start([30, 20], 1), labels(30, 24));
    expect(wide.match(/^ *\d+ {2}\w+/gm)!.map((line) => line.trim().split(/ +/)[1])).toEqual([
      "gemm",
      "elementwise",
      "gemm",
    ]);
    const apart = lossAndGradient({ without: ["rows"] }).plan(start([20, 10], 0), start([30, 20], 1), labels(30, 10));
    expect(apart).not.toMatch(/row_|spread/);
    expect(apart.match(/over the middle/g)).toHaveLength(4);
  });

  test("computes a mean loss where the losses are, but for what the mean needs", () => {
    const f = (w: Tensor, h: Tensor, l: Tensor) =>
      ops.valueAndGrad((q: Tensor) => ops.crossEntropy(ops.matmul(h, q), l).mean())(w);
    const text = compile(f, { backend: wasm }).plan(start([20, 10], 0), start([30, 20], 1), labels(30, 10));
    expect(text).toMatch(/1 {2}elementwise \[1, 30\]\n {8}c0 = row_sum .*\n {8}.* = div c0, 30\n *2 {2}gemm/);
  });

  test("spreads over rows what differs from row to row, and no scalar", () => {
    const softmax = compile((x: Tensor, s: Tensor) => ops.softmax(x.mul(s)).mul(s), { backend: wasm });
    expect(softmax.plan(start([3, 7], 0), 2).match(/= spread/g)).toHaveLength(2);
  });

  test("reduces rows within the tape that makes them, where elementwise operations are kept apart", () => {
    const f = (x: Tensor) => ops.sum(x.sin(), 1).cos();
    expect(compile(f, { backend: wasm, without: ["chain"] }).plan(start([3, 7], 0))).toMatch(/^2 instructions/);
    expect(compile(f, { backend: wasm, without: ["chain", "rows"] }).plan(start([3, 7], 0))).toMatch(/^3 instructions/);
  });

  test("reduces rows longer than a tile by an instruction of their own", () => {
    const softmax = compile((x: Tensor) => ops.softmax(x), { backend: wasm });
    expect(softmax.plan(start([3, 512], 0))).toMatch(/^1 instructions/);
    expect(softmax.plan(start([3, 513], 0))).toMatch(/^4 instructions(.*\n)*.*max \[3, 513, 1\] over the middle/);
  });

  test("gives NaN for the loss of a label that is no class, and for that alone", () => {
    const given = array(Int32Array.of(0, 10, 3, -1, 9));
    const [losses, gradient] = lossAndGradient()(start([20, 10], 0), start([5, 20], 1), given) as unknown as NdArray[];
    expect([...losses!.data].map(Number.isNaN)).toEqual([false, true, false, true, false]);
    expect(gradient!.data.every(Number.isFinite)).toBe(true);
  });

  test("computes early values with the one instruction that reads them", () => {
    // The mask depends on the labels alone and could be made at once.
    const f = (x: Tensor, mask: Tensor) => ops.mul(ops.sum(ops.transpose(x), 0).tanh(), ops.greater(mask, 0.5));
    const text = compile(f, { backend: wasm }).plan(start([4, 600], 0), start([4], 1));
    expect(text).toMatch(/^3 instructions/);
  });

  const down = (t: Tensor): Tensor => ops.expandDims(t, -1);
  test.each<[string, (x: Tensor, c: Tensor) => Tensor]>([
    ["a part of another value", (x, c) => x.mul(down(ops.slice(c.tanh(), [0], [150])))],
    ["a later part", (x, c) => x.mul(down(ops.slice(c.tanh(), [3], [153])))],
    [
      "a transposed value",
      (x) =>
        ops
          .slice(x, [0, 0], [9, 5])
          .reshape([3, 3, 5])
          .mul(down(ops.transpose(ops.slice(x, [0, 0], [3, 3]).tanh()))),
    ],
    ["a draw", (x) => x.mul(down(key(3).uniform([150])))],
    ["a draw beside a sum", (x) => ops.sum(x, 1).mul(key(3).uniform([150]))],
    ["a product with one column", (x) => x.mul(ops.matmul(x, ops.slice(ops.transpose(x), [0, 0], [5, 1])))],
    ["the largest integer", (x) => ops.max(ops.cast(x.mul(1e9), "int32"), 1)],
    ["a sum of integers that wraps around", (x) => ops.sum(ops.cast(x.mul(1e9), "int32"), 1)],
  ])("takes for a column only what lies like one: %s", (_, f) => {
    const values = [start([150, 5], 0), start([153], 1)] as const;
    const run = (backend: Backend) => compile(f, { backend })(...values) as unknown as NdArray;
    const wanted = run(referenceBackend());
    run(wasm).data.forEach((v, i) => expect(Math.abs(v - wanted.data[i]!)).toBeLessThan(1e-5));
  });
});
