import { describe, expect, test } from "vitest";
import type { CellConfig } from "../../../cells/index.ts";
import type { SparsityConfig } from "../../../gating/sparsity/index.ts";
import {
  array,
  constant,
  evaluate,
  gradients,
  leaves,
  type NdArray,
  type Tensor,
  type Tree,
} from "../../../graph/index.ts";
import { gradientError } from "../../../graph/testing/finite-differences.ts";
import { key } from "../../../random/index.ts";
import { values } from "../../heads/values.ts";
import type { Model, Params } from "../../model.ts";
import { network } from "../../network.ts";
import { doubled, value } from "../../testing.ts";
import { dense } from "../dense.ts";
import { type RecurrentOptions, recurrent } from "../recurrent.ts";

const [B, T, I, H] = [3, 4, 2, 5];
const lif = (options: object = {}) => ({ name: "lif", threshold: 0.3, ...options }) as CellConfig;
const make = (options: Partial<RecurrentOptions>): Model =>
  network({ input: [T, I], stages: [recurrent({ cell: lif(), units: H, ...options }), dense({})], head: values(2) });
const drawn = (seed: number, shape: readonly number[]): Tensor =>
  constant(evaluate([key(seed).normal(shape, { dtype: "float64" })])[0]!);
const y = drawn(4, [B, 2]);
const counts = [2, 4, 1];
const lengths = constant(array(Int32Array.from(counts)));
/** As many steps as count, of which the others hold `padding`. */
const sequences = (padding: number): Tensor => {
  const x = evaluate([drawn(3, [B, T, I])])[0]!;
  counts.forEach((n, b) => x.data.fill(padding, (b * T + n) * I, (b + 1) * T * I));
  return constant(x);
};
const trained = (model: Model, x: Tensor) => {
  const { params, states } = doubled(model);
  return { params, pass: model.train(params, { x, y, lengths }, key(1), states) };
};

describe("a rate penalty", () => {
  const sparsity: SparsityConfig = { name: "quadratic", target: 0.2, weight: 2 };

  test("is that of the spikes of all steps and examples, and of no step beyond a length", () => {
    const options = { sparsity, output: "sequence", lengths: "lengths" } as const;
    const model = network({
      ...{ input: [T, I], head: values(2) },
      stages: [recurrent({ cell: lif(), units: H, ...options }), dense({})],
    });
    const { params, pass } = trained(model, sequences(0));
    const only = network({
      ...{ input: [T, I], head: values([T, H]) },
      stages: [recurrent({ cell: lif(), units: H, ...options })],
    });
    const spikes = value(only.output(params, sequences(0), "stochastic", key(1), { lengths }));
    const total = counts.reduce((sum, n) => sum + n, 0);
    const rates = Array.from({ length: H }, (_, unit) =>
      spikes.reduce((sum, s, at) => sum + (at % H === unit ? s / total : 0), 0),
    );
    expect(new Set(rates).size).toBeGreaterThan(2);
    expect(value(pass.penalty!)[0]).toBeCloseTo(2 * rates.reduce((sum, rate) => sum + (rate - 0.2) ** 2, 0), 12);
  });

  test.each<[string, object]>([
    ["quadratic", { name: "quadratic", target: 0.2, weight: 2 }],
    ["kl", { name: "kl", target: 0.2, weight: 0.1 }],
    ["adaptive-l1", { name: "adaptive-l1", target: 0.2, weight: 0.1 }],
  ])("%s leaves padding alone, in both directions", (_, control) => {
    const spike = { name: "straight-through" };
    const model = make({
      ...{ cell: lif({ spike }), sparsity: control as SparsityConfig, lengths: "lengths", direction: "both" },
    });
    const found = [0, 7].map((padding) => {
      const { params, pass } = trained(model, sequences(padding));
      const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
      return evaluate([pass.penalty!, ...gradients(pass.penalty!, wrt)]).map(({ data }) => [...data]);
    });
    expect(found[1]).toEqual(found[0]);
    expect(found[0]!.slice(1).some((grad) => grad.some((g) => g !== 0))).toBe(true);
  });

  test.each<[string, SparsityConfig]>([
    ["quadratic", { name: "quadratic", target: 0.2, weight: 2 }],
    ["kl", { name: "kl", target: 0.2, weight: 0.5 }],
  ])("%s has the gradient of central differences where spikes are smooth", (_, control) => {
    const cell = lif({ spike: "sigmoid", resetGradient: true });
    const model = make({ cell, sparsity: control, lengths: "lengths", direction: "both" });
    const { numbers, states } = doubled(model);
    const listed = numbers.flatMap((row) => Object.values(row)) as NdArray[];
    const treeOf = (list: readonly Tensor[]): Params<Tensor> => {
      let at = 0;
      return numbers.map((row) => Object.fromEntries(Object.keys(row).map((name) => [name, list[at++]!])));
    };
    const f = (...list: Tensor[]): Tensor =>
      model.train(treeOf(list), { x: sequences(0), y, lengths }, key(1), states).penalty!;
    expect(gradientError(f, listed)).toBeLessThan(1e-7);
  });

  test("adaptive L1 keeps its weight beside what estimators keep, in the loop and step by step", () => {
    for (const spike of ["threshold", "rebar"]) {
      const model = make({ cell: lif({ spike }), sparsity: { name: "adaptive-l1", target: 0.01, weight: 0.5 } });
      const { params, states } = doubled(model);
      const pass = model.train(params, { x: sequences(0), y }, key(1), states);
      expect(Object.keys(pass.states[0]!)).toEqual(Object.keys(states[0]!));
      expect(value(pass.states[0]!.lambda!)[0]).toBeCloseTo(0.55, 6);
      expect(value(pass.penalty!)[0]).toBeGreaterThan(0);
    }
  });

  test("of estimators that take a decision's rest as a function is that of the first sample", () => {
    const control: SparsityConfig = { name: "kl", target: 0.2, weight: 1 };
    const penalty = (spike: string) =>
      value(trained(make({ cell: lif({ spike }), sparsity: control }), sequences(0)).pass.penalty!)[0];
    expect(penalty("disarm")).toBeCloseTo(penalty("straight-through")!, 10);
  });

  test.each<[Partial<RecurrentOptions>, string]>([
    [{ sparsity: { name: "kl", target: 0.1, weight: 1 } }, "stages[0].sparsity: kl needs a rate with a derivative"],
    [
      { cell: lif({ spike: "score-function" }), sparsity },
      "stages[0].sparsity: quadratic needs derivatives through what gates send",
    ],
    [{ sparsity: { name: "balance", target: 0.1 } }, "takes controls that add to the loss: kl, quadratic, adaptive-l1"],
    [{ sparsity: { name: "beta-noise", target: 0.1 } }, "received beta-noise"],
    [{ cell: { name: "lstm" }, sparsity }, "needs units that decide, such as those of lif; received the cell lstm"],
  ])("%j is refused", (options, message) => {
    expect(() => make(options)).toThrow(message);
  });
});

