/** The flags and config files of networks of gated blocks. */
import { expect, test } from "vitest";
import { sparsities } from "../gating/sparsity/index.ts";
import { resolveConfig } from "./config.ts";
import { type ConfigFlags, overlay } from "./flags.ts";

/** The model that flags over a config say. */
function gatedOf(flags: ConfigFlags, model?: object) {
  const { model: made } = resolveConfig(overlay(model === undefined ? {} : { model }, flags), "train");
  if (made.name !== "gated-mlp") throw new Error(`the model is ${made.name}`);
  return made;
}

test("--model gated-mlp alone is the net of the paper, without hidden layers before it", () => {
  expect(gatedOf({ model: "gated-mlp" })).toEqual({
    name: "gated-mlp",
    trunk: [],
    gated: [
      {
        blocks: 2000,
        gater: { name: "dense", hidden: 400 },
        gate: "straight-through",
        sparsity: { name: "kl", target: 0.1, weight: 0.001 },
      },
    ],
  });
});

test("every flag of gated blocks says what a config file would", () => {
  const { trunk, gated } = gatedOf({
    model: "gated-mlp",
    hidden: "30",
    estimator: "rectifier",
    blocks: "64",
    width: "8",
    activation: "rectifier",
    blockGain: "2",
    gater: "dense:hidden=20",
    gate: "noisy-rectifier:sd=0.5",
    gaterRate: "0.5",
    sparsity: "adaptive-l1:target=0.1,weight=1e-4,rescue:target=0.01",
    open: "0.2",
  });
  expect(trunk).toEqual([{ units: 30, estimator: "rectifier" }]);
  expect(gated).toEqual([
    {
      blocks: 64,
      width: 8,
      activation: "rectifier",
      gain: 2,
      gater: { name: "dense", hidden: 20 },
      gate: { name: "noisy-rectifier", sd: 0.5 },
      gaterRate: 0.5,
      sparsity: [
        { name: "adaptive-l1", target: 0.1, weight: 1e-4 },
        { name: "rescue", target: 0.01 },
      ],
      open: 0.2,
    },
  ]);
});

test("a gater may be of any rank that its gates allow, before the data say how much it reads", () => {
  const gater = (spec: string) => gatedOf({ model: "gated-mlp", blocks: "64", gater: spec }).gated![0]!.gater;
  expect(gater("low-rank:rank=64")).toEqual({ name: "low-rank", rank: 64 });
  expect(gater("tree:trees=8")).toEqual({ name: "tree", trees: 8 });
  expect(gater("dense:hidden=0,sparse=15")).toEqual({ name: "dense", hidden: 0, sparse: 15 });
  expect(() => gater("low-rank:rank=65")).toThrow("rank must be a whole number at least 1 and at most 64, received 65");
});

test("flags override every gated layer of a file, and leave what they don't name", () => {
  const layers = [
    { blocks: 4, output: 5, gate: "disarm" },
    { blocks: 6, gate: "disarm", gaterRate: 0.1 },
  ];
  const { gated } = gatedOf({ width: "3", sparsity: "none" }, { name: "gated-mlp", gated: layers });
  expect(gated).toEqual(layers.map((layer) => ({ ...layer, width: 3, sparsity: [] })));
});

test.each<[ConfigFlags, string]>([
  [{ blocks: "5" }, '--blocks: needs --model gated-mlp, received "mlp"'],
  [{ model: "mlp", gaterRate: "2" }, '--gater-rate: needs --model gated-mlp, received "mlp"'],
  [{ blockGain: "2" }, '--block-gain: needs --model gated-mlp, received "mlp"'],
  [{ model: "gated-mlp", blocks: "0" }, "train: model.gated.0.blocks: must be a whole number at least 1, received 0"],
  [
    { model: "gated-mlp", open: "0" },
    "train: model.gated.0.open: must be a finite number above 0 and at most 1, received 0",
  ],
  [{ model: "gated-mlp", gater: "dens" }, "train: model.gated.0.gater.name: must be one of dense"],
  [
    { model: "gated-mlp", gate: "disram" },
    'train: model.gated.0.gate: there is no estimator "disram", did you mean "disarm"?',
  ],
  [
    { model: "gated-mlp", sparsity: "kl:target=2,weight=1" },
    "train: model.gated.0.sparsity.0.target: must be a finite number above 0 and below 1, received 2",
  ],
  [
    { model: "gated-mlp", sparsity: "kl:tarket=0.1" },
    "  model.gated.0.sparsity.0.tarket: there is no such option, did you mean target?",
  ],
  [
    { model: "gated-mlp", sparsity: "l1" },
    `train: model.gated.0.sparsity.0.name: must be one of ${Object.keys(sparsities).join(", ")} (did you mean adaptive-l1?), received "l1"`,
  ],
])("%j is a mistake of the user's", (flags, message) => {
  expect(() => gatedOf(flags)).toThrow(message);
});

test.each<[Record<string, unknown>, string]>([
  [
    { gated: [] },
    "train: model.gated: there is no such option, the options are name, hidden, preprocess, trainingSamples",
  ],
  [{ name: "gated-mlp", gated: [] }, "train: model.gated: must be a list of at least 1, received []"],
  [{ name: "gated-mlp", gated: [3] }, "train: model.gated.0: must be an object, received 3"],
  [
    {
      name: "gated-mlp",
      gated: [
        { blocks: 3, gate: "disarm" },
        { blocks: 3, gate: "disarm" },
      ],
    },
    "train: model.gated.0.output: must be a whole number at least 1, received undefined",
  ],
  [
    { name: "gated-mlp", gated: [{ blocks: 3, gate: "disarm", bloks: 3 }] },
    "model.gated.0.bloks: there is no such option, did you mean blocks?",
  ],
])("the model %j is refused", (model, message) => {
  expect(() => resolveConfig({ model }, "train")).toThrow(message);
});
