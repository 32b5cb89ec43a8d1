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
import { isOp } from "../graph/op.ts";
import { conv2dOp } from "../graph/ops/conv2d.ts";
import { ancestors } from "../graph/pull-back.ts";
import { evaluatingAll } from "./gated-blocks.ts";
import { type GatedChannelsOptions, type GatedChannelsParams, gatedChannels } from "./gated-channels.ts";

/** Numbers between −1 and 1 without a pattern that a mistake could share. */
const numbers = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(phase + 1.7 * i + 0.31 * i * i)),
    shape,
  );
const [B, SIDE, C, K, S, TAPS] = [4, 4, 4, 3, 2, 3] as const;
const N = K * S;
const params = (): GatedChannelsParams<NdArray> => ({ weight: numbers([TAPS, TAPS, C, N], 1), bias: numbers([N], 2) });
const x = numbers([B, SIDE, SIDE, C], 4);
/** Group 2 is closed for all images, image 1 has no open group. */
const gates = new NdArray(Float64Array.of(1, 0.5, 0, 0, 0, 0, -2, 0, 0, 0, 1, 0), [B, K]);
/** Of halves of the channels. */
const behind = new NdArray(Float64Array.of(1, 0, 0, 1, 0, 0, 1, 1), [B, 2]);
const isClosed = (b: number, n: number): boolean => gates.data[b * K + Math.floor(n / S)] === 0;

/** The definition, in loops, with padding that keeps the size. */
function byHand({ weight, bias }: GatedChannelsParams<NdArray>, f: (a: number) => number): number[] {
  const y: number[] = [];
  for (let b = 0; b < B; b++)
    for (let at = 0; at < SIDE * SIDE; at++)
      for (let n = 0; n < N; n++) {
        let a = bias.data[n]!;
        for (let tap = 0; tap < TAPS * TAPS; tap++) {
          const row = Math.floor(at / SIDE) + Math.floor(tap / TAPS) - 1;
          const column = (at % SIDE) + (tap % TAPS) - 1;
          if (row < 0 || row >= SIDE || column < 0 || column >= SIDE) continue;
          for (let c = 0; c < C; c++)
            a += x.data[((b * SIDE + row) * SIDE + column) * C + c]! * weight.data[(tap * C + c) * N + n]!;
        }
        y.push(isClosed(b, n) ? 0 : gates.data[b * K + Math.floor(n / S)]! * f(a));
      }
  return y;
}

const project = (y: Tensor): Tensor => sum(mul(y, constant(numbers(y.shape, 9))));
/** The value, and the gradients of a projection of it with respect to x, gates, weight and bias. */
function pass(options: GatedChannelsOptions, p = params(), images = x): NdArray[] {
  const [xs, gs, weight, bias] = [constant(images), constant(gates), constant(p.weight), constant(p.bias)];
  const y = gatedChannels({ weight, bias }, xs, gs, { padding: "same", ...options });
  return evaluate([y, ...gradients(project(y), [xs, gs, weight, bias])]);
}

const activations = {
  linear: [undefined, (a: number) => a],
  rectifier: [rectifier, (a: number) => Math.max(0, a)],
  sigmoid: [sigmoid, (a: number) => 1 / (1 + Math.exp(-a))],
} as const;

describe.each(["skip", "evaluate"] as const)("closed: %s", (closed) => {
  test.each(Object.entries(activations))("%s: is a convolution whose features are multiplied by their gates", (_, [activation, f]) => {
    const expected = byHand(params(), f);
    pass({ activation, closed })[0]!.data.forEach((y, i) => expect(y).toBeCloseTo(expected[i]!, 12));
  }); // biome-ignore format: one line
});

