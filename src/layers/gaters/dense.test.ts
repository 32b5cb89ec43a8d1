import { expect, test } from "vitest";
import { array, constant, evaluate } from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { type GaterConfig, gaterFor } from "./index.ts";

test("dense: 784 → 400 tanh → 2000 is the paper's gater, of 1,113,600 multiply-adds", () => {
  const gater = gaterFor({ name: "dense" }, { input: 784, blocks: 2000 });
  expect(gater.multiplyAdds).toBe(784 * 400 + 400 * 2000);
  expect(gater.layers.map(({ activation }) => activation)).toEqual(["tanh", "linear"]);
});

test("dense: fresh parameters have the shapes that its layers say, the last with four times the usual range", () => {
  const gater = gaterFor({ name: "dense", hidden: [30, 20] }, { input: 50, blocks: 40 });
  const params = gater.init(key(1));
  expect(params.map(({ weight, bias }) => [weight!.shape, bias!.shape])).toEqual(
    gater.layers.map(({ parameters }) => parameters.map(({ shape }) => shape)),
  );
  const reach = params.map(({ weight }) => Math.max(...weight!.data.map(Math.abs)));
  [Math.sqrt(6 / 80), Math.sqrt(6 / 50), 4 * Math.sqrt(6 / 60)].forEach((bound, i) => {
    expect(reach[i]).toBeLessThanOrEqual(bound);
    expect(reach[i]).toBeGreaterThan(0.98 * bound);
  });
});

test("dense: scores are φ(x W₁ + b₁) W₂ + b₂, computed by hand", () => {
  const gater = gaterFor({ name: "dense", hidden: 2, activation: "rectifier" }, { input: 1, blocks: 2 });
  const layer = (weight: number[][], bias: number[]) => ({
    weight: constant(array(Float64Array.from(weight.flat()), { shape: [weight.length, weight[0]!.length] })),
    bias: constant(array(Float64Array.from(bias))),
  });
  const params = [layer([[2, -1]], [0.5, 0]), layer([[1, 10], [100, 3]], [-1, 7])]; // biome-ignore format: a matrix
  const x = constant(array(Float64Array.of(3, -2), { shape: [2, 1] }));
  expect([...evaluate([gater.scores(params, x)])[0]!.data]).toEqual([5.5, 72, 199, 13]);
});

test("dense: where it learns from open gates alone it draws the same weights, kept by unit, and gives the same scores", () => {
  const config = { name: "dense", hidden: 6 } as const;
  const x = key(2).normal([5, 4]);
  const found = [false, true].map((learnsFromOpen) => {
    const gater = gaterFor(config, { input: 4, blocks: 3, learnsFromOpen });
    const params = gater.init(key(1));
    expect(params[1]!.weight!.shape).toEqual(gater.layers[1]!.parameters[0]!.shape);
    const symbols = params.map(({ weight, bias }) => ({ weight: constant(weight!), bias: constant(bias!) }));
    return { shape: params[1]!.weight!.shape, scores: evaluate([gater.scores(symbols, x)])[0]!.data };
  });
  expect(found.map(({ shape }) => shape)).toEqual([
    [6, 3],
    [3, 1, 6],
  ]);
  expect(found[1]!.scores).toEqual(found[0]!.scores);
});

test("dense: without hidden layers it is one affine map", () => {
  for (const hidden of [[], 0]) {
    const gater = gaterFor({ name: "dense", hidden }, { input: 5, blocks: 3 });
    expect(gater.multiplyAdds).toBe(15);
    expect(gater.init(key(1))).toHaveLength(1);
  }
});

test("dense: sparse starts every gate with that many weights, others for each gate, of variance gain²", () => {
  const gater = gaterFor({ name: "dense", hidden: 60, sparse: 15, gain: 2 }, { input: 10, blocks: 400 });
  const weight = gater.init(key(7))[1]!.weight!;
  const chosen = Array.from({ length: 400 }, (_, unit) =>
    Array.from({ length: 60 }, (_, i) => i).filter((i) => weight.data[i * 400 + unit] !== 0),
  );
  expect(new Set(chosen.map((at) => at.length))).toEqual(new Set([15]));
  expect(new Set(chosen.map(String)).size).toBe(400);
  // 6000 draws: the mean of their squares is 4 with a standard error of 4√(2/6000) = 0.073.
  const power = Array.from(weight.data).reduce((sum, w) => sum + w * w, 0) / 6000;
  expect(Math.abs(power - 4)).toBeLessThan(0.37);
});

test("gaterFor: mistakes are named with the rule and the value received", () => {
  const sizes = { input: 4, blocks: 3 };
  const thrown = (config: unknown, at = sizes) => {
    try {
      gaterFor(config as GaterConfig, at);
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing";
  };
  expect(thrown({ name: "dence" })).toBe(
    'gater: name must be one of dense, low-rank, tree (did you mean dense?), received "dence"',
  );
  expect(thrown({ name: "dense", units: 3 })).toContain("units: there is no such option, the options are name, hidden");
  expect(thrown({ name: "dense", hidden: [3, 0] })).toBe(
    "gater dense: hidden must be a whole number at least 1, received 0",
  );
  expect(thrown({ name: "dense", activation: "gelu" })).toContain('received "gelu"');
  expect(thrown({ name: "dense", gain: 0 })).toBe("gater dense: gain must be a finite number above 0, received 0");
  expect(thrown({ name: "dense", hidden: [], sparse: 5 })).toContain("at most 4, received 5");
  expect(thrown({ name: "dense" }, { input: 4, blocks: 0 })).toContain("gater: blocks");
});
