/** Gates as they are read at test, and what controls of sparsity change of them. */
import { describe, expect, test } from "vitest";
import type { EstimatorConfig } from "../../../estimators/index.ts";
import { gradients, leaves, type NdArray, type Tensor, type Tree } from "../../../graph/index.ts";
import { key } from "../../../random/index.ts";
import { betaTable } from "../../../statistics/beta.ts";
import type { GatedConfig } from "./config.ts";
import { gater, labels, made, sigmoid, tensors, value, x } from "./testing.ts";

describe("gates at test", () => {
  const gated = { blocks: 6, gater, open: 0.2 } as const;
  const withThreshold = (gate: EstimatorConfig, threshold: number) => {
    const net = made({ gated: [{ ...gated, gate }] });
    net.numbers[2]!.threshold!.data[0] = threshold;
    const params = tensors(net.numbers as Tree<NdArray>);
    const { model } = net;
    const a = value(model.cut(params, x, 0, key(1)).a);
    const [{ output, rate }] = model.hidden(params, x, "deterministic", key(1)) as [{ output: Tensor; rate: Tensor }];
    return { a, gates: value(output), rate: value(rate), threshold };
  };

  test.each(["straight-through", "concrete", "score-function", "threshold"] as const)(
    "that output bits (%s) are 1 above the threshold and 0 elsewhere",
    (gate) => {
      for (const threshold of [-1.5, 0.3]) {
        const { a, gates, rate } = withThreshold(gate, threshold);
        expect(gates).toEqual(a.map((v) => Number(v > threshold)));
        expect(new Set(gates).size).toBe(2);
        rate.forEach((r, k) => expect(r).toBe((gates[k]! + gates[k + 6]!) / 2));
      }
    },
  );

  test("that output smooth values send their readout above the threshold", () => {
    const { a, gates } = withThreshold("smooth-times-stochastic", 0.3);
    gates.forEach((g, i) => expect(g).toBeCloseTo(a[i]! > 0.3 ? sigmoid(a[i]!) : 0, 12));
  });

  test("whose readout is 0 above a threshold below 0 are read as if that were where it begins", () => {
    const { a, gates } = withThreshold("noisy-rectifier", -1.5);
    gates.forEach((g, i) => expect(g).toBeCloseTo(Math.max(0, a[i]! + 1.5), 9));
    const above = withThreshold("noisy-rectifier", 0.3);
    above.gates.forEach((g, i) => expect(g).toBeCloseTo(above.a[i]! > 0.3 ? above.a[i]! : 0, 12));
  });

  test("stand beta noise's mean in its place, and draw nothing", () => {
    const gated = { blocks: 40, gater, gate: "smooth-times-stochastic", open: 0.5 } as const;
    const net = (sparsity: GatedConfig["sparsity"]) => {
      const { model, numbers, params } = made({ gated: [{ ...gated, sparsity }] });
      const scores = value(model.cut(params, x, 0, key(1)).a);
      const { a } = model.thresholds[0]!.values(params, x);
      const readouts = [1, 2].map((seed) => value(model.hidden(params, x, "deterministic", key(seed))[0]!.output));
      return { numbers, scores, decides: value(a), readouts };
    };
    const plain = net([]);
    const noisy = net({ name: "beta-noise", target: 0.2 });
    const mean = betaTable((0.2 * 38.1 + 1) / 0.8, 40.1).mean;
    noisy.decides.forEach((a, i) => expect(a).toBeCloseTo(plain.scores[i]! + mean, 12));
    expect(noisy.readouts[0]).toEqual(noisy.readouts[1]);
    noisy.readouts[0]!.forEach((g, i) => {
      const a = plain.scores[i]! + mean;
      expect(g).toBeCloseTo(a > 0 ? sigmoid(a) : 0, 12);
    });
    // In training every gate has a draw of its own, between 0 and 1.
    const draws = noisy.scores.map((a, i) => a - plain.scores[i]!);
    expect(draws.every((d) => d > 0 && d < 1)).toBe(true);
    expect(new Set(draws).size).toBe(80);
  });

  test("that are one-hot open the likeliest class of each variable", () => {
    const { model, params } = made({
      gated: [{ blocks: 6, gater, gate: { name: "categorical-straight-through", classes: 3 } }],
    });
    const a = value(model.cut(params, x, 0, key(1)).a);
    const [gates] = model.hidden(params, x, "deterministic", key(1));
    value(gates!.output).forEach((g, i) => {
      const first = i - (i % 3);
      expect(g).toBe(Number(a[i] === Math.max(...a.slice(first, first + 3))));
    });
    expect(model.thresholds).toEqual([]);
  });

  test("skip closed blocks: no number of theirs reaches the scores, nor a gradient in training where they are skipped", () => {
    const { model, numbers, states } = made({ gated: [{ blocks: 4, gater, gate: "noisy-rectifier" }] });
    // Block 2 never opens: its gate is far below 0 for everyone.
    numbers[1]!.bias!.data[2] = -1e3;
    const scores = () => value(model.output(tensors(numbers as Tree<NdArray>), x, "stochastic", key(1)));
    const clean = scores();
    numbers[2]!.weight!.data.fill(Number.NaN, 6, 9);
    numbers[2]!.out!.data.fill(Number.NaN, 6, 9);
    expect(scores()).toEqual(clean);
    const params = tensors(numbers as Tree<NdArray>);
    const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
    const grads = gradients(model.train(params, { x, label: labels }, key(3), states).loss.sum(), wrt).map(value);
    expect(grads.flat().every(Number.isFinite)).toBe(true);
  });
});

