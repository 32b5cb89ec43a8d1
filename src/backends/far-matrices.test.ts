/** Loops whose matrices no thread's cache holds: each thread has some of the columns, for more rows than one strip has. */
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

const [units, rows, length] = [515, 40, 2];

/** A product of all rows, one of rows some of which are 0, two of the same numbers most of which are, in both ways; then a sum over each row. */
const steps = (w: Tensor, h: Tensor, xs: Tensor) =>
  ops.scan(
    (c: Tensor, x: Tensor) => {
      const open = ops.greater(x.mean(1, { keep: true }), 0);
      const spikes = ops.greater(x.add(c.mul(0.1)), 0.9);
      const spiking = ops.sparseMatmul(spikes, w).add(ops.sparseMatmul(spikes, w.mul(2), { where: "rows" }));
      const all = ops.matmul(c, w).add(ops.sparseMatmul(c.mul(open), w.mul(0.5), { where: "rows" }));
      const y = ops.tanh(all.add(spiking).mul(0.05).add(x));
      return { carry: y.sub(y.mean(1, { keep: true })), y };
    },
    h,
    xs,
  );

const gradients = (w: Tensor, h: Tensor, xs: Tensor): Tensor[] => {
  const { carry, ys } = steps(w, h, xs);
  return [carry, ...ops.gradients(ops.add(carry.square().sum(), ys.sum()), [w, h])];
};

test("give the reference's numbers, and the same bits for any number of threads", async () => {
  const given = [start([units, units], 0), start([rows, units], 1), start([length, rows, units], 2)] as const;
  const on = (backend: Backend) => compile(gradients, { backend })(...given) as unknown as NdArray[];
  const wanted = on(referenceBackend());
  const kinds = [wasmBackend, ...nativeSets.map((set) => (o: object) => nativeBackend({ ...o, instructionSet: set }))];
  for (const begin of kinds) {
    const found: NdArray[][] = [];
    for (const threads of [1, 3]) {
      const backend: Backend = await begin({ threads });
      found.push(on(backend));
      await backend.close();
    }
    const [one, three] = found as [NdArray[], NdArray[]];
    wanted.forEach(({ data }, i) => {
      expect(distance(one[i]!.data, data), `output ${i}`).toBeLessThan(1e-5);
      expect(distance(three[i]!.data, one[i]!.data)).toBe(0);
    });
  }
});
