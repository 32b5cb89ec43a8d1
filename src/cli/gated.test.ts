/** The flags and config files of networks of gated blocks. */
import { expect, test } from "vitest";
import { sparsities } from "../gating/sparsity/index.ts";
import { gatedDefaults } from "../train/config.ts";
import { type ConfigFlags, overlay } from "./flags.ts";
import { resolveJob } from "./schema.ts";

const jobOf = (flags: ConfigFlags, base: Record<string, unknown> = {}) => resolveJob(overlay(base, flags), "train");

test("--model gated-mlp alone is the net of the paper, without hidden layers before it", () => {
  const { model, hidden, gated } = jobOf({ model: "gated-mlp" });
  expect({ model, hidden, gated }).toEqual({ model: "gated-mlp", ...gatedDefaults });
});

test("every flag of gated blocks says what a config file would", () => {
  const { hidden, gated } = jobOf({
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
  expect(hidden).toEqual([{ units: 30, estimator: "rectifier" }]);
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
  const gater = (spec: string) => jobOf({ model: "gated-mlp", blocks: "64", gater: spec }).gated![0]!.gater;
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
  const { gated } = jobOf({ width: "3", sparsity: "none" }, { model: "gated-mlp", gated: layers });
  expect(gated).toEqual(layers.map((layer) => ({ ...layer, width: 3, sparsity: [] })));
});

test.each<[ConfigFlags, string]>([
  [{ blocks: "5" }, '--blocks: needs --model gated-mlp, received "mlp"'],
  [{ model: "mlp", gaterRate: "2" }, '--gater-rate: needs --model gated-mlp, received "mlp"'],
  [{ blockGain: "2" }, '--block-gain: needs --model gated-mlp, received "mlp"'],
  [{ model: "gated-mlp", blocks: "0" }, "train: gated.0.blocks must be a whole number at least 1, received 0"],
  [{ model: "gated-mlp", open: "0" }, "train: gated.0.open must be a finite number above 0 and at most 1, received 0"],
  [{ model: "gated-mlp", gater: "dens" }, "train: gated.0.gater: gater: name must be one of dense"],
  [{ model: "gated-mlp", gate: "disram" }, 'train: gated.0.gate: did you mean "disarm"?'],
  [
    { model: "gated-mlp", sparsity: "kl:target=2,weight=1" },
    "train: gated.0.sparsity: sparsity kl: target must be a finite number above 0 and below 1, received 2",
  ],
  [
    { model: "gated-mlp", sparsity: "kl:tarket=0.1" },
    "train: gated.0.sparsity: sparsity kl: the options are name, target, weight, received tarket",
  ],
  [
    { model: "gated-mlp", sparsity: "l1" },
    `train: gated.0.sparsity: sparsity: name must be one of ${Object.keys(sparsities).join(", ")}, received "l1"`,
  ],
])("%j is a mistake of the user's", (flags, message) => {
  expect(() => jobOf(flags)).toThrow(message);
});

test.each<[Record<string, unknown>, string]>([
  [{ gated: [] }, "train:\n  gated: must be a list of at least one layer, received []\n  gated: belongs to the model"],
  [{ model: "gated-mlp", gated: [] }, "train: gated: must be a list of at least one layer, received []"],
  [{ model: "gated-mlp", gated: [3] }, "train: gated.0 must be an object of options, received 3"],
  [
    {
      model: "gated-mlp",
      gated: [
        { blocks: 3, gate: "disarm" },
        { blocks: 3, gate: "disarm" },
      ],
    },
    "train: gated.0.output must be a whole number at least 1, received undefined",
  ],
  [{ model: "gated-mlp", gated: [{ blocks: 3, gate: "disarm", bloks: 3 }] }, "received bloks"],
])("the config %j is refused", (config, message) => {
  expect(() => resolveJob(config, "train")).toThrow(message);
});
