import { afterAll, expect, it } from "vitest";
import { full } from "../../test/support/full.ts";
import { startBackend } from "../backends/select.ts";
import { estimatorFor } from "../estimators/index.ts";
import { tanh } from "../graph/ops/tanh.ts";
import type { EstimatorConfig, NdArray, Tensor } from "../index.ts";
import type { Draw } from "../laws/draws.ts";
import { expectedEstimate, type Layer } from "../laws/exact.ts";
import type { Figure } from "../statistics/figure.ts";
import { STUDENT } from "../statistics/jackknife.ts";
import { cells, gaussCells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { measureProblem } from "./measure.ts";
import { ALIKE, curved, fourUnits } from "./testing.ts";

const on = await startBackend("auto", { threads: 1 });
afterAll(() => on.close());
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

/** Four standard errors: nine figures are all within them for 993 of 1000 seeds. */
const fourErrors = ({ low, high }: Figure): number => (4 * (high - low)) / 2 / STUDENT;

it("measured variances of a problem of four units agree with those by quadrature", async () => {
  const { rows: measured } = await measureProblem(curved, {
    backend: on,
    estimators: cases.map(([config]) => config),
    replicates: 100_000,
  });
  for (const [i, [config, axis]] of cases.entries()) {
    const { variance, mean } = exactly(config, axis);
    const row = measured[i]!;
    expect(Math.abs(row.variance.value - variance), row.estimator).toBeLessThan(fourErrors(row.variance));
    expect(row.variance.high / row.variance.low, row.estimator).toBeLessThan(1.05);
    expect(row.jackknife.all.mm, row.estimator).toBeCloseTo(
      mean.reduce((t, x) => t + x * x, 0),
      1,
    );
  }
});

/** Variances of `fourUnits` by other formulas, of sample covariances and of differences, enumerated in another language. */
const known: readonly (readonly [EstimatorConfig, number])[] = [
  ["score-function", 5.25103],
  [{ name: "score-function-moving-average", decay: 0.999 }, 1.01995],
  [{ name: "score-function-minimum-variance", decay: 0.999 }, 0.54813],
  [{ name: "leave-one-out", samples: 2 }, 0.96108],
  [{ name: "leave-one-out", samples: 4 }, 0.33017],
  ["local-expectation", 0.04202],
  ["arm", 0.93617],
  ["disarm", 0.74414],
  ["bitflip", 0.56425],
];

// Averages of 64 samples a step over some thousand steps aren't the best baseline itself, but within a per cent of its variance.
it.skipIf(!full)(
  "measured variances of a problem of four units agree with those of a program that shares nothing with this one",
  async () => {
    const { rows: measured } = await measureProblem(fourUnits, {
      backend: on,
      estimators: known.map(([config]) => config),
      replicates: 20_000,
      warmup: 8000,
    });
    for (const [i, [, value]] of known.entries()) {
      const { estimator, variance } = measured[i]!;
      const slack = estimator.includes("decay") ? 0.01 * value : 0;
      expect(Math.abs(variance.value / ALIKE - value), estimator).toBeLessThan(fourErrors(variance) / ALIKE + slack);
      expect(variance.high / variance.low, estimator).toBeLessThan(1.02);
    }
  },
);
