import { describe, expect, test } from "vitest";
import { array, constant, evaluate, gradients, type NdArray, type Tensor } from "../../graph/index.ts";
import { key, replayKey } from "../../random/index.ts";
import { type Sparsity, type SparsityConfig, sparsities, sparsityFor, sparsityNames } from "./index.ts";
import type { Gates, SparsityStateArrays } from "./sparsity.ts";

const matrix = (rows: readonly (readonly number[])[]): Tensor => constant(array(rows, { dtype: "float64" }));
const value = (x: Tensor): number[] => Array.from(evaluate([x])[0]!.data);
const gatesOf = (rate: number[][], sent = rate): Gates => ({ rate: matrix(rate), sent: matrix(sent) });
const tensors = (state: SparsityStateArrays = {}) =>
  Object.fromEntries(
    Object.entries(state).map(([name, { data, shape }]: [string, NdArray]) => [
      name,
      constant(array(Array.from(data), { shape, dtype: "float64" })),
    ]),
  );

describe("kl", () => {
  const { penalty } = sparsityFor({ name: "kl", target: 0.1, weight: 2 });
  const rates = [
    [0.2, 0.5, 0.1],
    [0.4, 0.5, 0.1],
  ];

  test("is −λ Σ [s log p̄ + (1 − s) log(1 − p̄)] of the mini-batch's means", () => {
    const of = (p: number): number => -2 * (0.1 * Math.log(p) + 0.9 * Math.log(1 - p));
    expect(value(penalty!(gatesOf(rates), {}))[0]).toBeCloseTo(of(0.3) + of(0.5) + of(0.1), 12);
  });

  test("pulls each gate's mean towards the target, by λ(p̄ − s)/(p̄(1 − p̄)) over the examples", () => {
    const gates = gatesOf(rates);
    const slope = value(gradients(penalty!(gates, {}), [gates.rate])[0]!);
    const of = (p: number): number => (2 * (p - 0.1)) / (p * (1 - p)) / 2;
    [0.3, 0.5, 0.1, 0.3, 0.5, 0.1].forEach((p, i) => expect(slope[i]).toBeCloseTo(of(p), 10));
  });

  test("stays a number where a gate never or always opens", () => {
    expect(value(penalty!(gatesOf([[0, 1]]), {})).every(Number.isFinite)).toBe(true);
  });
});

describe("adaptive L1", () => {
  const control = sparsityFor({ name: "adaptive-l1", target: 0.25, weight: 0.5 });

  test("is λ times the mean over examples of Σ |h|", () => {
    const sent = [
      [1, 0, -2],
      [0, 0, 0.5],
    ];
    const gates = gatesOf(sent, sent);
    const found = control.penalty!(gates, tensors(control.init!(3)));
    expect(value(found)[0]).toBeCloseTo(0.5 * 1.75, 7);
    expect(value(gradients(found, [gates.sent])[0]!).map((g) => g + 0)).toEqual([0.25, 0, -0.25, 0, 0, 0.25]);
  });

  test("moves λ by the share of open gates: up above s + 0.01, down below s − 0.01, else not", () => {
    const next = (config: Partial<SparsityConfig>, lambda: number, open: number): number => {
      const made = sparsityFor({ name: "adaptive-l1", target: 0.25, ...config } as SparsityConfig);
      const sent = [Array.from({ length: 100 }, (_, i) => (i < open ? -0.3 : 0))];
      return value(made.next!(gatesOf(sent, sent), { lambda: constant(lambda, "float64") }).lambda!)[0]!;
    };
    expect([23, 24, 25, 26, 27].map((open) => next({}, 1e-3, open) / 1e-3)).toEqual(
      [0.9, 1, 1, 1, 1.1].map((factor) => expect.closeTo(factor, 12)),
    );
    expect(next({}, 0.95, 80)).toBe(1);
    expect(next({}, 1e-12, 0)).toBe(1e-12);
    expect(next({ up: 2 }, 1e-3, 80)).toBeCloseTo(2e-3, 12);
    expect(next({ down: 0.5 }, 1e-3, 0)).toBeCloseTo(5e-4, 12);
    expect(next({ tolerance: 0.2 }, 1e-3, 40)).toBe(1e-3);
  });

  test("begins at 1e-5", () => {
    const { lambda } = sparsityFor({ name: "adaptive-l1", target: 0.25 }).init!(7);
    expect(lambda!.data[0]).toBeCloseTo(1e-5, 12);
  });
});