test.each([tanh, sigmoid])("skip gives the gradients of evaluate, and nothing to closed gates", (activation) => {
  const [skip, all] = (["skip", "evaluate"] as const).map((closed) => pass({ activation, closed }));
  skip!.forEach((values, which) => {
    values.data.forEach((g, i) => {
      if (which === 2 && gates.data[i] === 0) expect(g).toBe(0);
      else expect(g).toBeCloseTo(all![which]!.data[i]!, 12);
    });
  });
  expect(all![2]!.data.filter((g, i) => gates.data[i] === 0 && g !== 0)).toHaveLength(8);
  expect(skip![2]!.data.filter((g) => g !== 0)).toHaveLength(4);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])("weights and biases of %s in a group that is closed for all images are not read, and get no gradient", (value) => {
  const plain = pass({ activation: tanh });
  const spoilt = params();
  for (const { data } of Object.values(spoilt)) for (let i = 0; i < data.length; i++) if (i % N >= 2 * S) data[i] = value;
  pass({ activation: tanh }, spoilt).forEach((values, which) => expect(values.data, `result ${which}`).toEqual(plain[which]!.data));
  for (const which of [3, 4]) expect(plain[which]!.data.filter((g, i) => i % N >= 2 * S && g !== 0)).toEqual(new Float64Array());
}); // biome-ignore format: rows

test("channels behind closed gates are not read, and get no gradient", () => {
  const hides = (i: number) => behind.data[Math.floor(i / (SIDE * SIDE * C)) * 2 + Math.floor((i % C) / 2)] === 0;
  const filled = (value: number) =>
    new NdArray(
      Float64Array.from(x.data, (v, i) => (hides(i) ? value : v)),
      x.shape,
    );
  const plain = pass({ activation: tanh }, params(), filled(0));
  const spoilt = pass({ activation: tanh, behind: constant(behind) }, params(), filled(Number.NaN));
  spoilt.forEach((values, which) => {
    values.data.forEach((value, i) => {
      expect(value).toBeCloseTo(which === 1 && hides(i) ? 0 : plain[which]!.data[i]!, 12);
    });
  });
});

test("evaluatingAll computes what skip skips, by a convolution without gates", () => {
  const trace = () => gatedChannels({ weight: constant(params().weight), bias: constant(params().bias) }, constant(x), constant(gates), { padding: "same", behind: constant(behind) }); // biome-ignore format: one line
  const inputsOf = (y: Tensor) => ancestors([y]).filter((node) => isOp(node, conv2dOp))[0]!.inputs.length;
  expect([inputsOf(trace()), inputsOf(evaluatingAll(trace))]).toEqual([4, 2]);
  expect(evaluate([evaluatingAll(trace)])[0]).toEqual(pass({ closed: "evaluate" })[0]);
});

test("refuses shapes that don't belong together, and options that don't exist", () => {
  const call =
    (images: Shape, of: Shape, options: object = {}, features = N) =>
    () =>
      gatedChannels(
        { weight: constant(numbers([TAPS, TAPS, C, N], 1)), bias: constant(numbers([features], 1)) },
        constant(numbers(images, 1)),
        constant(numbers(of, 1)),
        options,
      );
  expect(call([B, 5, 5, C], [B, 4])).toThrow("gatedChannels: needs x [B, rows, columns, channels], gates [B, K], weight [taps, taps, channels, features] and bias [features], with features a multiple of K, received [4, 5, 5, 4], [4, 4], [3, 3, 4, 6], [6]"); // biome-ignore format: one line
  expect(call([B, 5, 5, C], [B + 1, K])).toThrow(ShapeError);
  expect(call([B, 5, 5, C], [B, K], {}, N + 1)).toThrow(ShapeError);
  expect(call([B, 5, 5, C + 1], [B, K])).toThrow(ShapeError);
  expect(call([B, 5, 5, C], [B, K], { closed: "never" })).toThrow('gatedChannels: closed must be one of skip, evaluate, received "never"'); // biome-ignore format: one line
  expect(call([B, 5, 5, C], [B, K], { activation: "tanh" })).toThrow('gatedChannels: activation must be a function, received "tanh"'); // biome-ignore format: one line
  expect(call([B, 5, 5, C], [B, K], { groups: 2 })).toThrow("gatedChannels: the options are stride, dilation, padding, activation, closed, behind, received groups"); // biome-ignore format: one line
  expect(call([B, 5, 5, C], [B, K], { behind: [1] })).toThrow(/^gatedChannels: operands must be tensors/);
  expect(call([B, 5, 5, C], [B, K], { behind: constant(numbers([B, 3], 1)) })).toThrow(/open.channels must have one gate for each of some equal groups of the 4 channels, received 3 gates/); // biome-ignore format: one line
});
