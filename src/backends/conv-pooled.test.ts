/** Convolutions whose result is pooled in the task that makes it, against the reference backend, forward and backward. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { howMany } from "../../test/support/full.ts";
import { compile } from "../compile/compile.ts";
import { gradients, greater, mul, NdArray, rectifier, type Shape, sizeOf, sum, type Tensor } from "../graph/index.ts";
import { avgPool } from "../graph/ops/avg-pool.ts";
import { type ConvOptions, conv2d } from "../graph/ops/conv2d.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import type { Pair } from "../graph/window.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { remember } from "./testing/remember.ts";
import { wasmBackend } from "./wasm/wasm.ts";

interface Sizes {
  readonly about: string;
  readonly x: Shape;
  readonly w: Shape;
  readonly pool: Pair;
  readonly options?: ConvOptions;
  /** Windows that reach beyond the image at its end. */
  readonly beyond?: "max" | "mean";
}

/** Those that take little time come first. */
const all: readonly Sizes[] = [
  { about: "rows and columns left over", x: [3, 9, 7, 2], w: [3, 3, 2, 37], pool: [2, 2], options: { padding: 1 } },
  { about: "a window beyond the last row", x: [3, 7, 6, 2], w: [3, 3, 2, 16], pool: [2, 2], options: { padding: 1 }, beyond: "max" },
  { about: "means beyond the last column", x: [3, 6, 9, 1], w: [3, 2, 1, 14], pool: [2, 2], options: { padding: 1, stride: 2 }, beyond: "mean" },
  { about: "a tall window", x: [2, 8, 6, 5], w: [2, 3, 5, 32], pool: [4, 1], options: { stride: [1, 2] } },
  { about: "a channel a group", x: [2, 9, 8, 40], w: [3, 3, 1, 40], pool: [2, 3], options: { groups: 40 } },
  { about: "more features than a strip", x: [2, 6, 7, 3], w: [3, 3, 3, 150], pool: [2, 2], options: { padding: 1 } },
  { about: "images in parts", x: [1, 70, 66, 3], w: [3, 3, 3, 64], pool: [3, 3], options: { padding: 1 } },
  { about: "groups", x: [2, 8, 8, 8], w: [3, 3, 4, 10], pool: [2, 2], options: { groups: 2, padding: 1 } },
]; // biome-ignore format: rows

const numbers = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(phase + 1.7 * i + i / 97))),
    shape,
  );

/** The pooled image, and the gradients of a sum of it with weights of its own. */
function network({ w, pool, options, beyond }: Sizes) {
  const features = w[3]!;
  return (x: Tensor, weights: Tensor): Tensor[] => {
    const bias = numbers([features], 5);
    const image = rectifier(conv2d(x, weights, options ?? {}).add(bias));
    const pooled = (beyond === "mean" ? avgPool : maxPool)(image, pool, beyond ? { padding: "same" } : {});
    const [ofX, ofWeights] = gradients(sum(pooled.mul(numbers(pooled.shape, 7))), [x, weights]);
    return [pooled, ofX!, ofWeights!];
  };
}

const programOf = (sizes: Sizes, backend: Backend) => compile(network(sizes), { backend });
const inputsOf = ({ x, w }: Sizes) => [numbers(x, 1), numbers(w, 2)] as const;

const started: Backend[] = [];
afterAll(async () => {
  for (const backend of started) await backend.close();
});
const kinds: readonly (readonly [name: string, start: (threads: number) => Promise<Backend>])[] = [
  ["wasm", (threads) => wasmBackend({ threads })],
  ...nativeSets.map(
    (set) => [`native ${set}`, (threads: number) => nativeBackend({ threads, instructionSet: set })] as const,
  ),
];
const wanted = remember<readonly NdArray[]>();

describe.each(kinds)("%s", (_, start) => {
  let alone: Backend;
  let team: Backend;
  beforeAll(async () => {
    started.push((alone = await start(1)), (team = await start(3)));
  });

  test.each(all.slice(0, howMany(all.length, 4)).map((sizes) => [sizes.about, sizes] as const))(
    "%s: the same as one after the other, by any number of threads",
    (about, sizes) => {
      const want = wanted([about], () => programOf(sizes, referenceBackend())(...inputsOf(sizes)) as NdArray[]);
      const found = programOf(sizes, alone)(...inputsOf(sizes)) as NdArray[];
      for (const [k, { data }] of found.entries()) {
        const exact = want[k]!.data;
        const scale = Math.max(1, ...exact.map(Math.abs));
        for (const [i, value] of data.entries())
          if (!(Math.abs(value - exact[i]!) <= 4e-6 * scale)) expect.fail(`${k}: ${value} at ${i}, not ${exact[i]}`);
      }
      const together = programOf(sizes, team)(...inputsOf(sizes)) as NdArray[];
      for (const [k, { data }] of together.entries())
        for (const [i, value] of data.entries())
          if (!Object.is(value, found[k]!.data[i])) expect.fail(`${k} by 3 threads: ${value} at ${i}`);
    },
  );

  test("the first of equals is taken, NaN before all else", () => {
    const values = [0, 1, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, 0];
    const x = new NdArray(
      Float32Array.from({ length: 2 * 8 * 6 }, (_, i) => values[((i * i + 3 * i) % 11) % 7]!),
      [2, 8, 6, 1],
    );
    const one = new NdArray(Float32Array.of(1), [1, 1, 1, 1]);
    const f = (x: Tensor, w: Tensor): Tensor[] => {
      const pooled = maxPool(conv2d(x, w), 2);
      return [pooled, gradients(sum(pooled.mul(numbers(pooled.shape, 3))), [x])[0]!];
    };
    const run = (backend: Backend) => compile(f, { backend })(x, one) as NdArray[];
    expect(run(alone)).toEqual(run(referenceBackend()));
  });
});

