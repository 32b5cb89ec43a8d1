import { describe, expect, test } from "vitest";
import { lenet, resnet, vgg } from "../models/convolutional.ts";
import { classes, conv, dense, gatedConv, network as networkOf, normalise, pool } from "../models/index.ts";
import { mlp } from "../models/mlp.ts";
import type { StageSpec } from "../models/stage.ts";
import { trainingDefaults } from "../train/index.ts";
import { differing, withoutSeed } from "./differences.ts";

type Hidden = Parameters<typeof mlp>[0]["hidden"];
const network = (hidden: Hidden) => mlp({ input: [4], hidden, classes: 3 }).config;
const named = (models: readonly unknown[], trainings: readonly object[] = []) =>
  differing(models.map((model, i) => ({ model, training: { ...trainingDefaults, ...trainings[i] } })).map(withoutSeed));

test.each<[string, Hidden[], object[]]>([
  [
    "units",
    [[{ units: 5, estimator: "disarm" }], [{ units: 6, estimator: "disarm" }]],
    [{ units: "5" }, { units: "6" }],
  ],
  [
    "estimator",
    [[{ units: 5, estimator: "disarm" }], [{ units: 5, estimator: { name: "leave-one-out", samples: 4 } }]],
    [{ estimator: "disarm" }, { estimator: "leave-one-out" }],
  ],
  ["options of one estimator", [[{ units: 5, estimator: "disarm" }], [{ units: 5, estimator: { name: "rebar", eta: 2 } }], [{ units: 5, estimator: "rebar" }]],
    [{ estimator: "disarm" }, { estimator: "rebar:eta=2" }, { estimator: "rebar:eta=1" }]], // biome-ignore format: rows
  ["units of one more layer", [[{ units: 5, estimator: "disarm" }], [{ units: 5, estimator: "disarm" }, { units: 4, estimator: "disarm" }]],
    [{ units: "5" }, { units: "5+4" }]], // biome-ignore format: rows
  ["the same estimator in each layer", [[{ units: 5, estimator: "disarm" }, { units: 4, estimator: "disarm" }], [{ units: 5, estimator: "rebar" }, { units: 4, estimator: "rebar" }]],
    [{ estimator: "disarm" }, { estimator: "rebar" }]], // biome-ignore format: rows
])("%s", (_, hidden, expected) => {
  const found = named(hidden.map(network));
  expect(found).toEqual(expected.map((each) => expect.objectContaining(each)));
});

describe("networks with names", () => {
  const images = { input: [28, 28], classes: 10 } as const;
  const of = (depth: number, estimator: "rectifier" | "disarm" = "rectifier") =>
    resnet({ ...images, features: 4, depth, estimator }).config;

  test("by the estimator of all stages, those within residual ones too", () => {
    expect(named([of(1), of(1, "disarm")])).toEqual([{ estimator: "rectifier" }, { estimator: "disarm" }]);
  });

  test("by first scales that do not follow from the estimators", () => {
    const scaled = (gain: number, estimator: "rectifier" | "disarm"): unknown =>
      networkOf({ input: [8, 8], stages: [conv({ features: 2 }), normalise({ gain, estimator }), dense({})], head: classes(3) }).config; // biome-ignore format: one line
    expect(named([scaled(1, "rectifier"), scaled(3, "disarm")])).toEqual([{ estimator: "rectifier" }, { estimator: "disarm" }]); // biome-ignore format: one line
    expect(named([scaled(1, "disarm"), scaled(3, "disarm")])).toEqual([{ gain: "1" }, { gain: "3" }]);
    expect(named([scaled(1, "rectifier"), scaled(3, "disarm"), scaled(2, "disarm")]).map(({ gain }) => gain)).toEqual(["1", "3", "2"]); // biome-ignore format: one line
  });

  test("by how many stages there are, equal ones counted", () => {
    expect(named([of(1), of(2)])).toEqual([
      { stages: "conv+normalise", features: "3×4+8+8" },
      { stages: "conv+normalise+3×residual", features: "5×4+4×8+16+16" },
    ]);
  });

  test("by kinds of stages with the sizes that all share", () => {
    const around = { blocks: 2, gate: { name: "top-k", k: 1 } } as const;
    const of = (stages: StageSpec[]) => networkOf({ input: [8, 8], stages: [...stages, dense({})], head: classes(3) }).config; // biome-ignore format: one line
    const plain = of([conv({ features: 4 }), pool(), normalise(), conv({ features: 8 })]);
    const gated = of([gatedConv({ features: 4, ...around }), pool(), gatedConv({ features: 8, ...around })]);
    expect(named([plain, gated]).map(({ stages }) => stages)).toEqual([
      "conv:4+pool+normalise+conv:8",
      "gated-conv:4+pool+gated-conv:8",
    ]);
  });

  test("by the stage at a place, where the options are the same in another order", () => {
    const of = (...gains: readonly (number | undefined)[]) =>
      networkOf({
        input: [8, 8],
        stages: [
          ...gains.flatMap((gain) => [conv({ features: 2 }), normalise(gain === undefined ? {} : { gain })]),
          dense({}),
        ],
        head: classes(3),
      }).config;
    expect(named([of(3, undefined), of(undefined, 3)])).toEqual([
      { stages: "conv+normalise(gain=3)+conv+normalise+dense" },
      { stages: "conv+normalise+conv+normalise(gain=3)+dense" },
    ]);
    // Beside a third network, whose options differ, those of these two are the same.
    expect(named([of(3, undefined), of(undefined, 3), of(2, undefined)])).toEqual([
      { gain: "3", "stage 2": "normalise:gain=3", "stage 4": "normalise" },
      { gain: "3", "stage 2": "normalise", "stage 4": "normalise:gain=3" },
      { gain: "2", "stage 2": "normalise:gain=2", "stage 4": "normalise" },
    ]);
  });

  test("by the name alone, beside what two of one name differ in", () => {
    const others = [vgg, lenet].map((make) => make({ ...images, estimator: "disarm" }).config);
    expect(named([of(1), ...others])).toEqual([
      { model: "resnet", estimator: "rectifier" },
      { model: "vgg", estimator: "disarm" },
      { model: "lenet", estimator: "disarm" },
    ]);
    expect(named([of(1), of(2), others[0]]).map(({ model, features }) => [model, features])).toEqual([
      ["resnet", "3×4+8+8+16+16"],
      ["resnet", "5×4+4×8+4×16"],
      ["vgg", "32+32+64+64+128+128"],
    ]);
  });
});

