/** Convolutions beyond the sizes of the table of ops: where images, channels, features and sums are cut into parts. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { full, howMany, isOtherNode } from "../../test/support/full.ts";
import { compile } from "../compile/compile.ts";
import { add, div, gradients, NdArray, type Shape, sizeOf, square, sum, type Tensor, tanh } from "../graph/index.ts";
import { isOpen, type OpenChannels } from "../graph/open-channels.ts";
import { convGradient } from "../graph/ops/conv-gradient.ts";
import { convolution } from "../graph/ops/conv2d.ts";
import { transposedConv } from "../graph/ops/conv2d-transpose.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import { poolArgmax } from "../graph/ops/pool-argmax.ts";
import { poolTake } from "../graph/ops/pool-take.ts";
import { type ConvAttrs, type Pair, poolWindow, type WindowOptions, windowOver } from "../graph/window.ts";
import { gatedChannels } from "../layers/gated-channels.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { remember } from "./testing/remember.ts";
import { wasmBackend } from "./wasm/wasm.ts";

interface Sizes {
  readonly about: string;
  readonly batch: number;
  readonly input: Pair;
  readonly channels: number;
  readonly size: Pair;
  readonly features: number;
  readonly groups?: number;
  readonly options?: WindowOptions;
  /** Groups that gates open, of features and of channels. */
  readonly open?: { readonly features?: number; readonly channels?: number };
}

/** Those that take little time come first. */
const all: readonly Sizes[] = [
  { about: "a first layer", batch: 3, input: [28, 28], channels: 1, size: [5, 5], features: 32, options: { padding: "same" } },
  { about: "strides", batch: 2, input: [23, 31], channels: 19, size: [3, 5], features: 33, options: { stride: [2, 3], padding: "same" } },
  { about: "groups", batch: 2, input: [9, 9], channels: 24, size: [3, 3], features: 60, groups: 4, options: { padding: 1 } },
  { about: "more features than a strip", batch: 2, input: [6, 5], channels: 8, size: [3, 2], features: 300 },
  { about: "dilation", batch: 2, input: [17, 18], channels: 33, size: [3, 3], features: 17, options: { dilation: [2, 3], padding: "same" } },
  { about: "a second layer", batch: 3, input: [14, 14], channels: 32, size: [5, 5], features: 64, options: { padding: "same" } },
  { about: "more channels than a block", batch: 1, input: [7, 6], channels: 300, size: [3, 3], features: 40, options: { padding: 1 } },
  { about: "rows that don't fit the tile", batch: 1, input: [3, 700], channels: 128, size: [2, 3], features: 5, options: { padding: 2 } },
  { about: "an image that doesn't fit the tile", batch: 1, input: [90, 90], channels: 40, size: [3, 3], features: 3, options: { padding: 1 } },
  {
    about: "a window that doesn't",
    batch: 1,
    input: [31, 101],
    channels: 40,
    size: [30, 100],
    features: 2,
    options: { padding: [1, 0] },
  },
  { about: "one image, whose places are shared", batch: 1, input: [40, 60], channels: 6, size: [5, 5], features: 16, options: { padding: "same" } },
  { about: "a channel a group", batch: 2, input: [12, 11], channels: 37, size: [3, 3], features: 37, groups: 37, options: { padding: 1 } },
  { about: "many channels, each a group", batch: 2, input: [13, 12], channels: 165, size: [3, 4], features: 165, groups: 165, options: { stride: [2, 1], dilation: [1, 2], padding: 2 } },
  { about: "images in parts, each channel a group", batch: 1, input: [70, 60], channels: 130, size: [2, 9], features: 130, groups: 130 },
  { about: "very long sums over taps", batch: 1, input: [61, 61], channels: 12, size: [60, 60], features: 3 },
  {
    about: "very long sums over places",
    batch: 17,
    input: [130, 131],
    channels: 2,
    size: [3, 3],
    features: 3,
    options: { padding: 1 },
  },
]; // biome-ignore format: rows

