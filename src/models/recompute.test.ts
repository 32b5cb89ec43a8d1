/** Networks whose gradients compute groups of stages again: the same steps to the bit, in less memory. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { full } from "../../test/support/full.ts";
import type { Backend } from "../backends/backend.ts";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import { memoryUse } from "../compile/memory-use.ts";
import { type EstimatorName, estimatorNames } from "../estimators/index.ts";
import { array, constant, gradients, leaves, NdArray, type Tensor, type Tree } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { autoencoder } from "./autoencoder.ts";
import { gatedMlp } from "./gated-mlp.ts";
import type { Batch } from "./head.ts";
import { classes } from "./heads/classes.ts";
import { mlp } from "./mlp.ts";
import type { Model, Params } from "./model.ts";
import { network } from "./network.ts";
import { segmentsOf } from "./segments.ts";
import { conv } from "./stages/conv.ts";
import { dense } from "./stages/dense.ts";
import { dropout } from "./stages/dropout.ts";
import { normalise } from "./stages/normalise.ts";
import { pool } from "./stages/pool.ts";
import { recurrent } from "./stages/recurrent.ts";
import { residual } from "./stages/residual.ts";
import { doubled, value } from "./testing.ts";

const label = constant(array(Int32Array.of(2, 0, 1)));
const inputs = (...shape: number[]): Tensor => {
  const numbers = NdArray.zeros([3, ...shape], "float64");
  numbers.data.forEach((_, i) => (numbers.data[i] = Math.sin(3 * i + 1)));
  return constant(numbers);
};

/** Everything that a step makes of a batch: losses, outputs, states and the gradient of all that is minimised. */
function stepOf(model: Model, batch: Batch<Tensor>): number[][] {
  const { params, states } = doubled(model);
  const { loss, output, penalty, states: next } = model.train(params, batch, key(3), states);
  const minimised = penalty ? loss.sum().add(penalty) : loss.sum();
  const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
  const kept = leaves(next as Tree<Tensor>).map((leaf) => leaf.value);
  return [loss, output, ...kept, ...gradients(minimised, wrt)].map(value);
}

const both = (make: (recompute: boolean) => Model, batch: Batch<Tensor>): [number[][], number[][]] => [
  stepOf(make(false), batch),
  stepOf(make(true), batch),
];

describe("a step has the same bits", () => {
  test.each(estimatorNames.filter((_, i) => full || i % 4 === 0))("with %s in each of its layers", (name) => {
    const estimator = named(name);
    const [kept, again] = both(
      (recompute) => mlp({ input: 3, hidden: Array.from({ length: slow.has(name) ? 3 : 4 }, () => ({ units: 2, estimator })), classes: 3, recompute }), // biome-ignore format: one line
      { x: inputs(3), label },
    );
    expect(again).toEqual(kept);
  });

  const head = classes(3);
  const images: Batch<Tensor> = { x: inputs(6, 6, 1), label };
  const made: Readonly<Record<string, readonly [make: (recompute: boolean) => Model, batch: Batch<Tensor>]>> = {
    "gates, their control and blocks": [
      (recompute) =>
        gatedMlp({
          ...{ input: 3, classes: 3, recompute, trunk: [{ units: 4, estimator: "straight-through" }] },
          gated: [
            { blocks: 4, output: 5, gate: "straight-through", sparsity: { name: "kl", target: 0.3, weight: 0.2 } },
            { blocks: 3, width: 2, output: 4, gate: "disarm" },
            { blocks: 4, gate: "straight-through-open" },
          ],
        }),
      { x: inputs(3), label },
    ],
    "convolutions, normalisation, dropout and residual stages": [
      (recompute) =>
        network({
          ...{ input: [6, 6, 1], head, recompute },
          stages: [
            ...[conv({ features: 2 }), normalise({ estimator: "straight-through-slope" }), pool({ size: 2 })],
            residual({ stages: [conv({ features: 2 }), normalise({ estimator: "rectifier" }), conv({ features: 2 })], gate: "disarm" }), // biome-ignore format: one line
            ...[residual({ stages: [conv({ features: 2 })], keep: 0.5 }), dropout({ rate: 0.3 })],
            ...[dense({ units: 4, estimator: "disarm" }), dense({})],
          ],
        }),
      images,
    ],
    "recurrent stages": [
      (recompute) =>
        network({
          ...{ input: [6, 6], head, recompute },
          stages: [
            recurrent({ cell: { name: "lstm", gates: "straight-through" }, units: 3, output: "sequence" }),
            recurrent({ cell: { name: "gru" }, units: 3, output: "sequence", recompute: true }),
            ...[recurrent({ cell: { name: "lif" }, units: 3 }), dense({ units: 3, estimator: "tanh" }), dense({})],
          ],
        }),
      { x: inputs(6, 6), label },
    ],
    "stages with losses of their own": [
      (recompute) => autoencoder({ mean: [0.2, 0.5, 0.1], network: "nonlinear", latents: 2, layers: 3, estimator: "rebar", recompute }), // biome-ignore format: one line
      { x: constant(array([[1, 0, 1], [0, 0, 1], [1, 1, 0]], { dtype: "float64" })) }, // biome-ignore format: rows
    ],
    "two samples of an example": [
      (recompute) =>
        mlp({ input: 3, hidden: [4, 3, 4].map((units) => ({ units, estimator: "arms" })), classes: 3, trainingSamples: 2, recompute }), // biome-ignore format: one line
      { x: inputs(3), label },
    ],
  };
  test.each(Object.entries(made))("with %s", (_, [make, batch]) => {
    const [kept, again] = both(make, batch);
    expect(again).toEqual(kept);
  });
});

