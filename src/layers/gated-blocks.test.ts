import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import {
  constant,
  evaluate,
  gradients,
  mul,
  NdArray,
  rectifier,
  type Shape,
  sigmoid,
  sizeOf,
  sum,
  type Tensor,
  tanh,
} from "../graph/index.ts";
import { key } from "../random/index.ts";
import { type GatedBlocksParams, gatedBlocks, gatedBlocksInit, gatedBlocksShapes } from "./gated-blocks.ts";

/** Numbers between −1 and 1 without a pattern that a mistake could share. */
const numbers = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(phase + 1.7 * i + 0.31 * i * i)),
    shape,
  );
const [B, IN, K, S, OUT] = [5, 3, 4, 2, 6] as const;
const params = (width: number = S): GatedBlocksParams<NdArray> => ({
  weight: numbers([K, width, IN], 1),
  bias: numbers([K, width], 2),
  out: numbers([K, width, OUT], 3),
});
const x = numbers([B, IN], 4);
/** Block 2 is closed for all examples, example 1 has no open block. */
const gates = new NdArray(Float64Array.of(1, 0, 0, 0.5, 0, 0, 0, 0, -2, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 3), [B, K]);
const symbols = (p: GatedBlocksParams<NdArray>) => ({
  weight: constant(p.weight),
  bias: constant(p.bias),
  out: constant(p.out),
});

/** The definition, in loops. */
function byHand({ weight, bias, out }: GatedBlocksParams<NdArray>, f: (a: number) => number): number[] {
  const width = weight.shape[1]!;
  const y = new Array<number>(B * OUT).fill(0);
  for (let r = 0; r < B; r++)
    for (let u = 0; u < K * width; u++) {
      const gate = gates.data[r * K + Math.floor(u / width)]!;
      if (gate === 0) continue;
      let a = bias.data[u]!;
      for (let i = 0; i < IN; i++) a += x.data[r * IN + i]! * weight.data[u * IN + i]!;
      for (let o = 0; o < OUT; o++) y[r * OUT + o]! += gate * f(a) * out.data[u * OUT + o]!;
    }
  return y;
}

const project = (y: Tensor): Tensor => sum(mul(y, constant(numbers(y.shape, 9))));
/** The value, and the gradients of a projection of it with respect to x, gates, weight, bias and out. */
function pass(options: Parameters<typeof gatedBlocks>[3], p = params(), g = gates): NdArray[] {
  const [xs, gs, ps] = [constant(x), constant(g), symbols(p)];
  const y = gatedBlocks(ps, xs, gs, options);
  return evaluate([y, ...gradients(project(y), [xs, gs, ps.weight, ps.bias, ps.out])]);
}

const activations = {
  linear: [undefined, (a: number) => a],
  rectifier: [rectifier, (a: number) => Math.max(0, a)],
  sigmoid: [sigmoid, (a: number) => 1 / (1 + Math.exp(-a))],
} as const;

describe.each(["skip", "evaluate"] as const)("closed: %s", (closed) => {
  test.each(Object.entries(activations))("%s: is the sum over open blocks", (_, [activation, f]) => {
    for (const width of [1, S, 3]) {
      const expected = byHand(params(width), f);
      pass({ activation, closed }, params(width))[0]!.data.forEach((y, i) => expect(y).toBeCloseTo(expected[i]!, 12));
    }
  });
});

test("skip gives the gradients of evaluate, and nothing to closed gates", () => {
  const [skip, all] = (["skip", "evaluate"] as const).map((closed) => pass({ activation: tanh, closed }));
  skip!.forEach((values, which) =>
    values.data.forEach((g, i) => {
      const isClosed = which === 2 && gates.data[i] === 0;
      if (isClosed) expect(g).toBe(0);
      else expect(g).toBeCloseTo(all![which]!.data[i]!, 12);
    }),
  );
  expect(all![2]!.data.filter((g, i) => gates.data[i] === 0 && g !== 0).length).toBeGreaterThan(10);
});

test("weights of a block that is closed for all examples are not read, and get no gradient", () => {
  const poisoned = params();
  const plain = pass({ activation: tanh });
  for (const values of Object.values(poisoned)) values.data.fill(Number.NaN, (2 * values.data.length) / K, (3 * values.data.length) / K); // biome-ignore format: one line
  const spoilt = pass({ activation: tanh }, poisoned);
  spoilt.forEach((values, which) => expect(values.data, `result ${which}`).toEqual(plain[which]!.data));
  expect([...plain[3]!.data.slice(2 * S * IN, 3 * S * IN)].every((g) => g === 0)).toBe(true);
});

