/** Sizes that can't be trained are refused when a network is made, and before anything is built of a file's. */
import { describe, expect, test } from "vitest";
import { loadModel } from "../predict/load-model.ts";
import { encodeModelFile } from "../predict/model-file.ts";
import { gatedMlp } from "./gated-mlp.ts";
import { classes } from "./heads/classes.ts";
import { conv, dense, dropout, gatedConv, globalPool, pool, recurrent, residual } from "./index.ts";
import { mlp } from "./mlp.ts";
import { network } from "./network.ts";
import type { StageSpec } from "./stage.ts";

const hidden = (units: number, estimator: object) => () =>
  mlp({ input: 3, classes: 2, hidden: [{ units, estimator: estimator as never }] });
const gates = (blocks: number, gate: object) => () =>
  gatedMlp({ input: 3, classes: 2, gated: [{ blocks, gate: gate as never }] });
const cell = (units: number, estimator: object) => () =>
  network({
    ...{ input: [4, 3], head: classes(2) },
    stages: [recurrent({ cell: { name: "rnn", estimator } as never, units }), dense({})],
  });

describe("an estimator that can't train that number of units", () => {
  test.each<[string, () => unknown, string]>([
    ["hidden", hidden(5, { name: "categorical-exact", classes: 3 }), "mlp: hidden[0]: categorical units: a layer's units must be a multiple of classes (3), received a layer of 5"],
    ["hidden", hidden(3, { name: "categorical-straight-through" }), "mlp: hidden[0]: categorical units: a layer's units must be a multiple of classes (2), received a layer of 3"],
    ["hidden", hidden(40, { name: "categorical-exact" }), "mlp: hidden[0]: categorical-exact: enumerates classes^variables patterns, at most 65536, received 20 variables of 2 classes"],
    ["hidden", hidden(17, { name: "exact" }), "mlp: hidden[0]: exact: enumerates 2^H patterns of at most 16 units, received a layer of 17"],
    ["gates", gates(3, { name: "top-k", k: 4 }), "gated-mlp: gated[0].gate: top-k: k, of the units of its layer, must be a finite number at most 3, received 4"],
    ["a cell", cell(3, { name: "top-k", k: 4 }), "network: stages[0].cell: top-k: k, of the units of its layer, must be a finite number at most 3, received 4"],
    ["a cell", cell(5, { name: "categorical-straight-through" }), "network: stages[0].cell: categorical units: a layer's units must be a multiple of classes (2), received a layer of 5"],
    ["a net of its own", hidden(3, { name: "relax", hidden: 1e9 }), "hidden must be a whole number at least 1 and at most 10000, received 1000000000"],
  ])("%s", (_, make, message) => expect(make).toThrow(message)); // biome-ignore format: one line each
});

/** A network of images whose first stage it is. */
const images =
  (stage: StageSpec, input: readonly number[] = [4, 4]) =>
  () =>
    network({ input, stages: [stage, globalPool(), dense({})], head: classes(2) });
const gatedImages = (options: object) => gatedConv({ features: 2, blocks: 2, gate: "disarm", ...options });