/** What looks like a pooled image whose rectifier is passed on the way back, and is not. */
const others: Readonly<Record<string, (image: Tensor) => Tensor[]>> = {
  "an image that is stored in another form, too": (a) => [maxPool(rectifier(a), 2), a.mul(3), rectifier(a).mul(5)],
  "a gradient that passes where the image is above another number": (a) => {
    const image = rectifier(a);
    const [slopes] = gradients(sum(maxPool(image, 2).mul(2)), [image]);
    return [mul(slopes!, greater(image, 0.5))];
  },
  "a gradient beside another image": (a) => {
    const image = rectifier(a);
    const [slopes] = gradients(sum(maxPool(image, 2).mul(2)), [image]);
    return [mul(slopes!, greater(a.mul(-1), 0))];
  },
  "a sum over columns alone": (a) => {
    const [slopes] = gradients(sum(maxPool(a, 2).mul(2)), [a]);
    return [sum(slopes!, 2)];
  },
};

test.each(Object.entries(others))("%s", async (_, f) => {
  const backend = await wasmBackend({ threads: 1 });
  started.push(backend);
  const made = (x: Tensor, w: Tensor) => f(conv2d(x, w, { padding: 1 }));
  const [want, found] = [referenceBackend(), backend].map((on) => compile(made, { backend: on })(...inputsOf(all[0]!)));
  (found as NdArray[]).forEach(({ data }, k) => {
    const exact = (want as NdArray[])[k]!.data;
    for (const [i, value] of data.entries())
      if (!(Math.abs(value - exact[i]!) <= 1e-4)) expect.fail(`${k}: ${value} at ${i}, not ${exact[i]}`);
  });
});

describe("what the planner makes of it", () => {
  const planOf = (f: (x: Tensor, w: Tensor) => unknown, backend: Backend): string =>
    compile(f as (x: Tensor, w: Tensor) => Tensor, { backend }).plan(...inputsOf(all[0]!));
  let backend: Backend;
  beforeAll(async () => {
    started.push((backend = await wasmBackend({ threads: 1 })));
  });
  const image = (x: Tensor, w: Tensor): Tensor => rectifier(conv2d(x, w, { padding: 1 }));
  const count = (text: string, what: RegExp): number => [...text.matchAll(what)].length;

  test("the image between convolution and pooling isn't stored, nor looked at again for its gradient", () => {
    const plan = planOf(network(all[0]!), backend);
    expect(count(plan, /largest of \[2, 2\] -> .* which of them -> /g)).toBe(1);
    expect(count(plan, /pool (max|argmax)/g)).toBe(0);
    // What reaches the pooling is multiplied by the rectifier's derivative at the largest numbers alone.
    expect(plan).toMatch(/elementwise \[1332\]|elementwise \[.*\]\n +t0 = lt/);
    expect(plan).not.toMatch(/elementwise \[6993\]/);
  });

  test("it is stored where anybody else reads it, or windows meet", () => {
    const pooled = (f: (x: Tensor, w: Tensor) => unknown): number => count(planOf(f, backend), /largest of/g);
    expect(pooled((x, w) => maxPool(image(x, w), 2))).toBe(1);
    expect(pooled((x, w) => [maxPool(image(x, w), 2), image(x, w)])).toBe(0);
    expect(pooled((x, w) => maxPool(image(x, w), 3, { stride: 2 }))).toBe(0);
    expect(pooled((x, w) => maxPool(image(x, w), 2, { padding: 1 }))).toBe(0);
    expect(pooled((x, w) => maxPool(image(x, w), [9, 7]))).toBe(0);
  });

  test("a bias's gradient is the sum of what reaches the pooling", () => {
    const ofBias = (x: Tensor, w: Tensor) => {
      const bias = x.mul(0).sum();
      const pooled = maxPool(rectifier(conv2d(x, w, { padding: 1 }).add(bias)), 2);
      return gradients(sum(pooled.mul(2)), [bias])[0]!;
    };
    expect(planOf(ofBias, backend)).not.toMatch(/pool put/);
  });
});
