/** The memory of a call, counted by hand. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { array, matmul, mul, NdArray, sum, type Tensor, tanh, transpose } from "../graph/index.ts";
import { compile } from "./compile.ts";
import { memoryUse } from "./memory-use.ts";
import { resident } from "./resident.ts";

let wasm: Backend;
beforeAll(async () => {
  wasm = await wasmBackend({ threads: 1 });
});
afterAll(() => wasm.close());

const zeros = (...shape: number[]): NdArray => NdArray.zeros(shape);

/** Two layers and back: what each layer sends is needed until the weights of the next one are moved. */
const step = (state: { readonly w: Tensor; readonly v: Tensor }, x: Tensor) => {
  const h = tanh(matmul(x, state.w));
  const y = tanh(matmul(h, state.v));
  return { state: { w: state.w.sub(matmul(transpose(x), h)), v: state.v.sub(matmul(transpose(h), y)) }, all: sum(y) };
};

test("counts what is resident, handed over and needed at once", () => {
  for (const backend of [wasm, referenceBackend()]) {
    const state = resident<{ readonly w: Tensor; readonly v: Tensor }>(
      { w: zeros(64, 48), v: zeros(48, 32) },
      { backend },
    );
    const use = memoryUse(compile(step, { backend }), state, zeros(16, 64));
    expect(use).toMatchObject({ resident: 4 * (64 * 48 + 48 * 32), handed: 4 * 16 * 64 });
    expect(use.peak).toBe(use.resident + use.handed + use.constants + use.intermediate);
    expect(use.bound).toBe(use.resident + use.handed + use.constants + use.live);
    expect(use.live).toBeLessThanOrEqual(use.intermediate);
    // The engine writes new weights over the old ones; op by op they are results like others.
    if (backend === wasm) expect(use.live).toBe(4 * (16 * 48 + 16 * 32));
    else expect(use.live).toBeGreaterThan(4 * (64 * 48 + 48 * 32));
  }
});

test("an array at two places counts once, and what an earlier instruction needed is used again", () => {
  const state = resident<{ readonly w: Tensor }>({ w: zeros(100) }, { backend: wasm });
  const twice = compile((own: { readonly w: Tensor }, same: Tensor) => ({ state: { w: own.w.add(same) } }), {
    backend: wasm,
  });
  expect(memoryUse(twice, state, state.part("w")).resident).toBe(400);
  // A chain of sums over rows and products with them: two arrays at a time, however long it is.
  const chain = (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < 6; i++) y = tanh(matmul(y, mul(transpose(y), 0.01)));
    return y;
  };
  const use = memoryUse(compile(chain, { backend: wasm }), array(new Float32Array(64 * 64), { shape: [64, 64] }));
  expect(use.live).toBe(4 * 64 * 64 * 3);
});