describe("a window or an image that kernels have no room for", () => {
  test.each<[string, () => unknown, string]>([
    ["features", images(conv({ features: 16385 })), "network: stages[0].features must be a whole number at least 1 and at most 16384, received 16385"],
    ["features in groups", images(conv({ features: 20000, groups: 4 }), [4, 4, 4]), "network: stages[0].features must be a whole number at least 1 and at most 16384, received 20000"],
    ["gated features", images(gatedImages({ features: 16386 })), "network: stages[0].features must be a whole number at least 1 and at most 16384, received 16386"],
    ["channels", images(conv({ features: 1 }), [4, 4, 16385]), "network: stages[0]: channels that a conv reads must be a whole number at least 1 and at most 16384, received 16385"],
    ["channels of each group", images(conv({ features: 16386, groups: "depthwise" }), [4, 4, 16386]), "at most 16384, received 16386"],
    ["gated channels", images(gatedImages({}), [4, 4, 16385]), "network: stages[0]: channels that a gated-conv reads must be a whole number at least 1 and at most 16384, received 16385"],
    ["dilation", images(conv({ features: 2, dilation: 20000 })), "network: stages[0]: conv: size, with dilation, may cover at most 16384 rows or columns, received [3, 3] taps with dilation [20000, 20000], which cover 40001"],
    ["gated dilation", images(gatedImages({ dilation: [1, 8192] })), "network: stages[0]: gated-conv: size, with dilation, may cover at most 16384 rows or columns, received [3, 3] taps with dilation [1, 8192], which cover 16385"],
    ["size", images(conv({ features: 1, size: 2_000_000_000 })), "which cover 2000000000"],
    ["size of a pooling", images(pool({ size: 2_000_000_000, padding: "same" })), "network: stages[0]: pool: size, with dilation, may cover at most 16384 rows or columns"],
    ["a way around", images(residual({ stages: [pool()] }), [4, 4, 16385]), "network: stages[0]: channels that its stages read and change must be a whole number at least 1 and at most 16384, received 16385"],
    ["a way around that changes an image", images(residual({ stages: [dropout(), pool(), conv({ features: 2 })] }), [4, 4, 16385]), "at most 16384, received 16385"],
    ["a way around vectors", () => network({ input: 3, stages: [residual({ stages: [dense({ units: 16385 })] }), dense({})], head: classes(2) }), "network: stages[0]: channels that its stages output in place of others must be a whole number at least 1 and at most 16384, received 16385"],
    ["an image", images(conv({ features: 1 }), [2e9, 2e9]), "network: input [2000000000, 2000000000]: an array has at most 2,147,418,112 elements"],
    ["what a stage outputs", images(conv({ features: 16384 }), [1000, 1000]), "network: stages[0]: what it outputs of an example is [1000, 1000, 16384]: an array has at most"],
  ])("%s", (_, make, message) => expect(make).toThrow(message)); // biome-ignore format: one line each

  test("the largest ones are made", () => {
    expect(images(conv({ features: 16384, size: [1, 3], dilation: [1, 8191] }))).not.toThrow();
    expect(images(pool({ size: 16384, padding: "same" }))).not.toThrow();
    const { layers } = images(conv({ features: 1, size: 16384 }))();
    expect(layers[0]!.multiplyAdds).toBe(16 * 16);
    expect(images(conv({ features: 1, size: 1 }), [2e9, 1])().layers[0]!.multiplyAdds).toBe(2e9);
  });
});

describe("a place of a window in the padding alone", () => {
  test.each<[string, StageSpec]>([
    ["conv", conv({ features: 14, size: [1, 4], stride: 2, padding: [1, 2] })],
    ["gated-conv", gatedImages({ size: [1, 4], stride: 2, padding: [1, 2] })],
    ["pool", pool({ size: [1, 4], stride: 2, padding: [1, 2] })],
  ])("%s", (kind, stage) =>
    expect(images(stage, [1, 16, 2])).toThrow(
      `network: stages[0]: ${kind}: each place of the window must meet the image, received padding [1, 2] for a window of [1, 4]`,
    ),
  );
});

test("a file with more stages than a network may have is refused before they are built", () => {
  const config = {
    ...{ name: "network", input: [1], head: { kind: "classes", classes: 2 } },
    stages: Array.from({ length: 100_000 }, () => ({ kind: "dense", units: 1, estimator: "straight-through" })),
  };
  const bytes = encodeModelFile({ network: config, fields: {}, training: null, programs: null, arrays: new Map() });
  expect(() => loadModel(bytes, { name: "m" })).toThrow(
    "model file: m: its network can't be made: network: a network has at most 1024 stages, received 100000",
  );
});

test("a gater of too many layers is refused", () => {
  const gater = { name: "dense", hidden: new Array(1000).fill(1) } as const;
  expect(() => gatedMlp({ input: 3, classes: 2, gated: [{ blocks: 2, gater, gate: "disarm" }] })).toThrow(
    "gater dense: hidden must be at most 100 layers, received 1000",
  );
});

test("noise behind a layer is that of later stages that are no units of an estimator's", () => {
  const noisy = { ...dense({ units: 2, name: "noisy" }) };
  const behind = {
    kind: "noisy",
    build: (at: Parameters<typeof noisy.build>[0]) => ({ ...noisy.build(at), noisy: true }),
  };
  const units = () => dense({ units: 2, estimator: "straight-through" });
  const { unitLayers } = network({
    input: 2,
    stages: [units(), units(), behind, units(), dense({})],
    head: classes(2),
  });
  expect(unitLayers.map(({ noiseBehind }) => noiseBehind)).toEqual([true, true, false]);
});
