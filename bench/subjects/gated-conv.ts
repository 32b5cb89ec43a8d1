import { referenceBackend } from "../../src/backends/reference/reference.ts";
import { add, conv2d, gradients, NdArray, rectifier, slice, sum } from "../../src/entries/engine.ts";
import { UserError } from "../../src/errors.ts";
import { type Backend, compile, resident, type Tensor } from "../../src/index.ts";
import { gatedChannels } from "../../src/layers/gated-channels.ts";
import { millisecondsOf } from "../stopwatch.ts";
import { normals } from "../workloads/data.ts";
import { positiveInteger } from "../workloads/sizes.ts";
import { checkNumbers } from "./gaters.ts";
import { startBackend } from "./network.ts";
import type { Contest, Lane, Subject } from "./subject.ts";

interface Size {
  readonly taps: number;
  /** Channels of the images, and of the features. */
  readonly channels: number;
  /** Rows and columns of the images. */
  readonly side: number;
  readonly batch: number;
}

const passes = ["forward", "step"] as const;
type Pass = (typeof passes)[number];

const GROUPS = 8;
/** Groups of the eight that are open for each image; none: a convolution without gates. */
export const opened = [undefined, 8, 4, 2, 1] as const;
type Opened = (typeof opened)[number];

/** Reads 3-64-28. Throws UserError for anything else. */
export function parseSize(text: string): Omit<Size, "batch"> {
  const [taps, channels, side, ...rest] = text.split("-").map(positiveInteger);
  const fits = taps && channels && side && taps <= side && side <= 512 && channels <= 2048 && channels % GROUPS === 0;
  if (rest.length > 0 || !fits)
    throw new UserError(
      `gated-conv: a size is taps-channels-rows such as 3-64-28, with channels a multiple of ${GROUPS}; received ${text}`,
    );
  return { taps, channels, side };
}

/** Gates [batch, 8], of which each image opens as many; which ones differs from image to image. */
export function gatesFor(batch: number, open: number): NdArray {
  const gates = new Float32Array(batch * GROUPS);
  for (let b = 0; b < batch; b++) for (let k = 0; k < open; k++) gates[b * GROUPS + ((5 * b + 3 * k) % GROUPS)] = 1;
  return new NdArray(gates, [batch, GROUPS]);
}

interface Given<T> {
  readonly [name: string]: T;
  readonly weight: T;
  readonly bias: T;
  readonly x: T;
  readonly gates: T;
  /** The gradient that comes to the layer. */
  readonly gradient: T;
}

/** What a pass computes of a layer that keeps the images' size: features, or the gradients of all that it is given, too. */
function results({ gradient, x, gates, ...params }: Given<Tensor>, open: Opened, pass: Pass): Tensor[] {
  const padding = "same";
  const y =
    open === undefined
      ? rectifier(add(conv2d(x, params.weight, { padding }), params.bias))
      : gatedChannels(params, x, gates, { padding, activation: rectifier });
  const all = [params.weight, params.bias, x, ...(open === undefined ? [] : [gates])];
  return pass === "forward" ? [y] : [y, ...gradients(y, all, gradient)];
}

/** One layer on one backend, with arrays that lie there; gives numbers to check when asked. */
export function prepare({ taps, channels, side, batch }: Size, open: Opened, pass: Pass, backend: Backend) {
  const array = (seed: number, shape: number[], deviation = 1) =>
    new NdArray(
      normals(
        seed,
        shape.reduce((n, length) => n * length),
        deviation,
      ),
      shape,
    );
  const images = [batch, side, side, channels];
  const given = resident<Given<Tensor>>(
    {
      weight: array(1, [taps, taps, channels, channels], 1 / (taps * Math.sqrt(channels))),
      bias: array(2, [channels]),
      x: array(3, images),
      gates: gatesFor(batch, open ?? GROUPS),
      gradient: array(4, images),
    },
    { backend },
  );
  const last = (y: Tensor): Tensor => sum(slice(y, y.shape.map(() => -1))); // biome-ignore format: one line
  const numbers = compile((all: Given<Tensor>) => results(all, open, pass).at(pass === "step" ? 1 : 0)!, { backend });
  // One number of each result keeps a call from handing all of them over, which would be timed too.
  const step = compile(
    (all: Given<Tensor>) =>
      results(all, open, pass)
        .map(last)
        .reduce((a, b) => add(a, b)),
    { backend },
  );
  return { step: (): number => step(given).item(), numbers: (): NdArray => numbers(given) };
}

const settingOf = (open: Opened): string => (open === undefined ? "convolution" : `${open} of ${GROUPS} open`);

/** What closed groups of channels save: a layer of gated channels beside the same convolution without gates. */
export const gatedConv: Subject = {
  example: "gated-conv 3-64-28 5-128-14 --batch 64",
  about: "milliseconds of a convolution of gated channels, beside one without gates, by the groups that are open",
  columns: [
    "ms             the median of all rounds, with the least and the most",
    "× convolution  how many times as fast as the convolution without gates, from the ratios within rounds",
  ],
  usual: {
    sizes: [3, 5].flatMap((taps) => ["64-28", "64-14", "128-28", "128-14"].map((rest) => `${taps}-${rest}`)),
    backends: ["native", "wasm"],
    threads: [1],
    seconds: 0.1,
  },
  lists: {
    batch(option, text) {
      const batches = text.split(",").map(positiveInteger);
      if (batches.includes(0)) throw new UserError(`${option} takes positive integers such as 1,64; received ${text}`);
      return batches;
    },
  },
  async *contests({ sizes, backends, threads, seconds, lists }, say): AsyncGenerator<Contest> {
    const named = sizes
      .map(parseSize)
      .flatMap((size) =>
        (lists?.batch ?? [64]).flatMap((batch) => passes.map((pass) => ({ size: { ...size, batch }, pass }))),
      );
    for (const { size, pass } of named) {
      const { taps, channels, side, batch } = size;
      const workload = `${pass} ${taps}x${taps}, ${channels} channels, ${batch} images ${side}x${side}`;
      say(`${workload}: computing the reference's numbers`);
      const few = { ...size, side: Math.min(side, taps + 1), batch: 2 };
      const wanted = opened.map((open) => prepare(few, open, pass, referenceBackend()).numbers());
      const started = await Promise.all(
        threads.flatMap((count) =>
          backends.map(async (name) => ({ name, count, ...(await startBackend(name, count)) })),
        ),
      );
      const lanes = started.flatMap(({ name, count, backend, note }) =>
        opened.map((open, i): Lane => {
          const setting = settingOf(open);
          checkNumbers(`${name}, ${setting}`, prepare(few, open, pass, backend).numbers(), wanted[i]!);
          const { step } = prepare(size, open, pass, backend);
          return {
            ...{ engine: `heaviside ${name}`, threads: count, note, setting },
            take: async () => millisecondsOf(step, seconds),
          };
        }),
      );
      try {
        yield { ...{ workload, unit: "ms", better: "less", base: "convolution", lanes }, task: { ...size, pass } };
      } finally {
        await Promise.all(started.map(({ backend }) => backend.close()));
      }
    }
  },
};