describe("controls", () => {
  test("balance moves who opens and never what an open gate sends", () => {
    for (const value_ of ["one", "sigmoid", "softmax"] as const) {
      const gate = { name: "top-k", k: 2, value: value_ } as const;
      const { model, numbers } = made({
        gated: [{ blocks: 6, gater, gate, sparsity: { name: "balance", target: 1 / 3 } }],
      });
      const gatesWith = (lift: (k: number) => number) => {
        numbers[2]!.lift!.data.forEach((_, k) => (numbers[2]!.lift!.data[k] = lift(k)));
        return value(model.hidden(tensors(numbers as Tree<NdArray>), x, "stochastic", key(1))[0]!.output);
      };
      const all = value_ === "softmax" ? undefined : gatesWith(() => 0);
      const [low, high] = [gatesWith((k) => (k < 2 ? 100 : 0)), gatesWith((k) => (k > 3 ? 100 : 0))];
      expect(low.map((g, i) => (g !== 0 ? i % 6 : -1)).filter((i) => i >= 0)).toEqual([0, 1, 0, 1]);
      expect(high.map((g, i) => (g !== 0 ? i % 6 : -1)).filter((i) => i >= 0)).toEqual([4, 5, 4, 5]);
      // What a gate sends when it is open is the same whatever opened it.
      all?.forEach((g, i) => {
        for (const other of [low, high]) if (g !== 0 && other[i] !== 0) expect(other[i]).toBe(g);
      });
      const a = value(model.cut(tensors(numbers as Tree<NdArray>), x, 0, key(1)).a);
      if (value_ === "sigmoid") low.forEach((g, i) => g !== 0 && expect(g).toBeCloseTo(sigmoid(a[i]!), 12));
    }
  });

  test("balance shifts the scores of gates that output bits, whose value it can't change", () => {
    const { model, numbers, states } = made({
      gated: [{ blocks: 4, gater, gate: "straight-through", sparsity: { name: "balance", target: 0.3, step: 0.5 } }],
    });
    const params = tensors(numbers as Tree<NdArray>);
    const { moved } = model.train(params, { x, label: labels }, key(3), states);
    const [gates] = model.hidden(params, x, "stochastic", key(3));
    const sent = value(gates!.output);
    value(moved[2]!.lift!).forEach((bias, k) => {
      const load = (sent[k]! + sent[k + 4]!) / 2;
      expect(bias).toBeCloseTo(0.1 * (k + 1) + 0.5 * Math.sign(0.3 - load), 12);
    });
    const before = value(model.cut(params, x, 0, key(3)).a);
    numbers[2]!.lift!.data.fill(0);
    const after = value(model.cut(tensors(numbers as Tree<NdArray>), x, 0, key(3)).a);
    before.forEach((a, i) => expect(a - after[i]!).toBeCloseTo(0.1 * ((i % 4) + 1), 12));
  });

  test.each<[Record<string, unknown>, string]>([
    [{ gate: "score-function", sparsity: { name: "adaptive-l1", target: 0.1 } }, "derivatives through what gates send"],
    [{ gate: "rectifier", sparsity: { name: "kl", target: 0.1, weight: 1 } }, "a rate with a derivative"],
    [{ gate: "tanh", sparsity: { name: "kl", target: 0.1, weight: 1 } }, "a rate with a derivative"],
    [{ gate: "noisy-rectifier", sparsity: { name: "balance", target: 0.1 } }, "a decision apart from its value"],
  ])("%j: what the gates lack is said", (options, lacking) => {
    const { gate, sparsity } = options as { gate: string; sparsity: { name: string } };
    expect(() => made({ gated: [{ blocks: 4, gater, ...options } as never] })).toThrow(
      `gated-mlp: gated[0].sparsity: ${sparsity.name} needs ${lacking}, received gates of ${gate}`,
    );
  });
});