test("scores report spikes per unit and step, of the steps that count, and decisions of hard gates", () => {
  const model = make({ lengths: "lengths" });
  const { params, pass } = trained(model, sequences(0));
  const { observed } = model.examine(params, { x: sequences(0), y, lengths }, "stochastic", key(1));
  const [{ name, sums, summary }] = model.observations as [Model["observations"][number]];
  const shares = value(observed[0]!);
  const only = network({
    ...{ input: [T, I], head: values([T, H]) },
    stages: [recurrent({ cell: lif(), units: H, output: "sequence", lengths: "lengths" })],
  });
  const spikes = value(only.output(params, sequences(0), "stochastic", key(1), { lengths }));
  const byHand = counts.flatMap((n, b) =>
    Array.from({ length: H }, (_, unit) => {
      const own = Array.from({ length: n }, (_, t) => spikes[(b * T + t) * H + unit]!);
      return own.reduce((sum, s) => sum + s, 0) / n;
    }),
  );
  shares.forEach((share, i) => expect(share).toBeCloseTo(byHand[i]!, 12));
  expect(name).toBe("spikes");
  const mean = byHand.reduce((sum, share) => sum + share, 0) / byHand.length;
  expect(mean).toBeGreaterThan(0);
  expect(value(pass.observed[0]!.rate!)[0]).toBeCloseTo(mean, 12);
  const all = constant(array(Float64Array.of(1, 1, 1), { shape: [B, 1] }));
  const report = summary(Float64Array.from(value(sums(observed[0]!, all))), B);
  expect(report.rate).toBeCloseTo(mean, 12);
  expect(report.silent).toBe(
    Array.from({ length: H }, (_, unit) => byHand.every((share, i) => i % H !== unit || share === 0)).filter(Boolean)
      .length,
  );
  expect(make({ cell: { name: "lstm", gates: "threshold" } }).observations[0]!.name).toBe("decisions");
  expect(make({ cell: { name: "lstm" } }).observations).toEqual([]);
  expect(make({ cell: { name: "skip" } }).observations[0]!.name).toBe("stepsTaken");
  expect(make({ cell: { name: "lstm", gates: "concrete" } }).observations[0]!.name).toBe("outputs");
});

