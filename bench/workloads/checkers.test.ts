import { describe, expect, it } from "vitest";
import { sampleIndices, uniforms } from "./data.ts";
import { gemmInputs, gemmSamples, parseGemm } from "./gemm.ts";
import { workloadOf } from "./index.ts";
import { ReferenceNetwork } from "./reference-network.ts";
import {
  initialWeights,
  MOMENTUM,
  parseTrainingStep,
  stepData,
  stepFlops,
  type TrainingStep,
  verificationRates,
} from "./training-step.ts";

describe("gemm's check", () => {
  const task = parseGemm("7x30x11");
  const { a, b } = gemmInputs(task);
  const product = gemmSamples(task).map((index) => {
    let sum = 0;
    for (let p = 0; p < 30; p++) {
      sum = Math.fround(sum + Math.fround(a[Math.floor(index / 11) * 30 + p]! * b[p * 11 + (index % 11)]!));
    }
    return sum;
  });
  const check = workloadOf(task).checker(task);

  it("accepts float32 sums", () => expect(() => check(product)).not.toThrow());

  it("refuses one wrong, missing or NaN entry", () => {
    expect(() => check(product.with(5, product[5]! + 1e-4))).toThrow(/its float64 sum is/);
    expect(() => check(product.with(5, Number.NaN))).toThrow(/is NaN/);
    expect(() => check(product.slice(0, -1))).toThrow();
  });

  it("samples the first and the last entry of a large result", () => {
    const found = sampleIndices(123457);
    expect(found).toContain(0);
    expect(found).toContain(123456);
    expect(new Set(found).size).toBeGreaterThan(50);
  });
});

describe("the dense step's check", () => {
  const task = parseTrainingStep("12-9-7-4", 8, false);
  const losses = (momentum: number, scale = 1): number[] => {
    const network = new ReferenceNetwork(task, initialWeights(task));
    return verificationRates(task).map((rate) => network.step(stepData(task), rate * scale, momentum));
  };
  const check = workloadOf(task).checker(task);

  it("accepts the same steps", () => expect(() => check(losses(MOMENTUM))).not.toThrow());

  it("refuses another momentum, another rate, and no learning", () => {
    expect(() => check(losses(0))).toThrow(/loss of step 3/);
    expect(() => check(losses(MOMENTUM, 0.9))).toThrow(/loss of step 2/);
    expect(() => check(losses(MOMENTUM, 0))).toThrow(/loss of step 2/);
    expect(() => check(losses(MOMENTUM).slice(1))).toThrow(/3 finite losses/);
  });

  it("rests on gradients that agree with finite differences", () => {
    const data = stepData(task);
    const weights = initialWeights(task);
    const lossAt = (layer: number, index: number, shift: number) => {
      const network = new ReferenceNetwork(
        task,
        weights.map((values, l) => (l === layer ? values.with(index, values[index]! + shift) : values)),
      );
      return network.loss(data);
    };
    const size = 2 ** -10;
    for (const [layer, values] of weights.entries()) {
      for (const index of [0, 5, values.length - 1]) {
        const slope = (lossAt(layer, index, size) - lossAt(layer, index, -size)) / (2 * size);
        const network = new ReferenceNetwork(task, weights);
        network.step(data, 1, 0);
        const moved = network.weight(layer, index) - values[index]!;
        expect(-moved).toBeCloseTo(slope, 5);
      }
    }
  });
});

describe("the stochastic step's check", () => {
  const task = parseTrainingStep("12-9-7-4", 8, true) as TrainingStep;
  const network = new ReferenceNetwork(task, initialWeights(task));
  const data = stepData(task);
  const rates = verificationRates(task);
  const steps = (draw: (step: number) => (layer: number, count: number) => Float32Array, gain: number) =>
    rates.map((rate, step) => network.loss(data, draw(step)) - (rate > 0 ? gain : 0));
  const fresh = (step: number) => (layer: number, count: number) => uniforms(50_000 + 10 * step + layer, count);
  const check = workloadOf(task).checker(task);

  it("accepts fresh draws and a falling loss", () => expect(() => check(steps(fresh, 1))).not.toThrow());

  it("refuses a loss that stays", () => expect(() => check(steps(fresh, 0))).toThrow(/doesn't learn/));

  it("refuses draws that repeat, and one draw for all units", () => {
    expect(() => check(steps(() => fresh(0), 1))).toThrow();
    const wide = parseTrainingStep("12-200-4", 300, true);
    const big = new ReferenceNetwork(wide, initialWeights(wide));
    const examples = stepData(wide);
    const shared = verificationRates(wide).map((rate, step) => {
      // Only the losses at the initial weights, which take no step, show it: those after a step may be any low number.
      if (rate > 0) return 0.01;
      const u = uniforms(70_000 + step, 1)[0]!;
      return big.loss(examples, (_, count) => new Float32Array(count).fill(u));
    });
    expect(() => workloadOf(wide).checker(wide)(shared)).toThrow(/initial weights vary/);
  });

  it("refuses rectifiers in place of firing units", () => {
    const rectified = rates.map((rate) => network.loss(data) - (rate > 0 ? 1 : 0));
    expect(() => check(rectified)).toThrow();
  });
});

describe("FLOP of a step", () => {
  it("count three products a layer, two in the first", () => {
    const task = parseTrainingStep("5-4-3", 1, false);
    expect(stepFlops(task)).toBe(2 * 5 * 4 * 2 + 2 * 4 * 3 * 3);
  });
});
