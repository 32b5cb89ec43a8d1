import { describe, expect, test } from "vitest";
import type { Estimator } from "../estimators/estimator.ts";
import { type EstimatorConfig, type EstimatorState, estimatorFor } from "../estimators/index.ts";
import {
  array,
  concat,
  constant,
  crossEntropy,
  evaluate,
  gradients,
  leaves,
  type NdArray,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import { key, replayKey } from "../random/index.ts";
import { modelFrom } from "./from-config.ts";
import { gatedMlp } from "./gated-mlp.ts";
import type { Params } from "./model.ts";
import { gater, inputs, labels, made, sigmoid, tensors, total, value, x } from "./stages/gated/testing.ts";

/** The same estimator with a card that says it reads closed gates. */
function evaluatingTwin(config: EstimatorConfig): Estimator {
  const estimator = estimatorFor(config);
  return { ...estimator, card: { ...estimator.card, readsClosedGates: true } };
}

/** What a step minimises: the summed losses and the penalty, if there is one. */
function objective(
  model: ReturnType<typeof gatedMlp>,
  params: Params<Tensor>,
  noise: number,
  states: readonly EstimatorState[],
): Tensor {
  const { loss, penalty } = model.train(params, { x, label: labels }, key(noise), states);
  return penalty ? loss.sum().add(penalty) : loss.sum();
}

/** The gradient of what a step minimises, beside central differences of `expected` over every parameter. */
function compareGradients(
  { model, numbers, params, states }: ReturnType<typeof made>,
  expected = () => value(objective(model, tensors(numbers as Tree<NdArray>), 3, states))[0]!,
) {
  const wrt = leaves(params as Tree<Tensor>);
  const received = evaluate(
    gradients(
      objective(model, params, 3, states),
      wrt.map((leaf) => leaf.value),
    ),
  );
  let largest = 0;
  leaves(numbers as Tree<NdArray>).forEach(({ path, value: { data } }, k) => {
    if (/lift|threshold/.test(path)) {
      expect(
        received[k]!.data.every((g) => g === 0),
        `${path} is no gradient's business`,
      ).toBe(true);
      return;
    }
    for (let i = 0; i < data.length; i++) {
      const before = data[i]!;
      const [above, below] = [1e-5, -1e-5].map((d) => {
        data[i] = before + d;
        return expected();
      });
      data[i] = before;
      expect(received[k]!.data[i], `${path}[${i}]`).toBeCloseTo((above! - below!) / 2e-5, 6);
      largest = Math.max(largest, Math.abs(received[k]!.data[i]!));
    }
  });
  expect(largest).toBeGreaterThan(0.01);
}

describe("the training pass of gated blocks", () => {
  const families: Record<string, EstimatorConfig> = {
    "a rectifier": "rectifier",
    "a sigmoid": "sigmoid",
    "a noisy rectifier": "noisy-rectifier",
    "a noisy sigmoid": "noisy-sigmoid",
    "a Concrete value": "concrete",
    "a hard Concrete value": "hard-concrete",
    "one of the two largest": { name: "top-k", k: 2, value: "renormalised" },
  };
  test.each(Object.entries(families))("through %s as a gate has the gradient of central differences", (_, gate) => {
    compareGradients(made({ gated: [{ blocks: 5, width: 2, activation: "tanh", gater, gate }] }));
  });

  test("through a trunk and two layers of gates, too, with what controls add to the loss", () => {
    compareGradients(
      made({
        trunk: [{ units: 4, estimator: "tanh" }],
        gated: [
          {
            blocks: 4,
            output: 3,
            gater: { name: "dense", hidden: [] },
            gate: "noisy-sigmoid",
            sparsity: { name: "kl", target: 0.2, weight: 0.7 },
          },
          {
            blocks: 3,
            width: 2,
            gater,
            gate: "noisy-rectifier",
            sparsity: [
              { name: "adaptive-l1", target: 0.2, weight: 0.3 },
              { name: "kl", target: 0.2, weight: 0.1 },
              { name: "rescue", target: 0.1 },
            ],
          },
        ],
      }),
    );
  });

  test("with beta noise before the sigmoid, held fixed", () => {
    compareGradients(
      made({ gated: [{ blocks: 4, gater, gate: "concrete", sparsity: { name: "beta-noise", target: 0.3 } }] }),
    );
  });

  test("through exact gates has the gradient of the expected loss, pattern by pattern", () => {
    const net = made({ gated: [{ blocks: 4, width: 2, gater, gate: "exact" }] });
    compareGradients(net, () => expectedLoss(net.numbers));
  });

  test("through two layers of exact gates, whose loss is the expected one, too", () => {
    const layer = { width: 2, activation: "tanh", gater, gate: "exact" } as const;
    compareGradients(
      made({
        gated: [
          { ...layer, blocks: 3, output: 4 },
          { ...layer, blocks: 2 },
        ],
      }),
    );
  });

  test.each(["score-function", "disarm", "arm"] as const)(
    "through gates of %s has it on average over their noise, and they skip what is closed",
    (gate) => {
      const gated = [{ blocks: 3, width: 2, activation: "rectifier", gater, gate }] as const;
      const { model, params, states } = made({ gated });
      expect(model.layers.at(-1)!.gates).toMatchObject({ closedInTraining: "skip" });
      const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
      const one = constant(array([[0.2, -0.4, 0.9]], { dtype: "float64" }));
      const label = constant(array(Int32Array.of(2)));
      const gradientOf = (m: typeof model, noise: Parameters<typeof model.train>[2]): number[][] =>
        gradients(m.train(params, { x: one, label }, noise, states).loss.sum(), wrt).map(value);
      const truth = gradientOf(made({ gated: [{ ...gated[0], gate: "exact" }] }).model, key(1));
      const p = value(model.cut(params, one, 0, key(1)).a).map(sigmoid);
      // Every draw is compared with p and 1 − p; between those cuts the estimate is linear in it.
      const cuts = p.map((q) => [0, Math.min(q, 1 - q), Math.max(q, 1 - q), 1]);
      const mean = truth.map((g) => g.map(() => 0));
      for (let cell = 0; cell < 27; cell++) {
        const [u, sizes] = [[] as number[], [] as number[]];
        cuts.forEach((at, unit) => {
          const which = Math.floor(cell / 3 ** unit) % 3;
          u.push((at[which]! + at[which + 1]!) / 2);
          sizes.push(at[which + 1]! - at[which]!);
        });
        const noise = replayKey({ uniform: [array([u], { dtype: "float64" })] });
        const weight = sizes.reduce((product, size) => product * size, 1);
        gradientOf(model, noise).forEach((g, k) => {
          g.forEach((v, i) => (mean[k]![i]! += weight * v));
        });
      }
      truth.forEach((g, k) => {
        g.forEach((v, i) => expect(mean[k]![i]).toBeCloseTo(v, 10));
      });
    },
  );

  /** Σ over all patterns of 4 gates of blocks of two linear units, in plain numbers, summed over the examples. */
  function expectedLoss(numbers: Params<NdArray>): number {
    const [first, second, blocks] = numbers;
    const affine = (h: readonly number[], { weight, bias }: Params<NdArray>[number]): number[] =>
      Array.from(bias!.data, (b, j) => b + total(h.map((v, k) => v * weight!.data[k * bias!.data.length + j]!)));
    return total(
      [0, 1].map((row) => {
        const h = Array.from(inputs.data.subarray(3 * row, 3 * row + 3));
        const p = affine(affine(h, first!).map(Math.tanh), second!).map(sigmoid);
        return total(
          Array.from({ length: 16 }, (_, pattern) => {
            const bits = p.map((_, k) => (pattern >> k) & 1);
            const y = Array.from(blocks!.offset!.data);
            for (let unit = 0; unit < 8; unit++) {
              const a = blocks!.bias!.data[unit]! + total(h.map((v, i) => v * blocks!.weight!.data[3 * unit + i]!));
              for (let c = 0; c < 3; c++) y[c]! += bits[unit >> 1]! * a * blocks!.out!.data[3 * unit + c]!;
            }
            const probability = p.reduce((q, pk, k) => q * (bits[k] ? pk : 1 - pk), 1);
            return probability * (Math.log(total(y.map(Math.exp))) - y[[2, 0][row]!]!);
          }),
        );
      }),
    );
  }

  test("gives the same gradient whether closed gates are skipped or not, where the estimator doesn't read them", () => {
    // straight-through-open is straight-through's gradient at open gates: the card alone says that the others can be skipped.
    for (const gate of ["noisy-rectifier", "hard-concrete", "score-function", "straight-through-open"] as const) {
      const options = { blocks: 6, width: 2, activation: "tanh", gater } as const;
      const [skipping, evaluating] = [gate, evaluatingTwin(gate)].map((estimator) => {
        const { model, params, states } = made({ gated: [{ ...options, gate: estimator }] });
        const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
        const { loss } = model.train(params, { x, label: labels }, key(3), states);
        return {
          closed: model.layers.at(-1)!.gates!.closedInTraining,
          loss: value(loss),
          grads: gradients(loss.sum(), wrt).map((g) =>
            value(g.rank === 3 && g.shape[1] === 1 ? g.sum(1).transpose() : g),
          ),
        };
      });
      expect([skipping!.closed, evaluating!.closed]).toEqual(["skip", "evaluate"]);
      skipping!.loss.forEach((l, i) => expect(l).toBeCloseTo(evaluating!.loss[i]!, 12));
      skipping!.grads.forEach((g, k) => {
        g.forEach((v, i) => expect(v).toBeCloseTo(evaluating!.grads[k]![i]!, 12));
      });
    }
  });

  test("straight-through asks closed gates, too: the scores' gradient is what each block would send, times the loss's slope", () => {
    const { model, numbers, params, states } = made({ gated: [{ blocks: 5, gater, gate: "straight-through" }] });
    const pass = model.train(params, { x, label: labels }, key(3), states);
    const [bias, logits] = evaluate([gradients(pass.loss.sum(), [params[1]!.bias!])[0]!, pass.output]);
    const { weight, bias: b, out } = numbers[2]!;
    const expected = [0, 1, 2, 3, 4].map((k) =>
      total(
        [0, 1].map((row) => {
          const y = Array.from(logits!.data.subarray(3 * row, 3 * row + 3));
          const sum = total(y.map(Math.exp));
          const u = b!.data[k]! + total([0, 1, 2].map((i) => weight!.data[3 * k + i]! * inputs.data[3 * row + i]!));
          const slope = [0, 1, 2].map((c) => Math.exp(y[c]!) / sum - Number(c === [2, 0][row]));
          return total(slope.map((d, c) => d * u * out!.data[3 * k + c]!));
        }),
      ),
    );
    const sent = value(model.hidden(params, x, "stochastic", key(3))[0]!.output);
    expect(sent.some((g) => g === 0)).toBe(true);
    expected.forEach((g, k) => expect(bias!.data[k]).toBeCloseTo(g, 12));
  });

  test("multiplies the gater's gradient by gaterRate, the controls' part included, and no other", () => {
    const gated = {
      blocks: 5,
      gater,
      gate: "noisy-sigmoid",
      sparsity: { name: "kl", target: 0.1, weight: 2 },
    } as const;
    const [plain, slow] = [1, 0.25].map((gaterRate) => {
      const { model, params, states } = made({ gated: [{ ...gated, gaterRate }] });
      const wrt = leaves(params as Tree<Tensor>);
      const grads = gradients(
        objective(model, params, 3, states),
        wrt.map((leaf) => leaf.value),
      );
      return new Map(wrt.map(({ path }, i) => [path, value(grads[i]!)]));
    });
    for (const [path, g] of plain!) {
      const factor = path.startsWith("2.") ? 1 : 0.25;
      expect(slow!.get(path)).toEqual(g.map((v) => factor * v));
    }
  });

  test("takes penalties from the live call, whatever an earlier layer's estimator called before it", () => {
    const trunk: Estimator = {
      card: { name: "path first" } as Estimator["card"],
      unit: { sample: (a) => a.tanh(), readout: (a) => a.tanh(), stochastic: false },
      estimate(a, _key, downstream, state) {
        const before = downstream(concat([a.mul(5), a.mul(-5)], 0), "path");
        return { loss: downstream(a.tanh()).add(before.sum().mul(0)), state };
      },
    };
    const sparsity = { name: "kl", target: 0.2, weight: 0.7 } as const;
    const { model, params, states } = made({
      trunk: [{ units: 4, estimator: trunk }],
      gated: [{ blocks: 5, gater, gate: "straight-through", sparsity }],
    });
    const { penalty, observed } = model.train(params, { x, label: labels }, key(3), states);
    const { rate } = model.thresholds[0]!.values(params, x);
    const each = value(model.cut(params, x, 1, key(3)).a).map(sigmoid);
    const means = [0, 1, 2, 3, 4].map((k) => (each[k]! + each[k + 5]!) / 2);
    const expected = -0.7 * total(means.map((p) => 0.2 * Math.log(p) + 0.8 * Math.log(1 - p)));
    expect(value(penalty!)[0]).toBeCloseTo(expected, 12);
    expect(value(rate)[0]).toBeCloseTo(total(means) / 5, 12);
    const sent = value(model.hidden(params, x, "stochastic", key(3))[1]!.output);
    expect(value(observed[0]!.open!)[0]).toBeCloseTo(total(sent) / 10, 12);
    const toTrunk = value(gradients(penalty!, [params[0]!.weight!])[0]!);
    expect(toTrunk.some((g) => g !== 0)).toBe(true);
  });

  test("gives the open share, and the loss of the scores that it gives", () => {
    const { model, params, states } = made({ gated: [{ blocks: 9, gater, gate: "straight-through" }] });
    const pass = model.train(params, { x, label: labels }, key(3), states);
    expect(value(pass.loss)).toEqual(value(crossEntropy(pass.output, labels)));
    const [gates] = model.hidden(params, x, "stochastic", key(3));
    expect(value(pass.observed[0]!.open!)).toEqual([total(value(gates!.output)) / 18]);
  });

  test("averages several samples of an example, each with noise of its own", () => {
    const gated = [{ blocks: 4, gater, gate: "exact" }] as const;
    const [one, many] = [1, 3].map((trainingSamples) => {
      const { model, params, states } = made({ gated, trainingSamples });
      return value(model.train(params, { x, label: labels }, key(3), states).loss);
    });
    many!.forEach((loss, i) => expect(loss).toBeCloseTo(one![i]!, 12));
    const noisy = made({ gated: [{ blocks: 4, gater, gate: "straight-through" }], trainingSamples: 50 });
    const losses = value(noisy.model.train(noisy.params, { x, label: labels }, key(3), noisy.states).loss);
    // Noise of a control is an example's own in each sample, too.
    const sparsity = { name: "beta-noise", target: 0.3 } as const;
    const [alone, pair] = [1, 2].map((trainingSamples) => {
      const { model, params, states } = made({
        gated: [{ blocks: 4, gater, gate: "sigmoid", sparsity }],
        trainingSamples,
      });
      return value(model.train(params, { x, label: labels }, key(3), states).loss);
    });
    pair!.forEach((loss, i) => expect(Math.abs(loss - alone![i]!)).toBeGreaterThan(1e-6));
    const single = made({ gated: [{ blocks: 4, gater, gate: "straight-through" }] });
    expect(losses).not.toEqual(
      value(single.model.train(single.params, { x, label: labels }, key(3), single.states).loss),
    );
  });
});

describe("gatedMlp", () => {
  test("begins as the paper's net: uniform weights, four times the range at the gater's end", () => {
    const model = gatedMlp({ input: 300, classes: 10, gated: [{ blocks: 200, gate: "straight-through" }] });
    const [first, second, blocks] = model.init(1).params;
    const range = (data: ArrayLike<number>) => Math.max(...Array.from(data, Math.abs));
    const near = (data: ArrayLike<number>, bound: number) => {
      expect(range(data)).toBeLessThanOrEqual(bound);
      expect(range(data)).toBeGreaterThan(0.99 * bound);
    };
    near(first!.weight!.data, Math.sqrt(6 / 700));
    near(second!.weight!.data, 4 * Math.sqrt(6 / 600));
    near(blocks!.weight!.data, Math.sqrt(6 / 500));
    near(blocks!.out!.data, Math.sqrt(6 / 210));
    const again = model.init(1).params[2]!;
    expect(Buffer.from(again.out!.data.buffer).equals(Buffer.from(blocks!.out!.data.buffer))).toBe(true);
    expect(model.init(2).params[0]!.weight!.data[0]).not.toBe(first!.weight!.data[0]);
  });

  test("lists gater and blocks with shapes, the axes of incoming weights and multiply-adds", () => {
    const model = gatedMlp({
      input: [2, 3],
      trunk: [{ units: 5, estimator: "rectifier" }],
      gated: [
        { blocks: 4, width: 2, gater, gate: "disarm", output: 7 },
        { blocks: 8, gater: { name: "dense", hidden: [] }, gate: "straight-through" },
      ],
      classes: 3,
    });
    expect(model.layers).toMatchObject([
      { name: "trunk1", input: [6], output: [5], multiplyAdds: 30 },
      { name: "gater1.1", input: [5], output: [3], multiplyAdds: 15, activation: "tanh" },
      { name: "gater1.2", input: [3], output: [4], multiplyAdds: 12 },
      { name: "blocks1", input: [5], output: [7], multiplyAdds: 4 * 2 * (5 + 7), gates: { closedInTraining: "skip" } },
      { name: "gater2", input: [7], output: [8], multiplyAdds: 56 },
      { name: "blocks2", input: [7], output: [3], multiplyAdds: 8 * (7 + 3), gates: { closedInTraining: "evaluate" } },
    ]);
    const shapes = model.layers.map(({ parameters }) => parameters);
    model.init(1).params.forEach((layer, i) => {
      const found = Object.entries(layer).map(([name, { shape }]) => ({ name, shape }));
      expect(shapes[i]!.map(({ name, shape }) => ({ name, shape }))).toEqual(expect.arrayContaining(found));
      expect(found.length).toBe(shapes[i]!.length);
    });
    expect(shapes[3]!.slice(0, 3)).toEqual([
      { name: "weight", shape: [4, 2, 5], incoming: [2] },
      { name: "bias", shape: [4, 2], incoming: [] },
      { name: "out", shape: [4, 2, 7], incoming: [0, 1] },
    ]);
    expect(modelFrom(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ gated: [] }, "gated-mlp: gated must be a list of at least one layer, received []"],
    [{ gated: [{ blocks: 2.5, gate: "disarm" }] }, "gated-mlp: gated[0].blocks must be a whole number"],
    [
      { gated: [{ blocks: 2, gate: "disram" }] },
      'gated-mlp: gated[0].gate: there is no estimator "disram", did you mean "disarm"?',
    ],
    [{ gated: [{ blocks: 2, gate: "disarm", width: 0 }] }, "gated-mlp: gated[0].width must be a whole number"],
    [
      { gated: [{ blocks: 2, gate: "disarm", output: 9 }] },
      "gated[0].output: the last layer outputs the 3 class scores",
    ],
    [
      { gated: [{ blocks: 2, gate: "disarm", gaterRate: -1 }] },
      "gated[0].gaterRate must be a finite number at least 0",
    ],
    [{ gated: [{ blocks: 2, gate: { name: "top-k", k: 1 }, open: 0.5 }] }, "top-k says by itself how many gates open"],
    [{ gated: [{ blocks: 2, gate: "disarm" }], trunk: [{ units: 0, estimator: "tanh" }] }, "trunk[0].units must be"],
    [{ gated: [{ blocks: 2, gate: "disarm" }], hidden: [] }, "gated-mlp: the options are input, trunk, gated, classes"],
  ])("refuses %j", (options, message) => {
    expect(() => gatedMlp({ input: 4, classes: 3, ...options } as never)).toThrow(message);
  });
});