describe("beta noise", () => {
  test("has its mode at the target, and its mean stands for it", () => {
    const [alpha, beta] = [(0.1 * 38.1 + 1) / 0.9, 40.1];
    const { noise, noiseMean } = sparsityFor({ name: "beta-noise", target: 0.1 });
    expect((alpha - 1) / (alpha + beta - 2)).toBeCloseTo(0.1, 12);
    expect(noiseMean).toBeCloseTo(alpha / (alpha + beta), 5);
    const drawn = value(noise!(key(1), [200, 100]));
    expect(drawn.every((x) => x > 0 && x < 1)).toBe(true);
    // 20,000 draws of standard deviation 0.0472: five standard errors are 0.0017, missed once in 1.7 million.
    expect(Math.abs(drawn.reduce((a, b) => a + b) / 20_000 - alpha / (alpha + beta))).toBeLessThan(0.0017);
  });

  test("as a logit makes σ the draw where the pre-activation is 0", () => {
    const draw = (as: "plain" | "logit"): number => {
      const noise = replayKey({ uniform: [array([[0.25]], { dtype: "float32" })] });
      return value(sparsityFor({ name: "beta-noise", target: 0.2, as }).noise!(noise, [1, 1]))[0]!;
    };
    expect(1 / (1 + Math.exp(-draw("logit")))).toBeCloseTo(draw("plain"), 6);
  });
});

describe("biases", () => {
  const sent = [
    [1, 0, 0, 2],
    [1, 0, -1, 0],
  ];
  const bias = matrix([[0, 0, 0, 0]]).reshape([4]);

  test("balance moves each by a step against its error of load", () => {
    const { moveBias } = sparsityFor({ name: "balance", target: 0.5, step: 0.25 });
    expect(value(moveBias!(bias, gatesOf(sent), {})).map((b) => b + 0)).toEqual([-0.25, 0.25, 0, 0]);
  });

  test("rescue pushes up those whose average of firing is under the target, and no other", () => {
    const control: Sparsity = sparsityFor({ name: "rescue", target: 0.3, step: 0.1, decay: 0.5 });
    let state = tensors(control.init!(4));
    let moved = bias;
    const averages: number[][] = [];
    for (let step = 0; step < 3; step++) {
      moved = control.moveBias!(moved, gatesOf(sent), state);
      state = control.next!(gatesOf(sent), state);
      averages.push(value(state.firing!));
    }
    expect(averages).toEqual([
      [1, 0.5, 0.75, 0.75],
      [1, 0.25, 0.625, 0.625],
      [1, 0.125, 0.5625, 0.5625],
    ]);
    // Gate 2 falls under 0.3 in the second step.
    [0, 0.2, 0, 0].forEach((b, i) => expect(value(moved)[i]).toBeCloseTo(b, 12));
  });
});

test("controls of one layer don't share names of state, and cards name them", () => {
  const examples: readonly SparsityConfig[] = sparsityNames.map((name) =>
    name === "kl" || name === "quadratic" ? { name, target: 0.1, weight: 1 } : { name, target: 0.1 },
  );
  const names = examples.flatMap((config) => Object.keys(sparsityFor(config).init?.(3) ?? {}));
  expect(new Set(names).size).toBe(names.length);
  for (const name of sparsityNames) expect(sparsities[name].card.name).toBe(name);
});

test.each<[SparsityConfig, string]>([
  [{ name: "l1" } as never, "sparsity: name must be one of kl, quadratic, adaptive-l1, beta-noise, balance, rescue"],
  [{ name: "kl", target: 0, weight: 1 }, "sparsity kl: target must be a finite number above 0 and below 1, received 0"],
  [{ name: "kl", target: 0.1, weight: -1 }, "sparsity kl: weight must be a finite number at least 0, received -1"],
  [
    { name: "kl", target: 0.1, weight: 1, step: 1 } as never,
    "sparsity kl: step: there is no such option, the options are name, target, weight",
  ],
  [{ name: "adaptive-l1", target: 0.1, weight: 2 }, "sparsity adaptive-l1: weight must be"],
  [{ name: "adaptive-l1", target: 0.1, down: 1.5 }, "sparsity adaptive-l1: down must be"],
  [{ name: "beta-noise", target: 0.1, beta: 2 }, "sparsity beta-noise: beta must be a finite number above 2"],
  [{ name: "beta-noise", target: 0.1, as: "log" as never }, "sparsity beta-noise: as must be one of plain, logit"],
  [{ name: "balance", target: 0.1, step: 0 }, "sparsity balance: step must be a finite number above 0, received 0"],
  [{ name: "rescue", target: 0.1, decay: 1 }, "sparsity rescue: decay must be"],
])("%j is refused", (config, message) => {
  expect(() => sparsityFor(config)).toThrow(message);
});
