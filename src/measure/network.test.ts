import { afterAll, describe, expect, it } from "vitest";
import { startBackend } from "../backends/select.ts";
import { labelledSplit } from "../data/testing.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import { constant, crossEntropy, evaluate, gradients, mapTree, type Tensor } from "../graph/index.ts";
import {
  array,
  classes,
  dense,
  gatedMlp,
  type Hidden,
  mlp,
  type NdArray,
  network as networkOf,
  type Params,
  recurrent,
} from "../index.ts";
import { type Network, trueGradient } from "../laws/exact.ts";
import { key } from "../random/index.ts";
import { cells } from "../statistics/quadrature.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { measure, trainingBatches } from "./library.ts";
import { measureProblem } from "./measure.ts";
import { networkProblem } from "./network.ts";
import { canEnumerate, exactGradient } from "./truth.ts";

const on = await startBackend("auto", { threads: 1 });
afterAll(() => on.close());

/** 2-3-2-3 on one example, small enough for the laws' own quadrature. */
const W0 = [
  [0.7, -1.1, 0.4],
  [-0.3, 0.8, 1.2],
];
const W1 = [
  [1.4, -0.9],
  [-0.8, 1.1],
  [0.6, 0.7],
];
const W2 = [
  [1.5, -1, 0.2],
  [-0.7, 0.9, 1.3],
];
const X = [0.9, 0.4];
const LABEL = 2;
const params: Params<NdArray> = [
  { weight: array(W0), bias: array([0.1, 0, -0.2]) },
  { weight: array(W1), bias: array([0.2, -0.1]) },
  { weight: array(W2), bias: array([0, 0.1, 0]) },
];
const network = (layer: number, later: Hidden["estimator"] = "straight-through-slope") =>
  networkProblem({
    model: mlp({
      input: 2,
      hidden: [
        { units: 3, estimator: "straight-through-slope" },
        { units: 2, estimator: later },
      ],
      classes: 3,
    }),
    params,
    layer,
    batch: () => ({ x: array([X, X]), label: array(Int32Array.of(LABEL, LABEL)) }),
    seed: 3,
    backend: on,
  });

describe("a layer in front of a cell", () => {
  const inFront = (spike: "threshold" | "straight-through-slope" | "score-function") => {
    const cell = { name: "lif", spike } as const;
    const stages = [dense({ units: 3, estimator: "disarm" }), recurrent({ cell, units: 2 }), dense({})];
    const model = networkOf({ input: 2, stages, head: classes(3) });
    return networkProblem({
      ...{ model, params: model.init(1).params, layer: 0, seed: 3, backend: on },
      batch: () => ({ x: array([X, X]), label: array(Int32Array.of(LABEL, LABEL)) }),
    });
  };

  it("is enumerated where the cell's spikes draw nothing, and never over a single draw of them", () => {
    expect(inFront("threshold").expected).toBeDefined();
    expect(inFront("straight-through-slope").expected).toBeUndefined();
    expect(inFront("score-function").expected).toBeUndefined();
  });

  it("is the only one to measure: a network of cells alone is refused by name", async () => {
    const model = networkOf({ name: "spiking", input: 2, stages: [recurrent({ cell: "lif", units: 2 }), dense({})], head: classes(3) }); // biome-ignore format: one line
    const data = { train: labelledSplit("train", [0.9, 0.4, 0.9, 0.4], [0, 1], [2]) };
    await expect(measure({ model, data })).rejects.toThrow(
      "received spiking without one: neurons of a recurrent cell decide at each step",
    );
  });
});

describe("a layer of gates as a problem", () => {
  const gated = (gate: "noisy-rectifier" | "exact" | "straight-through") =>
    gatedMlp({
      input: 2,
      trunk: [{ units: 3, estimator: "tanh" }],
      gated: [{ blocks: 4, gater: { name: "dense", hidden: [] }, gate }],
      classes: 3,
    });
  const { params } = gated("straight-through").init(5);
  const batch = { x: array([[0.9, 0.4], [-0.3, 1.2]]), label: array(Int32Array.of(2, 0)) }; // biome-ignore format: short

  it("knows what the blocks read, and asks closed gates as well where the network itself skips them", () => {
    const problem = networkProblem({
      model: gated("noisy-rectifier"),
      params,
      layer: 1,
      batch: () => batch,
      seed: 3,
      backend: on,
    });
    const [symbols, x, label] = [
      mapTree(params as never, (p: NdArray) => constant(p)),
      constant(batch.x),
      constant(batch.label),
    ];
    const { a } = gated("exact").cut(symbols as never, x, 1, key(1));
    expect([...problem.inputs.a.data]).toEqual([...evaluate([a])[0]!.data].map((v) => expect.closeTo(v, 6)));
    const exactLoss = gated("exact").train(symbols as never, { x, label }, key(1), []).loss;
    const slopes = evaluate(gradients(exactLoss.sum(), [(symbols as never as Params<Tensor>)[1]!.bias!]))[0]!;
    const truth = exactGradient(problem, { backend: on });
    [0, 1, 2, 3].forEach((k) => expect(truth[k]! + truth[k + 4]!).toBeCloseTo(slopes.data[k]!, 5));
    // Straight-through's derivatives are there for closed gates, too.
    const rest = mapTree(problem.inputs.rest as never, (p: NdArray) => constant(p));
    const closed = constant(array(new Float32Array(8), { shape: [2, 4] }));
    const loss = problem.downstream(rest as never, 1, key(2))(closed);
    expect(evaluate(gradients(loss.sum(), [closed]))[0]!.data.every((g) => g !== 0)).toBe(true);
  });
});

