/** Loops beside the same steps written out by hand: the same numbers from the same instructions. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import * as ops from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { start } from "./testing/random-program.ts";
import { wasmBackend } from "./wasm/wasm.ts";

type Step = (h: Tensor, x: Tensor) => { readonly carry: Tensor; readonly y: Tensor };

const byHand = (f: Step, first: Tensor, xs: Tensor) => {
  let carry = first;
  const ys: Tensor[] = [];
  for (let t = 0; t < xs.shape[0]!; t++) {
    const step = f(carry, ops.reshape(ops.slice(xs, t, t + 1), xs.shape.slice(1)));
    carry = step.carry;
    ys.push(step.y);
  }
  return { carry, ys: ops.stack(ys) };
};

/** A recurrent layer with noise of its own in each step. */
const layer =
  (w: Tensor): Step =>
  (h, x) => {
    const t = ops.cast(ops.slice(ops.reshape(x, [x.size]), 0, 1).mul(1000), "int32");
    const noise = key(5).fold(ops.reshape(t, [])).uniform(h.shape);
    const a = ops.matmul(h, w).add(x);
    return { carry: ops.sigmoid(a).sub(noise).mul(0.9), y: ops.tanh(a).mul(h) };
  };

const steps = 12;
const arrays = [start([40, 40], 0), start([7, 40], 1), start([steps, 7, 40], 2)] as const;
const looped = (w: Tensor, h: Tensor, xs: Tensor) => ops.scan(layer(w), h, xs);
const unrolled = (w: Tensor, h: Tensor, xs: Tensor) => byHand(layer(w), h, xs);

const gradientsOf =
  (loop: typeof looped) =>
  (w: Tensor, h: Tensor, xs: Tensor): Tensor[] => {
    const { carry, ys } = loop(w, h, xs);
    return ops.gradients(ops.add(carry.square().sum(), ys.square().sum()), [w, h]);
  };

const kinds: readonly { name: string; begin: () => Promise<Backend> }[] = [
  { name: "reference", begin: async () => referenceBackend() },
  { name: "wasm", begin: () => wasmBackend({ threads: 2 }) },
  ...nativeSets.slice(-1).map((instructionSet) => ({
    name: `native ${instructionSet}`,
    begin: () => nativeBackend({ threads: 2, instructionSet }),
  })),
];

describe.each(kinds)("a scan on $name", ({ begin }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await begin();
  });
  afterAll(() => backend.close());

  test("gives what its steps written out give, bit for bit", () => {
    const [received, wanted] = [looped, unrolled].map((f) => compile(f, { backend })(...arrays));
    expect(received!.carry.data).toEqual(wanted!.carry.data);
    expect(received!.ys.data).toEqual(wanted!.ys.data);
  });

  test("has their gradient to a rounding", () => {
    const run = (f: typeof looped) => compile(gradientsOf(f), { backend })(...arrays) as unknown as NdArray[];
    const [received, wanted] = [run(looped), run(unrolled)];
    received.forEach(({ data }, i) => {
      const scale = Math.max(...wanted[i]!.data.map(Math.abs));
      data.forEach((g, at) => expect(Math.abs(g - wanted[i]!.data[at]!)).toBeLessThan(2e-6 * scale));
    });
  });
});

test("a scan of 1,000 steps is planned and runs forward and back", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const f = (a: Tensor) => {
    const { carry } = ops.scan((h: Tensor) => ({ carry: h.mul(a), y: {} }), ops.constant(2), {}, { length: 1000 });
    return [carry, ...ops.gradients(carry, [a])];
  };
  const [value, slope] = compile(f, { backend })(0.999 as never) as unknown as NdArray[];
  expect(value!.item() / (2 * 0.999 ** 1000)).toBeCloseTo(1, 4);
  expect(slope!.item() / (2000 * 0.999 ** 999)).toBeCloseTo(1, 4);
  await backend.close();
});

test("a scan and its gradient are planned as its steps written out: nothing is computed twice", async () => {
  const backend = await wasmBackend({ threads: 1 });
  const products = (f: typeof looped) =>
    compile(gradientsOf(f), { backend })
      .plan(...arrays)
      .match(/gemm /g)!.length;
  expect(products(looped)).toBe(products(unrolled));
  await backend.close();
});
