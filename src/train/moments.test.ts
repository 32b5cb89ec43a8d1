/** Batch normalisation behind units that draw: the deterministic readout's own mean and variance. */
import { describe, expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { resident } from "../compile/resident.ts";
import { constant, NdArray, type Tensor } from "../graph/index.ts";
import { classes } from "../models/heads/classes.ts";
import type { Model, Params, Readout } from "../models/model.ts";
import { network } from "../models/network.ts";
import type { StageSpec } from "../models/stage.ts";
import { conv } from "../models/stages/conv.ts";
import { dense } from "../models/stages/dense.ts";
import { gatedConv } from "../models/stages/gated-conv.ts";
import { normalise } from "../models/stages/normalise.ts";
import { residual } from "../models/stages/residual.ts";
import { tensors, value } from "../models/testing.ts";
import { key } from "../random/index.ts";
import { readoutFitter } from "./fit.ts";
import { totalMoments } from "./moments.ts";

const backend = referenceBackend();
const of = (values: readonly number[], shape = [values.length]) => new NdArray(Float32Array.from(values), shape);

/** [channel][value] → mean, variance of n − 1 */
const direct = (values: readonly number[]) => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1) };
};

describe("moments of several batches", () => {
  const biased = (values: readonly number[]) => {
    const { mean, variance } = direct(values);
    return { mean, variance: values.length === 1 ? 0 : (variance * (values.length - 1)) / values.length };
  };
  const before = { mean: of([5, 6]), variance: of([7, 8]) };

  test("are those of all values, each channel's own count of them, also far from 0", () => {
    const parts = [[[1, 2, 4], [1000, 1001]], [[9], [1000.5, 1003, 1004]], [[-3, 0], [999]]]; // biome-ignore format: a table
    const found = totalMoments(
      parts.map((channels) => {
        const own = channels.map(biased);
        return { mean: of(own.map((m) => m.mean)), variance: of(own.map((m) => m.variance)), count: of(channels.map((c) => c.length)) }; // biome-ignore format: one line
      }),
      before,
    );
    for (const c of [0, 1]) {
      const { mean, variance } = direct(parts.flatMap((channels) => channels[c]!));
      expect(found.mean.data[c]).toBeCloseTo(mean, 4);
      expect(found.variance.data[c]).toBeCloseTo(variance, 4);
    }
  });

  test("stay as before where there are less than two values", () => {
    const one = { mean: of([1, 2]), variance: of([0, 0.5]), count: of([1, 2]) };
    const found = totalMoments([one, { ...one, count: of([0, 2]) }], before);
    expect([...found.mean.data]).toEqual([5, 2]);
    expect(found.variance.data[0]).toBe(7);
    expect(found.variance.data[1]).toBeCloseTo(2 / 3, 6);
  });
});

const size = 60;
const train = {
  size,
  fields: {
    x: of(
      Array.from({ length: size * 18 }, (_, i) => Math.sin(1.7 * i) + (i % 5) / 4),
      [size, 3, 3, 2],
    ),
    label: new NdArray(new Int32Array(size), [size]),
  },
};

/** A network of these stages and the head of `count` classes, fitted to those examples. */
function fitted(stages: readonly StageSpec[], count: number) {
  const model = network({ input: [3, 3, 2], head: classes(count), stages });
  const { params } = model.init(3);
  return { model, first: params, params: fittedTo(model, params) };
}

function fittedTo(model: Model, params: Params<NdArray>): Params<NdArray> {
  const onBackend = resident<Params<Tensor>>(params as never, { backend });
  expect(readoutFitter(model, backend)(onBackend, train)).toBeUndefined();
  return onBackend.read() as never;
}

const read = (model: Model, params: Params<NdArray>, readout: Readout): number[] =>
  value(model.output(tensors(params), constant(train.fields.x), readout, key(1)));