test("an example whose input is NaN spoils no other example's result, nor a block that is closed for it", () => {
  const spoilt = new NdArray(Float64Array.from(x.data), x.shape);
  spoilt.data.fill(Number.NaN, 0, IN); // example 0 opens blocks 0 and 3
  const [xs, gs, ps] = [constant(spoilt), constant(gates), symbols(params())];
  const y = gatedBlocks(ps, xs, gs);
  const [values, dW] = evaluate([y, ...gradients(project(y), [ps.weight])]);
  expect([...values!.data].map(Number.isNaN)).toEqual(Array.from({ length: B * OUT }, (_, i) => i < OUT));
  const spoiltBlocks = Array.from({ length: K }, (_, k) => [...dW!.data.slice(k * S * IN, (k + 1) * S * IN)].some(Number.isNaN)); // biome-ignore format: one line
  expect(spoiltBlocks).toEqual([true, false, false, true]);
});

test("a gate of −0 is closed, one that is NaN is open", () => {
  const [minus, nan] = [-0, Number.NaN].map((gate) => {
    const g = new NdArray(Float64Array.from(gates.data), gates.shape);
    g.data[1] = gate;
    return pass({}, params(), g)[0]!.data.slice(0, OUT);
  });
  expect(minus).toEqual(pass({})[0]!.data.slice(0, OUT));
  expect([...nan!].every(Number.isNaN)).toBe(true);
});

test("gatedBlocksInit has the layout and the ranges of two affine maps", () => {
  const made = gatedBlocksInit(key(3), { input: 20, blocks: 8, width: 5, output: 7 }, 2);
  const shapes = gatedBlocksShapes(20, 8, 5, 7);
  for (const { name, shape } of shapes) expect(made[name]!.shape, name).toEqual(shape);
  const largest = ({ data }: NdArray) => Math.max(...Array.from(data, Math.abs));
  const bounds = [2 * Math.sqrt(6 / 60), Math.sqrt(6 / 47)];
  [made.weight, made.out].forEach((values, i) => {
    expect(largest(values)).toBeLessThanOrEqual(bounds[i]!);
    expect(largest(values)).toBeGreaterThan(0.95 * bounds[i]!);
  });
  expect(made.bias.data.every((b) => b === 0)).toBe(true);
});

test("refuses shapes that don't belong together", () => {
  const ps = symbols(params());
  const make = (shape: Shape, gateShape: Shape) => () =>
    gatedBlocks(ps, constant(numbers(shape, 1)), constant(numbers(gateShape, 1)));
  expect(make([B, IN + 1], [B, K])).toThrow(ShapeError);
  expect(make([B, IN], [B, K + 1])).toThrow("gatedBlocks: needs x [B, in], gates [B, K], weight [K, S, in], bias [K, S] and out [K, S, out], received [5, 3], [5, 5], [4, 2, 3]"); // biome-ignore format: one line
  expect(make([B + 1, IN], [B, K])).toThrow(ShapeError);
});

test("refuses what is no tensor, and options that don't exist", () => {
  const [ps, xs, gs] = [symbols(params()), constant(x), constant(gates)];
  const call =
    (...args: unknown[]) =>
    () =>
      (gatedBlocks as (...given: unknown[]) => Tensor)(...args);
  expect(call(undefined, xs, gs)).toThrow(/^gatedBlocks: operands must be tensors, received .*undefined/);
  expect(call({ ...ps, out: undefined }, xs, gs)).toThrow(/undefined: an argument or a key is missing/);
  expect(call(ps, xs)).toThrow(/^gatedBlocks: operands must be tensors/);
  expect(call(ps, x, gs)).toThrow("constant(...) makes it a tensor");
  expect(call(ps, xs, gs, { closed: "never" })).toThrow('gatedBlocks: closed must be one of skip, evaluate, received "never"'); // biome-ignore format: one line
  expect(call(ps, xs, gs, { activation: "tanh" })).toThrow('gatedBlocks: activation must be a function, received "tanh"'); // biome-ignore format: one line
  expect(call(ps, xs, gs, { close: "skip" })).toThrow(
    "gatedBlocks: the options are activation, closed (did you mean closed?), received close",
  );
  expect(() => gatedBlocksInit(key(1), { input: 2, blocks: 1.5, width: 2, output: 2 })).toThrow("gatedBlocksInit: blocks must be a whole number at least 0, received 1.5"); // biome-ignore format: one line
});