test("options of a training, and of one more member of a family", () => {
  const model = network([]);
  expect(named([model, model], [{ batch: 10, seed: 2 }, { batch: 20, seed: 3, test: "epoch" }])).toEqual([{ batch: "10" }, { batch: "20" }]); // biome-ignore format: one line
  const rates = [{ optimizer: { name: "sgd", rate: 0.1 } }, { optimizer: { name: "sgd", rate: 0.2 } }];
  expect(named([model, model], rates)).toEqual([{ rate: "0.1" }, { rate: "0.2" }]);
  const others = [rates[0]!, { optimizer: { name: "adam", rate: 0.2 } }];
  expect(named([model, model], others)).toEqual([{ optimizer: "sgd" }, { optimizer: "adam" }]);
  expect(named([model, model], [{ clip: { norm: 3 } }, {}])).toEqual([{ clip: "norm=3" }, { clip: "none" }]);
  expect(named([model, model], [{ maxNorm: 3 }, {}])).toEqual([{ maxNorm: "3" }, { maxNorm: "none" }]);
});

test("two options of one name are distinguished by where they lie", () => {
  const of = (rate: number, own: number) => ({
    optimizer: { name: "sgd", rate, parameters: { prior: { name: "sgd", rate: own } } },
  });
  expect(named([network([]), network([])], [of(1, 2), of(3, 4)])).toEqual([
    { "optimizer.rate": "1", "prior.rate": "2" },
    { "optimizer.rate": "3", "prior.rate": "4" },
  ]);
});

test("configs that are the same differ in nothing", () => {
  expect(named([network([]), network([])], [{ seed: 1 }, { seed: 2 }])).toEqual([{}, {}]);
});

describe("runs of one table", () => {
  const fitted = (mean: readonly number[]) => {
    const scale = { name: "standardise", mean, deviation: mean };
    return { input: [mean.length], preprocess: scale, stages: [], head: { kind: "values", shape: [1], scale } };
  };
  const of = (mean: readonly number[], data?: object) => ({ model: fitted(mean), training: {}, ...(data && { data: { file: "birds.csv", target: ["price"], ...data } }) }); // biome-ignore format: one line

  test.each([
    ["the columns that are omitted, in any order", [of([43.08, 1], {}), of([43.08], { omit: ["year", "id"] })],
      [{ omit: "none" }, { omit: "id+year" }]],
    ["the file, where nothing else differs", [of([1], {}), of([2], { file: "new.csv" })],
      [{ file: "birds.csv" }, { file: "new.csv" }]],
    ["not the file, where the columns do", [of([1, 2], {}), of([1], { file: "./birds.csv", omit: ["id"] })],
      [{ omit: "none" }, { omit: "id" }]],
    ["the shape of an input, where no options are known", [of([1, 2]), of([1])], [{ input: "2" }, { input: "1" }]],
    ["a number, where nothing that anybody chose differs", [of([1], {}), of([2], {})],
      [{ inputs: "version 1" }, { inputs: "version 2" }]],
    ["a way to scale inputs by its name", [of([1]), { model: { ...fitted([1]), preprocess: undefined }, training: {} }],
      [{ preprocess: "standardise" }, { preprocess: "none" }]],
  ])("are distinguished by %s, and never by what was fitted", (_, configs, expected) => {
    expect(differing(configs)).toEqual(expected);
  }); // biome-ignore format: rows
});
