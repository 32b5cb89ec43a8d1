/** Where most gates are open, backends may take all pairs. Nobody is to notice. */
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import { exp, gradients, mul, NdArray, type Shape, sizeOf, sum, type Tensor } from "../graph/index.ts";
import { gatedBlocks } from "../layers/gated-blocks.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { nativeSets } from "./testing/native.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const [B, K, S, IN, OUT] = [64, 50, 1, 48, 20] as const;
const numbers = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(phase + 1.7 * i + 0.31 * i * i)),
    shape,
  );
/** Six of seven are open, and every block for somebody. */
const gates = new NdArray(
  Float32Array.from({ length: B * K }, (_, i) => (i % 7 === 3 ? 0 : 1 + Math.cos(i) / 2)),
  [B, K],
);
const weights = [numbers([K, S, IN], 1), numbers([K, S], 2), numbers([K, S, OUT], 3)] as const;
const x = numbers([B, IN], 4);

function layer(backend: Backend, activation: (a: Tensor) => Tensor, xs = x, first: NdArray = weights[0]) {
  const run = compile(
    (...[input, gate, weight, bias, out]: [Tensor, Tensor, Tensor, Tensor, Tensor]) => {
      const y = gatedBlocks({ weight, bias, out }, input, gate, { activation });
      return [y, ...gradients(sum(mul(y, y)), [input, gate, weight, bias, out])];
    },
    { backend },
  );
  const [, ...others] = weights;
  return { results: run(xs, gates, first, ...others), plan: run.plan(xs, gates, first, ...others) };
}

describe.each([
  ["wasm", () => wasmBackend({ threads: 2 })],
  ...nativeSets.map((set) => [`native ${set}`, () => nativeBackend({ threads: 2, instructionSet: set })] as const),
] as const)("%s", (_, start) => {
  const starting = start();
  afterAll(async () => (await starting).close());

  test("the plan says that this many open gates are enough for it", async () => {
    const [, above] = /dense above (\d+)/.exec(layer(await starting, (a) => a).plan)!;
    expect(gates.data.filter((g) => g !== 0).length).toBeGreaterThan(Number(above));
    for (let k = 0; k < K; k++) expect(gates.data.some((g, i) => i % K === k && g !== 0)).toBe(true);
  });

  test("closed gates get no gradient, and everything else is as without", async () => {
    const [received, expected] = [await starting, referenceBackend()].map((b) => layer(b, (a) => a.sigmoid()).results);
    received!.forEach((values, which) => {
      const scale = Math.max(...Array.from(expected![which]!.data, Math.abs));
      values.data.forEach((value, i) => {
        if (which === 2 && gates.data[i] === 0) expect(Math.abs(value)).toBe(0);
        else expect(Math.abs(value - expected![which]!.data[i]!), `${which}, ${i}`).toBeLessThan(2e-5 * scale);
      });
    });
  });

  test("a number that overflows in a closed block alone is never met", async () => {
    // Only unit 3 reads the first input, which only example 0 has, whose gate 3 is closed: there it would send exp(200).
    const xs = new NdArray(Float32Array.from(x.data), x.shape);
    for (let r = 0; r < B; r++) xs.data[r * IN] = r === 0 ? 200 : 0;
    const weight = new NdArray(Float32Array.from(weights[0].data), weights[0].shape);
    for (let k = 0; k < K; k++) weight.data[k * IN] = k === 3 ? 1 : 0;
    const { results } = layer(await starting, exp, xs, weight);
    for (const { data } of results) expect(data.every(Number.isFinite)).toBe(true);
  });
});