describe("fitted to the training examples", () => {
  const binary = "straight-through-slope";
  const stages = [dense({ units: 7, estimator: binary }), normalise()];

  test("the readout of a normalisation behind units that draw has the mean and variance that it says", () => {
    const { model, params } = fitted(stages, 7);
    const output = read(model, params, "deterministic");
    for (let c = 0; c < 7; c++) {
      const { mean, variance } = direct(Array.from({ length: size }, (_, i) => output[7 * i + c]!));
      expect(mean).toBeCloseTo(0, 4);
      expect(variance).toBeCloseTo(1, 2);
    }
  });

  test("a pass that samples keeps its running moments", () => {
    const { model, first, params } = fitted(stages, 7);
    for (const name of ["mean", "variance"]) expect([...params[1]![name]!.data]).toEqual([...first[1]![name]!.data]);
    const moves = (readout: Readout, name: string) => {
      const other = params.map((own, i) => (i === 1 ? { ...own, [name]: of(Array(7).fill(9)) } : own));
      const before = read(model, params, readout);
      return read(model, other, readout).some((v, i) => v !== before[i]);
    };
    expect([moves("stochastic", "mean"), moves("stochastic", "readoutMean")]).toEqual([true, false]);
    expect([moves("deterministic", "variance"), moves("deterministic", "readoutVariance")]).toEqual([false, true]);
  });

  test("within residual stages they are those of the images that take them", () => {
    const gated = residual({ stages: [conv({ features: 2, size: 1 }), normalise()], gate: "disarm", open: 0.5 });
    const { model, params } = fitted([conv({ features: 2, size: 1, estimator: binary }), gated, dense({})], 2);
    const [before, after] = [model.init(3).params, params].map((all) => [
      ...all[model.moments[0]!.row]!.readoutMean!.data,
    ]);
    expect(before).toEqual([0, 0]);
    expect(after!.every((v) => v !== 0 && Number.isFinite(v))).toBe(true);
  });

  test("only behind units that draw: also within residual stages, behind pooling, and behind gates", () => {
    const named = (stages: readonly StageSpec[]) =>
      network({ input: [3, 3, 2], head: classes(2), stages: [...stages, dense({})] }).moments.map(({ row }) => row);
    const units = (estimator: "rectifier" | typeof binary) => conv({ features: 2, size: 1, estimator });
    expect(named([units("rectifier"), normalise()])).toEqual([]);
    expect(named([normalise(), units(binary)])).toEqual([]);
    expect(named([units(binary), normalise({ over: "layer" })])).toEqual([]);
    expect(named([units(binary), conv({ features: 2 }), normalise(), residual({ stages: [conv({ features: 2 }), normalise()] })])).toEqual([2, 4]); // biome-ignore format: one line
    const gates = (gate: "disarm" | "sigmoid") => gatedConv({ features: 4, blocks: 2, gate, normalise: true });
    expect(named([gates("disarm")])).toEqual([2]);
    expect(named([gates("sigmoid")])).toEqual([]);
    expect(named([units(binary), gates("sigmoid")])).toEqual([3]);
  });

  test("behind gates they are those of the images that the readout opens", () => {
    const { model, params } = fitted([gatedConv({ features: 4, blocks: 2, gate: "disarm", normalise: true, open: 0.4 }), dense({})], 2); // biome-ignore format: one line
    const gates = value(model.hidden(tensors(params), constant(train.fields.x), "deterministic", key(1))[0]!.output);
    expect(gates.filter((gate) => gate !== 0).length / gates.length).toBeCloseTo(0.4, 1);
    // Fitted again, they stay: the thresholds that they depend on were fitted before.
    const again = fittedTo(model, params);
    const [one, other] = [params, again].map((own) => [...own[2]!.readoutMean!.data]);
    expect(one!.every((v) => v !== 0)).toBe(true);
    expect(other).toEqual(one!.map((v) => expect.closeTo(v, 5)));
  });
});
