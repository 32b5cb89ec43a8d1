import fc from "fast-check";
import type { Shape } from "../index.ts";
import * as ops from "../index.ts";
import { convGradient } from "../ops/conv-gradient.ts";
import { poolArgmax } from "../ops/pool-argmax.ts";
import { poolPut, poolTake } from "../ops/pool-take.ts";
import { spreadPool, sumPool } from "../ops/sum-pool.ts";
import { type ConvAttrs, type Pair, poolWindow, type WindowOptions, windowOver } from "../window.ts";
import type { Case } from "./cases.ts";

const small = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number): fc.Arbitrary<Pair> => fc.tuple(small(max), small(max));
const sides: fc.Arbitrary<Pair> = fc.tuple(fc.nat(2), fc.nat(2));

export const sliding: fc.Arbitrary<WindowOptions> = fc.record({
  stride: fc.oneof(small(3), pair(2)),
  dilation: pair(2),
  padding: fc.oneof(fc.constantFrom("same" as const, "valid" as const), fc.nat(2), fc.tuple(sides, sides)),
});

/** A window that fits into an image, with what it reads and gives. */
const windows = fc
  .record({ input: pair(6), size: pair(3), options: sliding })
  .filter(({ input, size, options }) => fits(() => windowOver("conv2d", input, size, options)));

