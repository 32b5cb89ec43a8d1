/** Gradients that compute again what lies within, on every engine: the same bits, in less memory, without an instruction of their own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { memoryUse } from "../compile/memory-use.ts";
import { resident } from "../compile/resident.ts";
import * as ops from "../graph/index.ts";
import { NdArray, recompute, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { start } from "./testing/random-program.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const kinds: readonly { name: string; begin: () => Promise<Backend> }[] = [
  { name: "reference", begin: async () => referenceBackend() },
  { name: "wasm", begin: () => wasmBackend({ threads: 2 }) },
  ...nativeSets.slice(-1).map((instructionSet) => ({
    name: `native ${instructionSet}`,
    begin: () => nativeBackend({ threads: 2, instructionSet }),
  })),
];

const [B, H, L] = [32, 48, 12];
interface Layer {
  readonly w: Tensor;
  readonly b: Tensor;
}
type State = readonly Layer[];
const first = Array.from({ length: L }, (_, i) => ({ w: start([H, H], i), b: start([H], 100 + i) }));
const x = start([B, H], 99);
const bits = NdArray.zeros([2], "int32");

/** A layer whose units draw, and are trained straight through. */
const units = (h: Tensor, { w, b }: Layer, noise: Tensor, i: number): Tensor => {
  const p = ops.sigmoid(ops.matmul(h, w).add(b));
  return ops.copyGradient(key(noise).fold(i).bernoulli(p), p);
};
const smooth = (h: Tensor, { w, b }: Layer): Tensor => ops.tanh(ops.matmul(h, w).add(b));

/** A step of descent, whose layers are computed again in groups of `size`; 0 for not at all. */
const stepOf =
  (layer: typeof units, size: number) =>
  (state: State, x: Tensor, noise: Tensor): { state: State; loss: Tensor } => {
    const loss = (state: State): Tensor => {
      const group = (h: Tensor, from: number, to: number): Tensor =>
        state.slice(from, to).reduce((h, own, i) => layer(h, own, noise, from + i), h);
      if (size === 0) return group(x, 0, L).square().mean();
      let h = x;
      for (let i = 0; i < L; i += size) h = recompute(group)(h, i, i + size);
      return h.square().mean();
    };
    const [value, grads] = ops.valueAndGrad(loss)(state);
    return { state: state.map(({ w, b }, i) => ({ w: w.sub(grads[i]!.w), b: b.sub(grads[i]!.b) })), loss: value };
  };

describe.each(kinds)("on $name", ({ name, begin }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await begin();
  });
  afterAll(() => backend.close());

  test.each([
    ["units that draw", units],
    ["smooth units", smooth],
  ] as const)("steps of %s move weights to the same bits", (_, layer) => {
    const [kept, ...again] = [0, 1, 3, L].map((size) => {
      const state = resident<State>(first, { backend });
      const step = compile(stepOf(layer, size), { backend });
      for (let i = 0; i < 3; i++) step(state, x, bits);
      return state.read();
    });
    for (const moved of again)
      moved.forEach(({ w, b }, i) => {
        expect(w.data).toEqual(kept![i]!.w.data);
        expect(b.data).toEqual(kept![i]!.b.data);
      });
  });

  test("the peak falls to what is kept and one group", () => {
    const [kept, each, groups] = [0, 1, 3].map((size) => {
      const state = resident<State>(first, { backend });
      return memoryUse(compile(stepOf(units, size), { backend }), state, x, bits).live / (4 * B * H);
    });
    if (name === "reference") return expect(groups).toBeLessThan(kept!);
    // Of each layer its output and its chance to fire; else of each its output; else of four groups their output, and of one all.
    expect([kept, each, groups].map((n) => Math.round(n!))).toEqual([2 * L, L + 2, L / 3 + 2 * 3]);
  });

  test("a state isn't written before copies have read it", () => {
    const v = ops.constant(start([H, H], 2));
    const block = (h: Tensor, w: Tensor): Tensor => ops.tanh(ops.matmul(ops.tanh(ops.tanh(h.add(w))), v));
    const [kept, again] = [block, recompute(block)].map((f) => {
      const state = resident<{ readonly w: Tensor }>({ w: start([B, H], 1) }, { backend });
      const step = (state: { readonly w: Tensor }, x: Tensor) => {
        const next = state.w.mul(0.5);
        const [slope] = ops.gradients(f(x, state.w).square().sum(), [x]);
        return { state: { w: next }, slope: slope! };
      };
      return compile(step, { backend })(state, x).slope;
    });
    expect(again!.data).toEqual(kept!.data);
  });

  test("what copies read is let go behind them", () => {
    if (name === "reference") return;
    const w = first[0]!.w;
    const slopes = (times: number) => (w: Tensor, x: Tensor) => {
      const block = recompute((h: Tensor) => ops.tanh(ops.tanh(ops.matmul(h, w))));
      let y = x;
      for (let i = 0; i < times; i++) {
        const h = ops.sin(ops.matmul(y, w));
        y = ops.gradients(block(h).square().sum(), [h])[0]!;
      }
      return y;
    };
    const [two, eight] = [2, 8].map((times) => memoryUse(compile(slopes(times), { backend }), w, x).live);
    expect(eight).toBe(two);
  });

  test("updates don't wait for a rate that is computed last", () => {
    if (name === "reference") return;
    const [known, computed] = [false, true].map((late) => {
      const state = resident<State>(first, { backend });
      const step = (state: State, x: Tensor, count: Tensor): { state: State } => {
        const loss = (state: State): Tensor => state.reduce((h, own) => smooth(h, own), x).mean();
        const grads = ops.grad(loss)(state);
        const rate = late ? ops.exp(ops.slice(ops.cast(count, "float32"), 0, 1)) : 0.1;
        return {
          state: state.map(({ w, b }, i) => ({ w: w.sub(grads[i]!.w.mul(rate)), b: b.sub(grads[i]!.b.mul(rate)) })),
        };
      };
      return memoryUse(compile(step, { backend }), state, x, bits).live;
    });
    expect(computed! - known!).toBeLessThan(4 * B * H);
  });

  test("costs no instruction of its own: copies of what was computed, and nothing else", () => {
    if (name === "reference") return;
    const lines = [0, L].map((size) => {
      const state = resident<State>(first, { backend });
      return compile(stepOf(smooth, size), { backend })
        .plan(state, x, bits)
        .split("\n")
        .filter((line) => /^ *\d+ /.test(line));
    });
    expect(lines[1]!.length - lines[0]!.length).toBe(L - 1);
  });
});
