import { describe, expect, it } from "vitest";
import { beatRows, paperRows, type RowName, rowNamed } from "./rows.ts";
import { multiplyAdds, networkOf } from "./trial.ts";

const classes = Array.from({ length: 10 }, (_, digit) => `${digit}`);
const mnist = {
  fields: { x: { shape: [28, 28], dtype: "float32" }, label: { shape: [], dtype: "int32", classes } },
} as const;
const sparse: RowName[] = [
  "noisy-rectifier",
  "straight-through",
  "smooth-times-stochastic",
  "stochastic-binary",
  "rectifier",
];
const stated = (row: RowName) => rowNamed(row).settings[0]!.recipe;
const gatedOf = (row: RowName) => {
  const { stages } = networkOf(stated(row), mnist).config as { stages: readonly Record<string, unknown>[] };
  return stages.find(({ kind }) => kind === "gated")!;
};

describe("the paper's seven rows, in their first setting", () => {
  it.each(paperRows)("%s: 784 → 400 tanh → gates, linear units behind them, batches of 32 at rate 0.1", (row) => {
    const { training } = stated(row);
    const blocks = sparse.includes(row) ? 2000 : 200;
    const layer = gatedOf(row);
    expect(layer).toMatchObject({ blocks, width: 1, activation: "linear", output: 10 });
    expect(layer.gater).toMatchObject({ name: "dense", hidden: [400], activation: "tanh" });
    expect(training).toMatchObject({ batch: 32, maxNorm: 2, schedule: { name: "constant" } });
    expect(training.optimizer!.rate).toBe(0.1);
    // Momentum for smooth times stochastic alone.
    expect(training.optimizer!.name).toBe(row === "smooth-times-stochastic" ? "momentum" : "sgd");
  });

  it("costs 1,113,600 multiply-adds for the gater and 1,588,000 for the units, of which a tenth is left with a tenth open", () => {
    const model = networkOf(stated("straight-through"), mnist);
    expect(multiplyAdds(model, 0.1)).toEqual({ dense: 1_113_600 + 1_588_000, done: 1_113_600 + 158_800 });
  });

  it("wants 10 % of gates open, by the control that the paper names for each kind of gate", () => {
    const controls = Object.fromEntries(sparse.map((row) => [row, gatedOf(row).sparsity]));
    expect(controls).toEqual({
      "noisy-rectifier": [{ name: "adaptive-l1", target: 0.1 }],
      "straight-through": [{ name: "kl", target: 0.1, weight: 1e-3 }],
      "smooth-times-stochastic": [
        { name: "kl", target: 0.1, weight: 1e-3 },
        { name: "beta-noise", target: 0.1 },
      ],
      "stochastic-binary": [{ name: "kl", target: 0.1, weight: 1 }],
      rectifier: [{ name: "adaptive-l1", target: 0.1 }],
    });
    for (const row of ["noisy-sigmoid", "sigmoid"] as const) expect(gatedOf(row).sparsity).toBeUndefined();
  });

  it("starts gates' weights four times as wide, or with 15 from N(0, 1) where gates rectify", () => {
    for (const row of paperRows) {
      const rectifies = row.endsWith("rectifier");
      expect(gatedOf(row).gater).toMatchObject(rectifies ? { sparse: 15 } : { gain: 4 });
    }
  });

  it("trains the score function's gater at 0.001", () => {
    const { gated, training } = stated("stochastic-binary");
    expect(gated!.gaterRate! * training.optimizer!.rate).toBeCloseTo(0.001, 12);
    for (const row of paperRows) if (row !== "stochastic-binary") expect(gatedOf(row).gaterRate).toBeUndefined();
  });

  it("a row's other settings differ from the first in the learning rate and its schedule alone, three for every row", () => {
    for (const row of paperRows) {
      const [first, ...others] = rowNamed(row).settings;
      expect(others).toHaveLength(2);
      for (const { recipe } of row === "stochastic-binary" ? others.slice(0, 1) : others) {
        const { optimizer, schedule, ...same } = recipe.training;
        expect({
          ...recipe,
          training: { ...same, optimizer: { ...optimizer, rate: 0.1 }, schedule: first!.recipe.training.schedule },
        }).toEqual(first!.recipe);
        expect(schedule).toEqual({ name: "cosine" });
      }
    }
  });
});

it("the score function's last setting is another balance of its gater's rate and its penalty", () => {
  const [, second, third] = rowNamed("stochastic-binary").settings;
  const { gated, ...same } = third!.recipe;
  expect(same.training).toEqual(second!.recipe.training);
  expect(gated).toEqual({
    ...second!.recipe.gated,
    gaterRate: 0.1,
    sparsity: { name: "kl", target: 0.1, weight: 0.1 },
  });
});

describe("the rows beyond the paper", () => {
  it("a dense network costs what the gated one costs with 10 % of its gates open, to a thousandth", () => {
    const [gated, dense] = beatRows.map((row) => multiplyAdds(networkOf(stated(row), mnist), 0.1));
    expect(Math.abs(dense!.done / gated!.done - 1)).toBeLessThan(1e-3);
    expect(dense!.done).toBe(dense!.dense);
  });

  it("share the trunk and the training", () => {
    const [gated, dense] = beatRows.map((row) => rowNamed(row).settings);
    gated!.forEach(({ recipe }, i) => {
      expect(dense![i]!.recipe.training).toEqual(recipe.training);
      expect(dense![i]!.recipe.trunk![0]).toEqual(recipe.trunk![0]);
    });
  });
});