function fits(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

export interface DrawnConv {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly attrs: ConvAttrs;
  readonly options: ops.ConvOptions;
}

/** Convolutions of every kind, none of whose arrays has many numbers. */
export const convolutions: fc.Arbitrary<DrawnConv> = fc
  .record({ window: windows, batch: fc.nat(2), groups: small(3), width: fc.nat(2), wide: fc.nat(2) })
  .map(({ window: { input, size, options }, batch, groups, width, wide }) => {
    const window = windowOver("conv2d", input, size, options);
    return {
      x: [batch, ...input, groups * width],
      w: [...size, width, groups * wide],
      y: [batch, ...window.output, groups * wide],
      attrs: { window, groups },
      options: { ...options, groups },
    };
  });

export interface DrawnOpenConv extends Omit<DrawnConv, "options"> {
  readonly options: WindowOptions;
  readonly features: readonly number[];
  readonly channels: readonly number[];
  /** Which gates are given, of both that are drawn. */
  readonly given: "features" | "channels" | "both";
}

const gatesFor = (n: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.constantFrom(0, 0, -0, 1, -2.5), { minLength: n, maxLength: n });

/** Convolutions of groups of channels behind gates, none to all of them open. */
export const openConvolutions: fc.Arbitrary<DrawnOpenConv> = fc
  .record({
    window: windows,
    batch: fc.nat(3),
    groups: pair(3),
    sizes: pair(2),
    given: fc.constantFrom("features", "channels", "both"),
  })
  .chain((drawn) =>
    fc.record({
      drawn: fc.constant(drawn),
      features: gatesFor(drawn.batch * drawn.groups[0]),
      channels: gatesFor(drawn.batch * drawn.groups[1]),
    }),
  )
  .map(
    ({
      drawn: {
        window: { input, size, options },
        batch,
        groups,
        sizes,
        given,
      },
      ...gates
    }) => {
      const window = windowOver("conv2d", input, size, options);
      const [features, channels] = [groups[0] * sizes[0], groups[1] * sizes[1]];
      return {
        x: [batch, ...input, channels],
        w: [...size, channels, features],
        y: [batch, ...window.output, features],
        attrs: { window, groups: 1 },
        options,
        given,
        ...gates,
      };
    },
  );

/** Gates [B, K] that an op is given. */
export function gatesOf({ x, given, features, channels }: DrawnOpenConv): ops.OpenChannels {
  const [batch] = x as readonly [number];
  const tensor = (gates: readonly number[], side: "features" | "channels") =>
    given === side || given === "both"
      ? ops.constant(ops.array(gates, { shape: [batch, batch === 0 ? 1 : gates.length / batch] }))
      : undefined;
  return { features: tensor(features, "features"), channels: tensor(channels, "channels") };
}

const pools = fc
  .record({ input: pair(5), size: pair(3), options: sliding, batch: fc.nat(2), channels: fc.nat(3) })
  .filter(({ input, size, options }) => fits(() => poolWindow("maxPool", input, size, options)))
  .map((drawn) => ({
    ...drawn,
    window: poolWindow("maxPool", drawn.input, drawn.size, drawn.options),
    x: [drawn.batch, ...drawn.input, drawn.channels] as Shape,
  }));
const placesOf = ({ window, batch, channels }: { window: ConvAttrs["window"]; batch: number; channels: number }) =>
  [batch, ...window.output, channels] as Shape;

/** Convolutions and pooling, and what they are differentiated into. */
export const convCases: readonly Case[] = [
  {
    op: "conv2d",
    applications: convolutions.map(({ x, w, options }) => ({
      shapes: [x, w],
      f: (x, w) => ops.conv2d(x!, w!, options),
    })),
  },
  {
    op: "conv1d",
    applications: fc
      .record({ steps: small(6), taps: small(2), stride: small(2), batch: fc.nat(2), channels: fc.nat(2) })
      .filter(({ steps, taps }) => taps <= steps)
      .map(({ steps, taps, stride, batch, channels }) => ({
        shapes: [
          [batch, steps, channels],
          [taps, channels, 2],
        ],
        f: (x, w) => ops.conv1d(x!, w!, { stride, padding: [1, 0] }),
      })),
  },
  {
    op: "conv2d-transpose",
    applications: convolutions.map(({ y, w, attrs: { window }, options }) => ({
      shapes: [y, w],
      f: (y, w) => ops.conv2dTranspose(y!, w!, { ...options, output: window.input }),
    })),
  },
  {
    op: "conv-gradient",
    applications: convolutions.map(({ x, y, attrs }) => ({
      shapes: [x, y],
      f: (x, y) => convGradient(x!, y!, attrs),
    })),
  },
  {
    op: "conv2d",
    about: "of open channels",
    applications: openConvolutions.map((drawn) => ({
      shapes: [drawn.x, drawn.w],
      f: (x, w) => ops.conv2d(x!, w!, { ...drawn.options, open: gatesOf(drawn) }),
    })),
  },
  {
    op: "conv2d-transpose",
    about: "of open channels",
    applications: openConvolutions.map((drawn) => ({
      shapes: [drawn.y, drawn.w],
      f: (y, w) =>
        ops.conv2dTranspose(y!, w!, {
          ...drawn.options,
          output: drawn.attrs.window.input,
          open: gatesOf(drawn),
        }),
    })),
  },
  {
    op: "conv-gradient",
    about: "of open channels",
    applications: openConvolutions.map((drawn) => ({
      shapes: [drawn.x, drawn.y],
      f: (x, y) => convGradient(x!, y!, drawn.attrs, gatesOf(drawn)),
    })),
  },
  {
    op: "max-pool",
    applications: pools.map(({ x, size, options }) => ({ shapes: [x], f: (x) => ops.maxPool(x!, size, options) })),
  },
  {
    op: "avg-pool",
    applications: pools.map(({ x, size, options }) => ({ shapes: [x], f: (x) => ops.avgPool(x!, size, options) })),
  },
  {
    op: "sum-pool",
    applications: pools.map((drawn) => ({
      shapes: [drawn.x, placesOf(drawn)],
      f: (x, y) => ops.mul(x!, spreadPool(ops.mul(y!, sumPool(x!, drawn.window)), drawn.window)),
    })),
  },
  {
    op: "pool-take",
    applications: pools.map((drawn) => ({
      shapes: [drawn.x, placesOf(drawn)],
      f: (x, y) => {
        const taps = poolArgmax(x!, drawn.window);
        return ops.mul(x!, poolPut(ops.mul(y!, poolTake(x!, taps, drawn.window)), taps, drawn.window));
      },
    })),
  },
];