/** Those that call the downstream network within calls of it. */
const slow: ReadonlySet<EstimatorName> = new Set(["exact", "categorical-exact", "rodeo", "relax", "rebar", "vimco"]);

/** Categorical units in variables of two. */
const named = (name: EstimatorName) => (name.startsWith("categorical") || name === "gumbel-softmax" ? { name, classes: 2 } : name) as EstimatorName; // biome-ignore format: one line

describe("the peak of a step falls", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasmBackend({ threads: 1 });
  });
  afterAll(() => backend.close());
  const B = 64;

  /** Numbers of intermediate results that are there at once, for each example. */
  const live = (model: Model): number => {
    const { params, states } = model.init(1);
    const step = compile(
      (params: Params<Tensor>, x: Tensor, label: Tensor) => {
        const found = model.train(params, { x, label }, key(3), states as never);
        const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
        // Sums: what is asked for takes no room.
        return gradients(found.loss.sum(), wrt).map((g) => g.sum());
      },
      { backend },
    );
    return memoryUse(step, params, NdArray.zeros([B, ...model.inputShape]), NdArray.zeros([B], "int32")).live / (4 * B);
  };
  const perceptron = (estimator: EstimatorName, recompute: boolean) =>
    mlp({ input: 8, hidden: Array.from({ length: 9 }, () => ({ units: 32, estimator })), classes: 3, recompute });

  test.each([
    ["straight-through-slope", 0.5],
    ["straight-through", 0.75],
    ["sigmoid", 0.75],
    ["disarm", 0.75],
  ] as const)("of 9 layers with %s to less than %d of it", (name, share) => {
    const [kept, again] = [false, true].map((recompute) => live(perceptron(name, recompute)));
    expect(again! / kept!).toBeLessThan(share);
  });

  test("of residual stages to less than 0.7 of it", () => {
    const [kept, again] = [false, true].map((recompute) =>
      live(
        network({
          ...{ input: [8, 8, 4], head: classes(3), recompute },
          stages: [
            ...Array.from({ length: 8 }, () =>
              residual({
                stages: [conv({ features: 4 }), normalise({ estimator: "rectifier" }), conv({ features: 4 })],
              }),
            ),
            dense({}),
          ],
        }),
      ),
    );
    expect(again! / kept!).toBeLessThan(0.7);
  });
});

describe("segments", () => {
  const layers = (n: number, units = 10) =>
    Array.from({ length: n }, () => ({ stage: { units, output: [units], estimator: {} }, within: 0 }));
  test("are about as many as hold the same as their outputs do", () => {
    // A layer holds two numbers for each unit, its output one: s layers hold 2 s - 1, n / s - 1 outputs are kept.
    expect(segmentsOf(layers(8))).toEqual([0, 2, 4, 6]);
    expect(segmentsOf(layers(32))).toEqual([0, 4, 8, 12, 16, 20, 24, 28]);
    expect(segmentsOf(layers(1))).toEqual([0]);
  });

  test("are cut where little is kept", () => {
    const sizes = [100, 1, 100, 1, 100, 1];
    expect(segmentsOf(sizes.flatMap((units) => layers(1, units)))).toEqual([0, 2, 4]);
  });

  test("don't end within a stage around others, and know that a loop holds each step", () => {
    const of = (within: number, more = {}) => ({ stage: { units: 10, output: [10], ...more }, within });
    const around = [of(0), of(1), of(1), of(0, { joins: true })];
    expect(segmentsOf([...around, ...around, ...around])).toEqual([0, 4, 8]);
    const loop = { stage: { units: 2, output: [50, 2], run: {} }, within: 0 };
    expect(segmentsOf([loop, loop, ...layers(4)], 50)).toEqual([0, 1, 2]);
  });
});

test("an option that is no boolean is refused", () => {
  expect(() => mlp({ input: 2, hidden: [], classes: 2, recompute: 1 as never })).toThrow("mlp: recompute must be true or false, received 1"); // biome-ignore format: one line
});