describe("a layer of a network as a problem", () => {
  it("has the pre-activations of the batch, and an exact gradient that counts later layers' units", () => {
    const problem = network(0);
    const a = [0, 1, 2].map((j) => X[0]! * W0[0]![j]! + X[1]! * W0[1]![j]! + [0.1, 0, -0.2][j]!);
    a.forEach((value, j) => expect(problem.inputs.a.data[j]).toBeCloseTo(value, 6));
    const layer = { estimator: scoreFunction, axis: (at: number) => cells([sigmoid(at)]) };
    const whole: Network = {
      layers: [layer, layer],
      weights: [W1, W2],
      biases: [[...problem.inputs.a.data.slice(0, 3)], [0.2, -0.1], [0, 0.1, 0]],
      loss: (y) => crossEntropy(y, y.sum(1).mul(0).add(LABEL).cast("int32")),
    };
    const truth = trueGradient(whole)[0]!;
    const g = exactGradient(problem, { backend: on });
    // Two examples that are the same.
    [...truth, ...truth].forEach((value, i) => expect(g[i]).toBeCloseTo(value, 6));
  });

  it("can be its second layer, behind a sample of the first", () => {
    const problem = network(1);
    expect([problem.examples, problem.units]).toEqual([2, 2]);
    const sums = [0, 1].map((j) =>
      [...Array(8).keys()].map((k) => W1.reduce((t, row, i) => t + ((k >> i) & 1) * row[j]!, [0.2, -0.1][j]!)),
    );
    for (const [i, value] of problem.inputs.a.data.entries())
      expect(Math.min(...sums[i % 2]!.map((x) => Math.abs(x - value)))).toBeLessThan(1e-6);
  });

  it("isn't enumerated where later units aren't binary; deterministic ones don't count", () => {
    expect(network(0, "noisy-rectifier").expected).toBeUndefined();
    expect(network(0, "rectifier").expected!.laterUnits).toBe(0);
    expect(network(0).expected!.laterUnits).toBe(2);
    expect(canEnumerate({ ...network(0), units: 15 })).toBe(false);
    expect(canEnumerate({ ...network(0), units: 14 })).toBe(true);
  });

  it("gives every copy noise of its own in later layers: unbiased estimators agree with enumeration", async () => {
    const { rows } = await measureProblem(network(0), {
      backend: on,
      estimators: ["disarm", "score-function", "local-expectation"],
      replicates: 20_000,
    });
    for (const row of rows) expect(row.biasP, row.estimator).toBeGreaterThan(0.001);
    // Local expectation has noise of this layer's other units and of later ones: with one noise for all copies of a call
    // the groups would differ by more than their estimates' own variance explains.
    const { mm, gg, variance } = rows[2]!.jackknife.all;
    expect(Math.abs(mm / gg - 1)).toBeLessThan(8 * Math.sqrt(variance / gg / 20_000));
  });

  it("times a whole training step, which leaves the parameters as they are", () => {
    const problem = network(1);
    const before = exactGradient(problem, { backend: on });
    const step = problem.step!(scoreFunction, on);
    for (let i = 0; i < 3; i++) step();
    expect(exactGradient(network(1), { backend: on })).toEqual(before);
  });

  it("doesn't exist for a layer that doesn't", () => {
    expect(() => network(2)).toThrow("measure: the layer (of 2 hidden ones, from 0) must be a whole number");
  });
});

describe("measure", () => {
  const size = 12;
  const train = labelledSplit(
    "train",
    Float32Array.from({ length: size * 2 }, (_, i) => (i % 5) / 5),
    Int32Array.from({ length: size }, (_, i) => i % 3),
  );

  it("takes a model and data", async () => {
    const model = mlp({ input: 2, hidden: [{ units: 3, estimator: "exact" }], classes: 3 });
    const options = { backend: on, replicates: 40, estimators: ["disarm" as const] };
    const { rows, problem, truth } = await measure({ model, data: { train }, batch: 4, ...options });
    expect(problem).toEqual({ name: "mlp, hidden layer 1 of 1", examples: 4, units: 3 });
    expect(truth.kind).toBe("enumeration");
    expect(rows[0]).toMatchObject({ estimator: "disarm", unbiased: true, forward: 2, replicates: expect.any(Number) });
    await expect(measure({ model, data: { train }, batch: 4, ...options, replicate: 4 } as never)).rejects.toThrow(
      "received replicate",
    );
    await expect(measure({ model, data: { train }, batch: 13, ...options })).rejects.toThrow("13 was given for 12");
  });

  it("takes whole batches in the order of the training, epoch after epoch", () => {
    const model = mlp({ input: 2, hidden: [], classes: 3 });
    const batch = trainingBatches(model, { train }, { size: 5, seed: 1 });
    const later = trainingBatches(model, { train }, { size: 5, seed: 1, from: 2 });
    expect(later(0).label!.data).toEqual(batch(2).label!.data);
    expect(batch(0).x!.shape).toEqual([5, 2]);
    expect(new Set([0, 1, 2, 3].map((i) => batch(i).x!.data.join())).size).toBe(4);
  });
});