/** The same behind gates. */
const gated: readonly Sizes[] = [
  { about: "groups of 8, fewer than a vector", batch: 4, input: [10, 9], channels: 24, size: [3, 3], features: 40, options: { padding: "same" }, open: { features: 5, channels: 3 } },
  { about: "groups that no vector begins with", batch: 5, input: [9, 7], channels: 12, size: [3, 2], features: 35, options: { stride: [2, 1] }, open: { features: 7, channels: 6 } },
  { about: "more features than a strip, and more channels than a block", batch: 4, input: [6, 5], channels: 300, size: [3, 2], features: 300, options: { padding: 1 }, open: { features: 12, channels: 6 } },
  { about: "a gate for each channel of an image without borders", batch: 4, input: [11, 40], channels: 40, size: [3, 3], features: 17, open: { channels: 40 } },
  { about: "dilation, and features alone", batch: 4, input: [17, 18], channels: 33, size: [3, 3], features: 48, options: { dilation: [2, 3], padding: "same" }, open: { features: 3 } },
  { about: "one gate for all", batch: 5, input: [28, 28], channels: 1, size: [5, 5], features: 32, options: { padding: "same" }, open: { features: 1, channels: 1 } },
  { about: "open channels of an image that doesn't fit the tile", batch: 3, input: [90, 90], channels: 40, size: [3, 2], features: 3, options: { padding: 1 }, open: { features: 3, channels: 5 } },
  { about: "very long sums over open taps", batch: 6, input: [13, 13], channels: 256, size: [12, 12], features: 6, open: { features: 3, channels: 2 } },
  { about: "very long sums over places of some images", batch: 34, input: [130, 131], channels: 2, size: [3, 3], features: 4, options: { padding: 1 }, open: { features: 2, channels: 2 } },
]; // biome-ignore format: rows

const started: Backend[] = [];
afterAll(async () => {
  for (const backend of started) await backend.close();
});
const kinds: readonly (readonly [name: string, start: (threads: number) => Promise<Backend>])[] = [
  ["wasm", (threads) => wasmBackend({ threads })],
  ...(full
    ? [["wasm without relaxed SIMD", (threads: number) => wasmBackend({ threads, relaxed: false })] as const]
    : []),
  // The add-on is the same machine code in each Node.
  ...(isOtherNode ? [] : nativeSets).map(
    (set) => [`native ${set}`, (threads: number) => nativeBackend({ threads, instructionSet: set })] as const,
  ),
];

const numbers = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(0.3 + Math.sin(phase + 1.7 * i + i / 97))),
    shape,
  );

/** Gates [batch, groups]: all of the first image are open, none of the second, the last group only for the first where there are some. */
const gatesOf = (batch: number, groups: number, phase: number): NdArray =>
  new NdArray(
    Float32Array.from({ length: batch * groups }, (_, i) => {
      const [b, k] = [Math.floor(i / groups), i % groups];
      if (b < 2) return 1 - b;
      return Math.sin(phase + 2.3 * i + i * i) > 0 && (groups === 1 || k < groups - 1) ? 0.5 : -0;
    }),
    [batch, groups],
  );

/** NaN where channels [B, …, n] are closed. */
function spoil({ data, shape }: NdArray, gates: NdArray | undefined): void {
  const [batch, n] = [shape[0]!, shape.at(-1)!];
  data.forEach((_, i) => {
    const image = Math.floor((i * batch) / data.length);
    if (!isOpen(gates, image, i % n, n)) data[i] = Number.NaN;
  });
}

/** x, w and y of a convolution, its window and its gates. What is closed is NaN. */
function arraysOf({ batch, input, channels, size, features, groups = 1, options = {}, open }: Sizes) {
  const window = windowOver("conv2d", input, size, options);
  const attrs: ConvAttrs = { window, groups };
  const gates = {
    ...(open?.features && { features: gatesOf(batch, open.features, 4) }),
    ...(open?.channels && { channels: gatesOf(batch, open.channels, 5) }),
  };
  const x = numbers([batch, ...input, channels], 1);
  const y = numbers([batch, ...window.output, features], 3);
  spoil(x, gates.channels);
  spoil(y, gates.features);
  return { attrs, x, w: numbers([...size, channels / groups, features], 2), y, gates };
}

/** The three products of each two of a convolution's arrays. The first and the last have something behind them. */
const products = (sizes: Sizes, backend: Backend): readonly NdArray[] => {
  const { attrs, x, w, y, gates } = arraysOf(sizes);
  const run = compile(
    (x: Tensor, w: Tensor, y: Tensor, gates: OpenChannels) => [
      convolution(x, w, attrs, gates).mul(0.5).add(1),
      transposedConv(y, w, attrs, gates),
      w.sub(convGradient(x, y, attrs, gates)),
    ],
    { backend },
  );
  return run(x, w, y, gates as never) as NdArray[];
};

