/** Products that read nothing of what meets 0 alone, on every kind of backend, in loops and outside. */
import { expect, test } from "vitest";
import { compile } from "../compile/compile.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import * as ops from "../graph/index.ts";
import type { Backend } from "./backend.ts";
import { nativeBackend } from "./native/native.ts";
import { referenceBackend } from "./reference/reference.ts";
import { distance } from "./testing/distance.ts";
import { nativeSets } from "./testing/native.ts";
import { start } from "./testing/random-program.ts";
import { wasmBackend } from "./wasm/wasm.ts";

const both = (y: Tensor) => ({ carry: y, y });

test("a sparse product reads nothing that meets 0 alone, in a loop and outside", async () => {
  const spikes = new ops.NdArray(
    Float32Array.from({ length: 3 * 40 }, (_, i) => (i % 17 === 3 ? 1 : 0)),
    [3, 40],
  );
  const w = start([40, 50], 4);
  for (let k = 0; k < 40; k++)
    if (![0, 1, 2].some((r) => spikes.data[r * 40 + k] !== 0)) w.data.fill(Number.NaN, k * 50, k * 50 + 50);
  const once = (s: Tensor, m: Tensor) => ops.sparseMatmul(s, m).add(1);
  const looped = (s: Tensor, m: Tensor) =>
    ops.scan(
      (c: Tensor) => both(ops.sparseMatmul(s.add(c.mul(0).sum(1, { keep: true })), m)),
      ops.broadcastTo(ops.constant(0), [3, 50]),
      {},
      { length: 2 },
    ).carry;
  const backends = [await wasmBackend({ threads: 2 })];
  for (const instructionSet of nativeSets) backends.push(await nativeBackend({ threads: 2, instructionSet }));
  for (const f of [once, looped]) {
    const wanted = compile(f, { backend: referenceBackend() })(spikes, w);
    for (const backend of backends) {
      const received = compile(f, { backend })(spikes, w);
      expect(received.data.every(Number.isFinite)).toBe(true);
      expect(distance(received.data, wanted.data)).toBeLessThan(1e-6);
    }
  }
  for (const backend of backends) await backend.close();
});

test.each([0, 0.1, 0.6, 1])("a sparse product hides what meets 0, where a share of %d is not 0", async (share) => {
  const rows = [1, 5];
  for (const n of rows) {
    const a = new ops.NdArray(
      Float32Array.from({ length: n * 32 }, (_, i) => (i % 32 < share * 31 ? i - 7 : 0)),
      [n, 32],
    );
    const w = start([32, 45], 1);
    w.data.fill(Number.NaN, 31 * 45);
    const wanted = compile(ops.sparseMatmul, { backend: referenceBackend() })(a, w);
    const natives = nativeSets.map((instructionSet) => nativeBackend({ threads: 1, instructionSet }));
    for (const backend of await Promise.all<Backend>([wasmBackend({ threads: 1 }), ...natives])) {
      expect(distance(compile(ops.sparseMatmul, { backend })(a, w).data, wanted.data)).toBeLessThan(1e-6);
      await backend.close();
    }
  }
});

test("a row has the same bits whichever rows a thread takes with it, where what it hides is not finite too", async () => {
  const [rows, k, n] = [5, 128, 450];
  const a = new ops.NdArray(
    Float32Array.from({ length: rows * k }, (_, i) => (i % k < 0.4 * k ? Math.sin(i) : 0)),
    [rows, k],
  );
  const w = start([k, n], 2);
  w.data.fill(Number.NaN, 100 * n);
  for (const begin of [
    wasmBackend,
    ...nativeSets.map((instructionSet) => (given: { threads: number }) => nativeBackend({ ...given, instructionSet })),
  ]) {
    const found: NdArray[] = [];
    for (const threads of [1, 5]) {
      const backend: Backend = await begin({ threads });
      found.push(compile(ops.sparseMatmul, { backend })(a, w));
      await backend.close();
    }
    expect(found[0]!.data.every(Number.isFinite)).toBe(true);
    expect(found[1]!.data).toEqual(found[0]!.data);
  }
});

test("a loop's gradient reads no weight for a row whose own gradient is 0", async () => {
  const [rows, k, n] = [9, 20, 33];
  const isOpen = Float32Array.from({ length: rows }, (_, r) => (r % 3 === 1 ? 1 : 0));
  const open = new ops.NdArray(isOpen, [rows, 1]);
  const x = start([rows, k], 3);
  const w = start([k, n], 5);
  // Nothing meets this row of weights on the way forward.
  x.data.forEach((_, i) => {
    if (i % k === 7) x.data[i] = 0;
  });
  w.data.fill(Number.NaN, 7 * n, 8 * n);
  const gradient = (x: Tensor, w: Tensor, open: Tensor) =>
    ops.gradients(
      ops
        .scan(
          (c: Tensor) => ({
            carry: c.add(ops.sparseMatmul(x.add(ops.stopGradient(c).mul(0).sum(1, { keep: true })), w).mul(open)),
            y: {},
          }),
          ops.broadcastTo(ops.constant(0), [rows, n]),
          {},
          { length: 2 },
        )
        .carry.sum(),
      [x],
    )[0]!;
  const wanted = compile(gradient, { backend: referenceBackend() })(x, w, open);
  const natives = nativeSets.map((instructionSet) => nativeBackend({ threads: 2, instructionSet }));
  for (const backend of await Promise.all<Backend>([wasmBackend({ threads: 2 }), ...natives])) {
    const { data } = compile(gradient, { backend })(x, w, open);
    data.forEach((g, i) => {
      if (isOpen[Math.floor(i / k)] === 0) expect(g).toBe(0);
      else if (i % k !== 7) expect(Math.abs(g - wanted.data[i]!)).toBeLessThan(1e-5);
    });
    await backend.close();
  }
});
