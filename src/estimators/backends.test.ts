/** Every estimator, compiled: one training step of two layers of it gives the same numbers on wasm as by the ops' definitions. */
import { expect, test } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference/reference.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import { array, gradients, matmul, type NdArray, square, sum, type Tensor, tanh } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { categoricalVariants } from "./categorical/testing/variants.ts";
import type { Downstream, EstimatorState } from "./estimator.ts";
import { variants } from "./testing/variants.ts";

const BATCH = 5;
const waves = (rows: number, columns: number, step: number): NdArray =>
  array(
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => Math.sin(step * (i + 1) + 2 * j))),
  );

for (const { label, estimator } of [...variants, ...categoricalVariants]) {
  const units = estimator.card.categorical ? 6 : 3;
  const [A, BETWEEN, OUT] = [waves(BATCH, units, 1), waves(units, units, 3), waves(units, 4, 5)];
  const init = () => ({ ...estimator.init?.([units], key(3)) });

  /** Loss, gradients with respect to everything, and both layers' next states. */
  const step = (a: Tensor, between: Tensor, out: Tensor, outer: EstimatorState, inner: EstimatorState) => {
    const last: Downstream = (h) => sum(square(tanh(matmul(h, out))), 1);
    let next = inner;
    const { loss, state } = estimator.estimate(
      a,
      key(1),
      (h, mode = "live") => {
        const b = matmul(h, between);
        if (mode === "detached") return last(estimator.unit.sample(b, key(2)));
        const result = estimator.estimate(b, key(2), last, inner);
        next = result.state;
        return result.loss;
      },
      outer,
    );
    return { loss, gradients: gradients(sum(loss), [a, between, out]), states: [state, next] };
  };

  test(`${label}: the wasm backend agrees with the reference`, async () => {
    const run = (backend: Backend) => {
      const { loss, gradients: found, states } = compile(step, { backend })(A, BETWEEN, OUT, init(), init());
      return [loss, ...found, ...states.flatMap((state) => Object.values(state))] as NdArray[];
    };
    const wasm = await wasmBackend({ threads: 1 });
    try {
      const wanted = run(referenceBackend());
      run(wasm).forEach(({ data }, k) =>
        data.forEach((x, i) =>
          expect(Math.abs(x - wanted[k]!.data[i]!), `result ${k}, element ${i}`).toBeLessThan(1e-5),
        ),
      );
    } finally {
      await wasm.close();
    }
  });
}