describe("where decisions are random", () => {
  /** The mean rate that a readout, or a training step, reports. */
  const reported = (cell: CellConfig, readout: "deterministic" | "stochastic" | "training") => {
    const model = make({ cell, lengths: "lengths" });
    const { params, pass } = trained(model, sequences(0));
    if (readout === "training") return value(pass.observed[0]!.rate!)[0]!;
    const { observed } = model.examine(params, { x: sequences(0), y, lengths }, readout, key(1));
    const shares = value(observed[0]!);
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  /** The mean over units and steps that count of P(spike), where spikes change nothing: no reset, no recurrence. */
  const expectedRate = (): number => {
    const free = lif({ spike: "sigmoid", reset: "none", recurrent: false });
    const stages = [recurrent({ cell: free, units: H, output: "sequence", lengths: "lengths" })];
    const only = network({ input: [T, I], head: values([T, H]), stages });
    const { params } = trained(make({ cell: free }), sequences(0));
    const p = value(only.output(params, sequences(0), "deterministic", key(1), { lengths }));
    return counts.reduce((sum, n, b) => {
      const own = p.slice(b * T * H, (b * T + n) * H);
      return sum + own.reduce((total, each) => total + each, 0) / (n * H * B);
    }, 0);
  };

  test.each(["straight-through", "straight-through-slope", "smooth-times-stochastic", "concrete"])(
    "the deterministic readout of %s reports the rate that is expected, and sampling the share of spikes",
    (spike) => {
      const cell = lif({ spike, reset: "none", recurrent: false });
      const rate = reported(cell, "deterministic");
      if (spike === "smooth-times-stochastic") expect(rate).toBeGreaterThan(expectedRate());
      else expect(rate).toBeCloseTo(expectedRate(), 10);
      expect(rate).toBeLessThan(0.95);
      if (spike === "concrete") return;
      const share = reported(cell, "stochastic");
      // A whole number of spikes in each sequence, whose lengths are 2, 4 and 1.
      expect(4 * B * H * share).toBeCloseTo(Math.round(4 * B * H * share), 8);
      expect(share).not.toBeCloseTo(rate, 4);
    },
  );

  test("a variable of C classes is for one of them at each step: the rate that is expected, and that of samples, are 1 in C", () => {
    const gates = { name: "categorical-straight-through", classes: H } as const;
    for (const readout of ["deterministic", "stochastic", "training"] as const)
      expect(reported({ name: "gru", gates }, readout)).toBeCloseTo(1 / H, 10);
  });

  test("training by all outcomes reports the rate that is expected, not that of outcomes counted alike", () => {
    const two = { cell: lif({ spike: "exact", reset: "none", recurrent: false }), units: 1 };
    const model = make(two);
    const { params, pass } = trained(model, sequences(0));
    const { observed } = model.examine(params, { x: sequences(0), y }, "deterministic", key(1));
    const shares = value(observed[0]!);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(value(pass.observed[0]!.rate!)[0]).toBeCloseTo(mean, 10);
    expect(mean).not.toBeCloseTo(0.5, 3);
  });

  test("a skip cell reports the steps that it takes, whatever the cell within decides", () => {
    const within = { name: "lstm", gates: "threshold" } as const;
    const skip = (estimator: "straight-through" | "threshold") =>
      reported({ name: "skip", cell: within, estimator } as CellConfig, "deterministic");
    // The first step is always taken: its probability begins at 1.
    for (const rate of [skip("straight-through"), skip("threshold")]) {
      expect(rate).toBeGreaterThan(1 / T);
      expect(rate).toBeLessThanOrEqual(1);
    }
    const model = make({ cell: { name: "skip", cell: within, estimator: "straight-through" } as CellConfig });
    const { params } = trained(model, sequences(0));
    const { observed } = model.examine(params, { x: sequences(0), y }, "deterministic", key(1));
    expect(observed[0]!.shape).toEqual([B, 1]);
    expect(value(observed[0]!).every((share) => share > 0 && share < 1)).toBe(true);
  });

  test("a unit is silent that is likelier to have fired never than once", () => {
    const { summary } = make({ cell: lif({ spike: "straight-through" }) }).observations[0]!;
    // Of four steps: 0, 0.4, 0.8 and 4 spikes are expected.
    expect(summary(Float64Array.of(0, 0.1, 0.2, 1), B).silent).toBe(2);
  });
});
