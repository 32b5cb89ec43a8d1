import { describe, expect, it } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { labelledSplit } from "../data/testing.ts";
import { describe as described } from "../describe/index.ts";
import { NdArray } from "../graph/index.ts";
import { classes, conv, dense, gatedConv, type Model, mlp, network, pool } from "../models/index.ts";
import { featureMapsOf } from "./gather/feature-maps.ts";
import { filtersOf } from "./gather/filters.ts";
import { inspect } from "./gather/inspect.ts";
import { drawnForm, filterFigure, layerTable, mapFigures } from "./images.ts";

const on = { backend: referenceBackend() };
const split = labelledSplit("test", [1, 2, 3, 4, 0, -1, -2, 5], [0, 1], [2, 2]);
const made = (estimator: "rectifier" | "straight-through", features = 3): Model =>
  network({
    input: [2, 2],
    stages: [conv({ features, size: 1, estimator }), pool({ size: 2 }), dense({})],
    head: classes(2),
  }) as Model;
/** A convolution of one tap: its features are x, −x, and 0 whatever x is. */
const params = (bias = [0, 0, -100]) => [
  { weight: new NdArray(Float32Array.of(1, -1, 0), [1, 1, 1, 3]), bias: new NdArray(Float32Array.from(bias), [3]) },
  {},
  { weight: NdArray.zeros([3, 2]), bias: NdArray.zeros([2]) },
];

describe("filtersOf", () => {
  it("gives the weights of each feature row by row, with the channels of a place beside each other", () => {
    const model = network({
      input: [4, 4, 3],
      stages: [conv({ features: 2, size: [1, 2] }), dense({})],
      head: classes(2),
    }) as Model;
    const weight = new NdArray(
      Float32Array.from({ length: 12 }, (_, i) => i),
      [1, 2, 3, 2],
    );
    const found = filtersOf(model, [{ weight }, {}])!;
    expect(found).toMatchObject({ name: "conv1", height: 1, width: 2, channels: 3, features: 2 });
    expect(found.images.map((image) => [...image])).toEqual([
      [0, 2, 4, 6, 8, 10],
      [1, 3, 5, 7, 9, 11],
    ]);
    expect(filtersOf(model, [{ weight }, {}], 1)!.images.map((image) => [...image])).toEqual([[0, 2, 4, 6, 8, 10]]);
  });

  it("has nothing to show without a convolution, or of channels that are no colours", () => {
    expect(filtersOf(mlp({ input: 4, hidden: [], classes: 2 }), [{ weight: NdArray.zeros([4, 2]) }])).toBeUndefined();
    const model = network({ input: [4, 4, 2], stages: [conv({ features: 2 }), dense({})], head: classes(2) }) as Model;
    expect(filtersOf(model, model.init(1).params)).toBeUndefined();
  });
});

describe("featureMapsOf", () => {
  it("gives what each channel outputs for the first examples, and counts the channels that are 0 everywhere", () => {
    const { inputs, layers } = featureMapsOf(made("rectifier"), params(), split, on)!;
    expect(inputs.map((image) => [...image])).toEqual([
      [1, 2, 3, 4],
      [0, -1, -2, 5],
    ]);
    const [layer] = layers;
    expect(layer).toMatchObject({ name: "conv1", height: 2, width: 2, channels: 3, dead: 1, of: 2, samples: 1 });
    expect(layer!.maps.map((all) => all.map((map) => [...map]))).toEqual([
      [
        [1, 2, 3, 4],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
      [
        [0, 0, 0, 5],
        [0, 1, 2, 0],
        [0, 0, 0, 0],
      ],
    ]);
  });

  it("takes the mean of 32 noise samples where units draw noise", () => {
    const { layers } = featureMapsOf(made("straight-through"), params([0, 0, -100]), split, on)!;
    const { maps, samples, dead } = layers[0]!;
    expect([samples, dead]).toEqual([32, 1]);
    const first = maps.flatMap(([map]) => [...map!]);
    expect(first.every((value) => Number.isInteger(32 * value))).toBe(true);
    // At a pre-activation of 0 a unit fires in about half of the samples: neither never nor always.
    expect(first[4]).toBeGreaterThan(0.1);
    expect(first[4]).toBeLessThan(0.9);
    expect(first[7]).toBeGreaterThan(0.9);
  });

  it("has nothing to show where no units stand on images", () => {
    const gates = { features: 4, blocks: 2, gate: "straight-through", gater: { name: "dense", hidden: [] } } as const;
    const gated = network({ input: [2, 2], stages: [gatedConv(gates), dense({})], head: classes(2) }) as Model;
    const { params } = gated.init(1);
    expect(featureMapsOf(gated, params, split, on)).toBeUndefined();
    expect(inspect(gated, params, split, on)).toMatchObject({ isOfChannels: false });
    expect(inspect(gated, params, split, on)!.activity).toHaveLength(2);
    const plain = mlp({ input: [2, 2], hidden: [{ units: 2, estimator: "tanh" }], classes: 2 });
    expect(featureMapsOf(plain, plain.init(1).params, split, on)).toBeUndefined();
  });
});

describe("what a report says of images", () => {
  it("takes the activity of a channel over all of its places", () => {
    const { activity, isOfChannels } = inspect(made("rectifier"), params(), split, on)!;
    expect(isOfChannels).toBe(true);
    expect([...activity]).toEqual([5 / 8, 2 / 8, 0]);
  });

  it("knows which examples can be shown", () => {
    expect(drawnForm([2, 3])).toEqual({ height: 2, width: 3, channels: 1 });
    expect(drawnForm([2, 3, 1])).toEqual({ height: 2, width: 3, channels: 1 });
    expect(drawnForm([2, 3, 3])).toEqual({ height: 2, width: 3, channels: 3 });
    expect([[4], [2, 3, 2], [2, 3, 3, 1]].map(drawnForm)).toEqual([undefined, undefined, undefined]);
  });

  it("says how many features and channels it shows, of what, and how many are dead", async () => {
    const maps = await mapFigures(featureMapsOf(made("rectifier"), params(), split, on)!, [2, 2]);
    expect(maps).toContain(
      "Feature maps of conv1: what its 3 channels output for the first 2 test images, a row each, which draws no noise; blue is positive, orange negative, white zero, each by its own largest. 1 channel is dead: 0 at every place of 2 test images.",
    );
    expect(maps.match(/<img/g)).toHaveLength(2);
    const many = featureMapsOf(made("straight-through", 20), made("straight-through", 20).init(1).params, split, on)!;
    expect(await mapFigures(many, [4])).toContain(
      "what 16 of its 20 channels output for the first 2 test images, a row each, the mean of 32 noise samples; black is 0, white 1. No channel is dead",
    );
    const filters = filtersOf(made("rectifier"), params())!;
    expect(await filterFigure(filters, "run")).toContain("Filters of conv1, all 3: the weights of each feature, 1 × 1");
    expect(await filterFigure({ ...filters, features: 9 }, "run")).toContain("Filters of conv1, 3 of 9:");
  });

  it("lists the layers with what they cost", () => {
    const table = layerTable(described(made("rectifier")).rows);
    expect(table).toContain(
      '<td>conv1</td><td class="text">conv 1×1 + rectifier</td><td>[2, 2, 3]</td><td>6</td><td>12</td>',
    );
    expect(table).toContain('<td>total</td><td class="text"></td><td></td><td>14</td><td>18</td>');
  });
});
