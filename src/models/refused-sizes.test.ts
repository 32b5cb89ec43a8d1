/** Sizes that can't be trained are refused when a network is made, and before anything is built of a file's. */
import { describe, expect, test } from "vitest";
import { loadModel } from "../predict/load-model.ts";
import { encodeModelFile } from "../predict/model-file.ts";
import { gatedMlp } from "./gated-mlp.ts";
import { classes } from "./heads/classes.ts";
import { mlp } from "./mlp.ts";
import { network } from "./network.ts";
import { dense } from "./stages/dense.ts";
import { recurrent } from "./stages/recurrent.ts";

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
  const noisy = { ...dense({ units: 2 }) };
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
