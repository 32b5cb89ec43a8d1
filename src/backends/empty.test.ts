/** Arrays without elements: sums of nothing are 0, maxima of nothing are refused, on every backend and going backward too. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { resident } from "../compile/resident.ts";
import * as ops from "../graph/index.ts";
import { gradients, NdArray, type Shape, sum, type Tensor } from "../graph/index.ts";
import { gatedBlocks } from "../layers/gated-blocks.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const kinds: [name: string, start: () => Promise<Backend> | Backend][] = [
  ["reference", referenceBackend],
  ["wasm", () => wasmBackend({ threads: 2 })],
  ...nativeSets
    .slice(0, 1)
    .map((set): [string, () => Promise<Backend>] => [
      "native",
      () => nativeBackend({ threads: 2, instructionSet: set }),
    ]),
];

const ones = (...shape: number[]): NdArray => {
  const made = NdArray.zeros(shape);
  made.data.fill(1);
  return made;
};
const indices = (...values: number[]): NdArray => new NdArray(Int32Array.from(values), [values.length]);

/** x, gates, weight, bias and out of K blocks of S units, D in and O out, for B examples. */
const layer = ({ B = 2, K = 4, S = 2, D = 3, O = 5 }): NdArray[] =>
  ([[B, D], [B, K], [K, S, D], [K, S], [K, S, O]] as Shape[]).map((shape) => ones(...shape)); // biome-ignore format: a table

describe.each(kinds)("%s", (_, start) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.close());
  const run = (f: (...xs: Tensor[]) => Tensor | Tensor[], ...args: NdArray[]) =>
    (compile(f, { backend }) as unknown as (...xs: NdArray[]) => NdArray & NdArray[])(...args);

  test.each([
    ["examples", { B: 0 }],
    ["blocks", { K: 0 }],
    ["units", { S: 0 }],
    ["examples and blocks", { B: 0, K: 0 }],
    ["outputs", { O: 0 }],
  ])("gatedBlocks without %s gives zeros, and zeros for gradients", (_what, sizes) => {
    for (const closed of ["skip", "evaluate"] as const) {
      const args = layer(sizes);
      const [y, ...grads] = run(
        (...xs) => {
          const [x, gates, weight, bias, out] = xs as [Tensor, Tensor, Tensor, Tensor, Tensor];
          const sent = gatedBlocks({ weight, bias, out }, x, gates, { activation: ops.tanh, closed });
          return [sent, ...gradients(sum(ops.square(sent.add(1))), xs)];
        },
        ...args,
      );
      expect(y!.shape).toEqual([args[0]!.shape[0], args[4]!.shape[2]]);
      grads.forEach((g, i) => expect(g.shape).toEqual(args[i]!.shape));
      expect([y!, ...grads].every(({ data }) => data.every((v) => v === 0))).toBe(true);
    }
  });

  test("gatedBlocks without inputs sends what the biases make", () => {
    const f = (x: Tensor, gates: Tensor, weight: Tensor, bias: Tensor, out: Tensor) =>
      gatedBlocks({ weight, bias, out }, x, gates);
    expect(run(f as never, ...layer({ D: 0, O: 1 })).toNested()).toEqual([[8], [8]]);
  });

  test("a step without examples leaves weights as they are", () => {
    const [x, gates, weight, bias, out] = layer({ B: 0 }) as [NdArray, NdArray, NdArray, NdArray, NdArray];
    const state = resident({ weight, bias, out }, { backend });
    const step = compile(
      (p: { weight: Tensor; bias: Tensor; out: Tensor }, inputs: Tensor, gate: Tensor) => {
        const loss = sum(gatedBlocks(p, inputs, gate));
        const [w, b, v] = gradients(loss, [p.weight, p.bias, p.out]) as [Tensor, Tensor, Tensor];
        return { state: { weight: p.weight.sub(w), bias: p.bias.sub(b), out: p.out.sub(v) }, loss };
      },
      { backend },
    );
    expect((step(state, x, gates) as { loss: NdArray }).loss.item()).toBe(0);
    expect(state.read()).toEqual({ weight, bias, out });
  });

  test.each<[string, (...xs: Tensor[]) => Tensor, NdArray[], unknown]>([
    ["matmul over no terms", (a, b) => a!.matmul(b!).add(1), [ones(2, 0), ones(0, 2)], [[1, 1], [1, 1]]], // biome-ignore format: one line
    ["matmul of no rows", (a, b) => a!.matmul(b!), [ones(0, 2), ones(2, 3)], []],
    ["sum of nothing", (a) => a!.sum(), [ones(0)], 0],
    ["sum over an empty axis", (a) => a!.sum(1), [ones(2, 0)], [0, 0]],
    ["mean of nothing", (a) => a!.mean(), [ones(0)], Number.NaN],
    ["softmax of no classes", (a) => a!.softmax(), [ones(2, 0)], [[], []]],
    ["logSoftmax of no rows", (a) => a!.logSoftmax(), [ones(0, 2)], []],
    ["crossEntropy of no classes", (a, b) => ops.crossEntropy(a!, b!), [ones(1, 0), indices(0)], [Number.NaN]],
    ["argmax of no rows", (a) => a!.argmax(), [ones(0, 3)], []],
    ["largest of no rows", (a) => ops.largest(a!, 1), [ones(0, 3)], []],
    ["concat with nothing", (a, b) => ops.concat([a!, b!]), [ones(0, 2), ones(1, 2)], [[1, 1]]],
    ["gather of nothing from nothing", (a, b) => ops.gather(a!, b!), [ones(0, 2), indices()], []],
    ["scatterAdd of nothing", (a, b) => ops.scatterAdd(a!, b!, 2), [ones(0, 1), indices()], [[0], [0]]],
    ["oneHot of no classes", (a) => ops.oneHot(a!, 0), [indices(1)], [[]]],
    ["uniform draws of none", (a) => key(1).uniform([0]).add(a!), [ones()], []],
    ["normal draws of none", (a) => key(1).normal([2, 0]).add(a!), [ones()], [[], []]],
    ["bernoulli draws of none", (a) => key(1).bernoulli(a!), [ones(0)], []],
  ])("%s", (_what, f, args, wanted) => {
    expect(run(f, ...args).toNested()).toEqual(wanted);
  });

  test("an index into a table without rows is refused", () => {
    expect(() => run((a, b) => ops.gather(a!, b!), ones(0, 2), indices(0))).toThrow(/^gather: .*0/);
  });
});
