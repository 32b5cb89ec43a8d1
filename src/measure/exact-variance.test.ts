import { expect, it } from "vitest";
import { estimatorFor } from "../estimators/index.ts";
import { gaussCells, sigmoid } from "../estimators/testing/problem.ts";
import { backend, type EstimatorConfig, type NdArray, type Tensor, tanh } from "../index.ts";
import { cells } from "../laws/axis.ts";
import type { Draw } from "../laws/draws.ts";
import { expectedEstimate, type Layer } from "../laws/exact.ts";
import { measureProblem } from "./measure.ts";
import { curved } from "./testing.ts";

const on = await backend("auto", { threads: 1 });
const { a, rest } = curved.inputs;
const rows = (x: NdArray): number[][] => x.toNested() as number[][];

/** Σ over examples and units of E[ĝ²] − E[ĝ]² and E[ĝ] itself, by quadrature over all of an estimator's noise in double precision. */
function exactly(config: EstimatorConfig, axis: Layer["axis"]): { variance: number; mean: number[] } {
  const found = rows(a).map((example) =>
    expectedEstimate({
      layers: [{ estimator: estimatorFor(config), axis }],
      weights: [rows((rest as unknown as { w: NdArray }).w)],
      biases: [example, [0, 0]],
      loss: (y: Tensor) => tanh(y).sum(1).add(0.5),
    }),
  );
  const mean = found.flatMap((one) => one.mean[0]!);
  const square = found.flatMap((one) => one.square[0]!);
  return { mean, variance: square.reduce((t, x, i) => t + x - mean[i]! ** 2, 0) };
}

const quarters = cells([0.25, 0.5, 0.75]);
/** Cut where σ(a) and 1 − σ(a) are; two points a cell where the estimate itself is linear in u. */
const sampled = (p: number, { per }: Draw) => (per === "unit" ? cells([sigmoid(p)]) : quarters);
const antithetic = (p: number, { per }: Draw) => (per === "unit" ? cells([sigmoid(p), sigmoid(-p)]) : quarters);
const linear = (p: number, { per }: Draw) => (per === "unit" ? gaussCells([sigmoid(p), sigmoid(-p)]) : quarters);

const cases: readonly (readonly [EstimatorConfig, Layer["axis"]])[] = [
  ["score-function", sampled],
  [{ name: "leave-one-out", samples: 2 }, sampled],
  ["local-expectation", sampled],
  ["arm", linear],
  ["disarm", antithetic],
  ["bitflip", sampled],
  ["straight-through", sampled],
  ["straight-through-slope", sampled],
];

// 95 % intervals of a fixed seed; with another, one of the eight would miss in every third run.
it("measured variances of a problem of four units agree with those by quadrature", async () => {
  const { rows: measured } = await measureProblem(curved, {
    backend: on,
    estimators: cases.map(([config]) => config),
    replicates: 100_000,
  });
  for (const [i, [config, axis]] of cases.entries()) {
    const { variance, mean } = exactly(config, axis);
    const row = measured[i]!;
    expect(row.variance.low, row.estimator).toBeLessThan(variance);
    expect(row.variance.high, row.estimator).toBeGreaterThan(variance);
    expect(row.variance.high / row.variance.low, row.estimator).toBeLessThan(1.05);
    expect(row.jackknife.all.mm, row.estimator).toBeCloseTo(
      mean.reduce((t, x) => t + x * x, 0),
      1,
    );
  }
});