const wanted = remember<readonly NdArray[]>();

describe.each(kinds)("%s", (_, start) => {
  let alone: Backend;
  let team: Backend;
  beforeAll(async () => {
    started.push((alone = await start(1)), (team = await start(3)));
  });

  test.each(
    [...all.slice(0, howMany(all.length, 4)), ...gated.slice(0, howMany(gated.length, 2))].map(
      (sizes) => [sizes.about, sizes] as const,
    ),
  )("%s", (about, sizes) => {
    const want = wanted([about], () => products(sizes, referenceBackend()));
    const found = products(sizes, alone);
    found.forEach(({ data }, k) => {
      let scale = 1;
      for (const value of want[k]!.data) scale = Math.max(scale, Math.abs(value));
      data.forEach((value, i) => {
        if (!(Math.abs(value - want[k]!.data[i]!) <= 4e-6 * scale))
          expect.fail(`product ${k}: ${value} at ${i}, not ${want[k]!.data[i]}`);
      });
    });
    // Any number of threads gives the same bits.
    products(sizes, team).forEach(({ data }, k) => {
      data.forEach((value, i) => {
        if (!Object.is(value, found[k]!.data[i])) expect.fail(`product ${k} by 3 threads: ${value} at ${i}`);
      });
    });
  });

  test.each([8, 17])("what follows open channels reads the gates of its own image, %i features", (features) => {
    const arrays = {
      x: numbers([5, 7, 6, 4], 1),
      weight: numbers([3, 3, 4, features], 2),
      bias: numbers([features], 3),
      gates: gatesOf(5, features === 8 ? 4 : 17, 4),
    };
    const all = ({ x, gates, ...params }: { readonly [K in keyof typeof arrays]: Tensor }) => {
      const y = gatedChannels(params, x, gates, { padding: "same", activation: tanh });
      // Whole rows of features, too, in the pass behind the convolution.
      const scaled = div(y, add(sum(square(y), 3, { keep: true }), 1));
      const loss = sum(square(scaled));
      return [y, scaled, ...gradients(loss, [x, gates, params.weight, params.bias])];
    };
    const run = (backend: Backend) => compile(all, { backend })(arrays) as NdArray[];
    const [wanted, found] = [run(referenceBackend()), run(alone)];
    found.forEach(({ data }, k) => {
      data.forEach((value, i) => {
        expect(Math.abs(value - wanted[k]!.data[i]!), `result ${k} at ${i}`).toBeLessThan(4e-6);
      });
    });
    expect(run(team)).toEqual(found);
  });

  test("bias, activation and gates are one pass behind open channels", () => {
    const layer = ({ x, gates, weight, bias }: { readonly [name: string]: Tensor }) =>
      gatedChannels({ weight: weight!, bias: bias! }, x!, gates!, { padding: "same", activation: tanh });
    const arrays = { x: numbers([5, 7, 6, 4], 1), weight: numbers([3, 3, 4, 8], 2), bias: numbers([8], 3), gates: gatesOf(5, 4, 4) }; // biome-ignore format: one line
    const instructions = compile(layer, { backend: alone }).plan(arrays).split("\n").filter((line) => /^ +\d/.test(line)); // biome-ignore format: one line
    expect(instructions.map((line) => line.trim().split(/ +/)[1])).toEqual([
      "elementwise",
      "elementwise",
      "convolution",
    ]);
    expect(instructions[2]).toContain("open features of 8 groups");
  });

  test("the largest of a window is the first of equals, and NaN before all else", () => {
    const values = [0, 1, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const shape = [2, 9, 8, 37];
    const x = new NdArray(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => values[((i * i + 3 * i) % 11) % 7]!),
      shape,
    );
    const options = { stride: 2, padding: 1 };
    const window = poolWindow("maxPool", [9, 8], 3, options);
    const all = (x: Tensor) => {
      const taps = poolArgmax(x, window);
      return [taps, poolTake(x, taps, window), maxPool(x, 3, options)];
    };
    const run = (backend: Backend) => compile(all, { backend })(x) as NdArray[];
    const [taps, taken, largest] = run(alone);
    expect([taps, taken, largest]).toEqual(run(referenceBackend()));
    expect(taken).toEqual(largest);
  });
});
