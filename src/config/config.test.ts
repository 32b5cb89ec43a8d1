import { describe, expect, expectTypeOf, test } from "vitest";
import { namesOf } from "../options/index.ts";
import { trainingOptions } from "../train/config.ts";
import { resolveTraining, type TrainingConfig } from "../train/index.ts";
import { defaultConfig, type RunConfig, resolveConfig, sections } from "./config.ts";
import { flagName, flagsOf, overlay } from "./flags.ts";

const all = Object.values(sections).flatMap((option) => flagsOf(option));
const from = (flags: Record<string, string | true>, base: object = {}) =>
  resolveConfig(overlay({ ...base }, flags), "train");

describe("a config", () => {
  test("of which nothing is said is that of defaults", () => {
    expect(defaultConfig).toEqual({
      data: { name: "mnist" },
      model: { name: "mlp", hidden: [{ units: 400, estimator: "straight-through-slope" }] },
      training: {
        epochs: 10,
        batch: 100,
        optimizer: { name: "momentum", rate: 0.1 },
        schedule: { name: "constant" },
        seed: 1,
        samples: 1,
        test: "end",
      },
      machine: { backend: "auto" },
    });
  });

  test("is the same when it is read again, and trains as the library's own options do", () => {
    const config = from({ model: "gated-mlp", sparsity: "kl:target=0.1,weight=1", clip: "3", weightDecay: "0.1" });
    expect(resolveConfig(JSON.parse(JSON.stringify(config)), "again")).toEqual(config);
    expect(resolveTraining(config.training)).toEqual(config.training);
  });

  test("is typed by the tables", () => {
    expectTypeOf<RunConfig["training"]>().toEqualTypeOf<TrainingConfig>();
    expectTypeOf<TrainingConfig["batch"]>().toEqualTypeOf<number>();
    expectTypeOf<TrainingConfig["test"]>().toEqualTypeOf<"end" | "epoch">();
    expectTypeOf<TrainingConfig["maxNorm"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<RunConfig["machine"]["out"]>().toEqualTypeOf<string | null | undefined>();
  });

  test("has members by their own names where an alias was given", () => {
    const config = from({
      ...{ data: "fashion", optimizer: "nag", schedule: "step:every=2,factor=0.5" },
      ...{ model: "gated-mlp", hidden: "8", estimator: "rloo:samples=4", gate: "ste", activation: "relu" },
    });
    expect(config).toMatchObject({
      data: { name: "fashion-mnist" },
      model: {
        trunk: [{ units: 8, estimator: { name: "leave-one-out", samples: 4 } }],
        gated: [{ gate: "straight-through", activation: "rectifier" }],
      },
      training: { optimizer: { name: "nesterov", rate: 0.1 }, schedule: { name: "step-decay" } },
    });
  });

  test("says its length in epochs or in steps, and a flag of one takes the place of the other in a file", () => {
    const inSteps = from({ steps: "500" }).training;
    expect(inSteps).toMatchObject({ steps: 500 });
    expect(inSteps).not.toHaveProperty("epochs");
    expect(from({ steps: "500" }, { training: { epochs: 3 } }).training).not.toHaveProperty("epochs");
    expect(from({ epochs: "4" }, { training: { steps: 3 } }).training).not.toHaveProperty("steps");
    expect(() => from({ steps: "5", epochs: "4" })).toThrow("training.steps: stands in place of epochs");
  });

  test("enforces a norm every n steps only where there is one", () => {
    expect(from({ maxNorm: "3", maxNormEvery: "2" }).training).toMatchObject({ maxNorm: 3, maxNormEvery: 2 });
    expect(() => from({ maxNormEvery: "2" })).toThrow("train: training.maxNormEvery: needs maxNorm, received 2");
  });

  test("takes no number that float32 doesn't hold", () => {
    const rule = "must be within ±3.4e38, which float32 holds, received 1e+308";
    expect(() => from({ maxNorm: "1e308" })).toThrow(`training.maxNorm: ${rule}`);
    expect(() => from({}, { training: { optimizer: { name: "sgd", rate: 1e308 } } })).toThrow(rule);
  });

  test("may give parameters an optimizer of their own", () => {
    const optimizer = { name: "adam", rate: 0.001, parameters: { prior: { name: "sgd", rate: 0.01 } } };
    expect(resolveConfig({ training: { optimizer } }, "f").training.optimizer).toEqual(optimizer);
    const nested = { prior: { name: "sgd", rate: 0.01, parameters: {} } };
    expect(() => resolveConfig({ training: { optimizer: { ...optimizer, parameters: nested } } }, "f")).toThrow(
      "f: training.optimizer.parameters.prior.parameters: there is no such option",
    );
  });

  test("a recurrent model needs no flag, and takes each of its own", () => {
    expect(from({ model: "recurrent" }).model).toEqual({
      ...{ name: "recurrent", cell: { name: "lstm" }, units: 128, layers: 1 },
    });
    expect(from({ model: "recurrent", units: "8" }).model).toMatchObject({ cell: { name: "lstm" }, units: 8 });
    const flags = { model: "recurrent", cell: "gru", head: "step-classes", carryState: true, recompute: true } as const;
    expect(from(flags).model).toEqual({
      ...{ name: "recurrent", cell: { name: "gru" }, units: 128, layers: 1 },
      ...{ head: { kind: "step-classes" }, carryState: true, recompute: true },
    });
    expect(() => from({ carryState: true })).toThrow("--carry-state: needs --model recurrent");
  });

  test("a network's stages can be typed in one flag", () => {
    const stages = "dense:units=64,estimator=disarm gated:blocks=8,gate=top-k(k=2),gater=dense(hidden=20+30)";
    expect(from({ model: "network", stages, head: "softmax" }).model).toEqual({
      name: "network",
      stages: [
        { kind: "dense", units: 64, estimator: "disarm" },
        { kind: "gated", blocks: 8, gate: { name: "top-k", k: 2 }, gater: { name: "dense", hidden: [20, 30] } },
      ],
      head: { kind: "classes" },
    });
    expect(() => from({ model: "network", stages: "dense:units=64,disarm" })).toThrow(
      '"dense:units=64,disarm" must give each option by its name, as in units=disarm; received "disarm"',
    );
    expect(() => from({ model: "network", stages: "dens:units=3" })).toThrow(
      'train: model.stages.0.kind: there is no stage "dens", did you mean "dense"?',
    );
    const deep = "residual:(conv:8 residual:(conv:4,size=1),keep=0.8 conv:8),keep=0.5";
    expect(from({ model: "network", stages: deep }).model).toMatchObject({
      stages: [
        {
          kind: "residual",
          stages: [
            { kind: "conv", features: 8 },
            { kind: "residual", stages: [{ kind: "conv", features: 4, size: 1 }], keep: 0.8 },
            { kind: "conv", features: 8 },
          ],
          keep: 0.5,
        },
      ],
    });
    const around =
      "conv:8,size=3+5,stride=2 residual:(conv:8 normalise),estimator=disarm global-pool:max dense:units=9";
    expect(from({ model: "conv", stages: around }).model).toMatchObject({
      stages: [
        { kind: "conv", features: 8, size: [3, 5], stride: 2 },
        { kind: "residual", stages: [{ kind: "conv", features: 8 }, { kind: "normalise" }], estimator: "disarm" },
        { kind: "global-pool", reduce: "max" },
        { kind: "dense", units: 9 },
      ],
    });
    expect(() => from({ model: "network" })).toThrow("model.stages: must be a list, received undefined");
  });

  test.each<[string, object[]]>([
    [
      "conv:8,name=first dense:9,name=b",
      [
        { kind: "conv", features: 8, name: "first" },
        { kind: "dense", units: 9, name: "b" },
      ],
    ],
    ["\n conv:8\tpool\n\tdense ", [{ kind: "conv", features: 8 }, { kind: "pool" }, { kind: "dense" }]],
    [
      "residual:(conv:8\tnormalise)",
      [{ kind: "residual", stages: [{ kind: "conv", features: 8 }, { kind: "normalise" }] }],
    ],
    ["conv:8,padding=1,groups=depthwise", [{ kind: "conv", features: 8, padding: 1, groups: "depthwise" }]],
    [
      "conv:8,padding=1+2 conv:8,padding=valid",
      [
        { kind: "conv", features: 8, padding: [1, 2] },
        { kind: "conv", features: 8, padding: "valid" },
      ],
    ],
    [
      "pool:2,padding=(0+1)+(1+0)",
      [
        {
          kind: "pool",
          size: 2,
          padding: [
            [0, 1],
            [1, 0],
          ],
        },
      ],
    ],
    [
      "residual:(gated-conv:8,blocks=2,gate=disarm)",
      [{ kind: "residual", stages: [{ kind: "gated-conv", features: 8, blocks: 2, gate: "disarm" }] }],
    ],
    [
      "residual:(gated:blocks=2,gate=disarm,name=g)",
      [{ kind: "residual", stages: [{ kind: "gated", blocks: 2, gate: "disarm", name: "g" }] }],
    ],
  ])(
    "reads the stages %j",
    (stages, expected) => // biome-ignore format: one line each
      expect(from({ model: "network", stages }).model).toEqual({ name: "network", stages: expected }),
  );

  test.each([
    ["conv", '"conv" must say its features: channels of what it outputs, as in conv:32'],
    ["conv:size=5", '"conv:size=5" must say its features: channels of what it outputs, as in conv:32'],
    ["conv:8 residual", '"residual" must say its stages: what it goes around, as (conv:32 conv:32)'],
    ["conv:32 residual:conv:32", '"conv:32" must stand in parentheses within another stage, as in (conv:32)'],
    ["pool:3x3", '"3x3" must have + between its numbers, as in 3+3'],
    ["conv:5,size=5x5", '"5x5" must have + between its numbers, as in 5+5'],
    [
      "conv:8 residual:(conv:8",
      '"conv:8 residual:(conv:8" must close each parenthesis that it opens, received 1 opened and 0 closed',
    ],
    ["pool)", '"pool)" must close each parenthesis that it opens, received 0 opened and 1 closed'],
    ["conv:8,9", '"conv:8,9" must give each option by its name, as in features=9; received "9"'],
    ["conv:8,features=9", '"conv:8,features=9" must give each option once, received "features" twice'],
    ["conv:8,name=a,name=b", '"conv:8,name=a,name=b" must give each option once, received "name" twice'],
    ["conv:8,kind=pool", '"conv:8,kind=pool" must give each option once, received "kind" twice'],
    ["conv:8, dense", '"conv:8," must have an option behind each comma'],
    ["conv:8,pool dense", '"conv:8,pool" must have a space before each stage, as in conv:8 pool'],
    ["conv:8,pool:size=3", '"conv:8,pool:size=3" must have a space before each stage, as in conv:8 pool:size=3'],
    [
      "residual:(conv:8)keep=0.5",
      '"(conv:8)keep=0.5" must have a comma behind its parenthesis, as in (conv:8),keep=0.5',
    ],
    ["()", '"()" must begin with the name of a stage, and a colon before its options, as in dense:…'],
    ["conv(8)", '"conv(8)" must begin with the name of a stage, and a colon before its options, as in dense:…'],
    [
      "conv:8,padding=smae",
      'model.stages.0.padding: must be a whole number at least 0 or a list of numbers or a list of these or same or valid, received "smae"',
    ],
    ["conv:8,padding=-1", "model.stages.0.padding: must be a whole number at least 0, received -1"],
    ["conv:8,padding=1x2", '"1x2" must have + between its numbers, as in 1+2'],
    ["conv:8,groups=depth", 'model.stages.0.groups: must be a whole number at least 1 or depthwise, received "depth"'],
    ["kernel:3", "model.stages.0.kind: must be the name of a stage"],
    ["residual:(encode:steps=4)", "model.stages.0.stages.0.kind: must be one of dense, conv, pool, global-pool"],
    [`${"residual:(".repeat(65)}conv:4${")".repeat(65)}`, "may have at most 64 parentheses within each other, received 65"], // biome-ignore format: one line
  ])("says what is wrong with the stages %s", (stages, message) => {
    expect(() => from({ model: "conv", stages })).toThrow(message);
  });
});

describe("the flags", () => {
  test("have names of their own, and lines of help of at most 60 characters, but for lists of names", () => {
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
    for (const { help, flags } of all)
      expect(help.replace(/: [\w-]+(, [\w-]+)+/, "").length, `${flags}: ${help}`).toBeLessThanOrEqual(60);
    for (const { key, flags, option } of all)
      expect(flags).toMatch(new RegExp(`^${flagName(key)}${option.kind === "boolean" ? "" : " <\\w+>"}$`));
  });

  test("there is one for every option of a training, but for what is a part of one", () => {
    const flags = flagsOf(sections.training).map(({ option }) => option);
    for (const [name, option] of Object.entries(trainingOptions)) expect(flags, name).toContain(option);
  });

  test("another member of a family keeps the options that it has too", () => {
    const training = { optimizer: { name: "momentum", rate: 0.5, momentum: 0.8 } };
    expect(from({ optimizer: "nesterov" }, { training }).training.optimizer).toEqual({
      ...training.optimizer,
      name: "nesterov",
    });
    expect(from({ optimizer: "adam" }, { training }).training.optimizer).toEqual({ name: "adam", rate: 0.5 });
    expect(from({ data: "folder" }, { data: { dir: "x", limit: 3 } }).data).toEqual({
      name: "folder",
      dir: "x",
      limit: 3,
    });
  });

  test.each<[Record<string, string>, string]>([
    [{ momentum: "0.5", optimizer: "adam" }, '--momentum: needs --optimizer momentum or nesterov, received "adam"'],
    [{ classes: "3" }, '--classes: needs --data folder, received "mnist"'],
    [{ latents: "3" }, '--latents: needs --model autoencoder, received "mlp"'],
    [{ stages: "dense:units=3" }, '--stages: needs --model network or conv, received "mlp"'],
    [{ hidden: "3", model: "autoencoder" }, '--hidden: needs --model mlp or gated-mlp, received "autoencoder"'],
    [{ optimizer: "adam:rate=1", rate: "2" }, "--rate: must be given once, received 2 and --optimizer adam:rate=1"],
  ])("%j would go unheard, and is refused", (flags, message) => {
    expect(() => from(flags)).toThrow(message);
  });

  test("every data set has its options", () => {
    expect(namesOf(sections.data.family)).toEqual(
      "mnist, fashion-mnist, cifar10, cifar100, folder, images, table, npz, adding, copy, parity, sequential-mnist, manifolds, characters, strokes, iam-online, circles, moons, spirals, xor, clouds".split(
        ", ",
      ),
    );
  });
});
