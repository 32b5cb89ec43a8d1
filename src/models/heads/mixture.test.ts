import { describe, expect, test } from "vitest";
import { array, constant, gradients, NdArray, sum, type Tensor } from "../../graph/index.ts";
import { value } from "../testing.ts";
import { type MixtureOptions, mixture } from "./mixture.ts";

const near = (received: readonly number[], expected: readonly number[], digits = 9) =>
  received.length === expected.length
    ? expected.forEach((v, i) => expect(received[i], `place ${i}`).toBeCloseTo(v, digits))
    : expect.fail(`${received.length} numbers, expected ${expected.length}`);
const double = (values: readonly number[], shape: readonly number[]): Tensor =>
  constant(new NdArray(Float64Array.from(values), shape));
/** Numbers without a pattern, between −1 and 1. */
const odd = (n: number, seed = 1): number[] => Array.from({ length: n }, (_, i) => Math.sin(3.7 * (i + 1) * seed + i));

/** −log p of one step with a pen, from Graves's equations 18 to 25 as they are printed, with the bounds of this library. */
function byHand(a: readonly number[], [x, y, pen]: readonly number[], M: number): number {
  const part = (i: number) => a.slice(i * M, (i + 1) * M);
  const [weights, mx, my, sx, sy, r] = [0, 1, 2, 3, 4, 5].map(part) as [number[], number[], number[], number[], number[], number[]]; // biome-ignore format: one line
  const all = weights.reduce((total, w) => total + Math.exp(w), 0);
  const density = weights.reduce((total, w, m) => {
    const [s1, s2] = [Math.exp(7 * Math.tanh(sx[m]! / 7)), Math.exp(7 * Math.tanh(sy[m]! / 7))];
    const rho = (1 - 2 ** -10) * Math.tanh(r[m]!);
    const [u, v] = [(x! - mx[m]!) / s1, (y! - my[m]!) / s2];
    const z = u * u + v * v - 2 * rho * u * v;
    const normal = Math.exp(-z / (2 * (1 - rho * rho))) / (2 * Math.PI * s1 * s2 * Math.sqrt(1 - rho * rho));
    return total + (Math.exp(w) / all) * normal;
  }, 0);
  const up = 1 / (1 + Math.exp(-a[6 * M]!));
  return -Math.log(density) - Math.log(pen ? up : 1 - up);
}

describe("a pen's offsets", () => {
  const [B, T, M] = [2, 3, 2] as const;
  const K = 6 * M + 1;
  const head = mixture(T, { components: M, lengths: "lengths" });
  const output = odd(B * T * K);
  const y = odd(B * T * 3, 2).map((v, i) => (i % 3 === 2 ? Number(v > 0) : v));
  const lengths = constant(array(Int32Array.of(3, 2)));
  const batch = { y: double(y, [B, T, 3]), lengths };
  const step = (i: number) => byHand(output.slice(i * K, (i + 1) * K), y.slice(i * 3, i * 3 + 3), M);
  const total = (...steps: number[]) => steps.map(step).reduce((a, b) => a + b);

  test("the loss is that of Graves's equations, in nats a step of the batch", () => {
    expect(head.input).toEqual([T, K]);
    near(value(head.loss!(double(output, [B, T, K]), batch, {})), [total(0, 1, 2) / 2.5, total(3, 4) / 2.5]);
    const whole = mixture(T, { components: M });
    near(value(whole.loss!(double(output, [B, T, K]), batch, {})), [total(0, 1, 2) / 3, total(3, 4, 5) / 3]);
  });

  test("metrics: nats a step, weighed by steps, and nats a sequence", () => {
    const { nll, sequenceNll } = head.score({
      ...{ output: double(output, [B, T, K]), batch, own: {}, losses: undefined },
    });
    near(value(nll), [total(0, 1, 2), total(3, 4)]);
    near(value(sequenceNll), [total(0, 1, 2), total(3, 4)]);
    expect(head.metrics.map(({ name, unit, per }) => [name, unit, per])).toEqual([
      ["nll", "nats/step", "step"],
      ["sequenceNll", "nats", undefined],
    ]);
    near(value(head.steps!(batch)), [3, 2]);
  });

  test("every gradient is that of central differences, and 0 at padding", () => {
    const given = double(output, [B, T, K]);
    const [slope] = gradients(sum(head.loss!(given, batch, {})), [given]).map(value);
    // All moved copies of the batch at once: mean length and with it the loss's scale stay the same.
    const h = 1e-5;
    const moves = output.flatMap((_, at) => [h, -h].map((by) => output.map((a, i) => (i === at ? a + by : a))));
    const copies = <V>(x: readonly V[]): V[] => moves.flatMap(() => x);
    const losses = value(
      head.loss!(
        double(moves.flat(), [moves.length * B, T, K]),
        {
          y: double(copies(y), [moves.length * B, T, 3]),
          lengths: constant(array(Int32Array.from(copies([3, 2])))),
        },
        {},
      ),
    );
    const sums = moves.map((_, i) => losses[B * i]! + losses[B * i + 1]!);
    const differences = output.map((_, at) => (sums[2 * at]! - sums[2 * at + 1]!) / (2 * h));
    near(slope!, differences, 7);
    expect(slope!.slice(5 * K)).toEqual(new Array(K).fill(0));
    expect(slope!.slice(0, 5 * K).every((g) => g !== 0)).toBe(true);
  });

  test("losses and gradients are finite in single precision at extreme parameters", () => {
    const extremes = [-1e6, -1e4, -90, 0, 90, 1e4, 1e6];
    const single = (values: readonly number[], shape: readonly number[]) =>
      constant(new NdArray(Float32Array.from(values), shape));
    const one = mixture(1, { components: M });
    for (const a of extremes)
      for (const target of [0, 1, 1e4])
        for (const flipped of [1, -1]) {
          const given = single(
            Array.from({ length: K }, (_, i) => (i % 2 ? a : flipped * a)),
            [1, 1, K],
          );
          const loss = one.loss!(given, { y: single([target, -target, 1], [1, 1, 3]) }, {});
          const [slope] = gradients(sum(loss), [given]).map(value);
          expect([...value(loss), ...slope!].every(Number.isFinite), `${a} ${target} ${flipped}`).toBe(true);
        }
  });

  test("the density integrates to 1 over dx, dy and the pen, and a deviation far below its bound still has one", () => {
    const one = mixture(1, { components: M });
    // Deviations above 0.3, so that a grid of steps of 0.2 is exact: the trapezoidal rule converges faster than any power.
    const a = [0.3, -0.4, 0.5, -1, 0.2, 0.8, -0.5, 0.3, 0.1, -0.7, 1.2, -0.6, 0.4];
    const grid = Array.from({ length: 101 }, (_, i) => (i - 50) / 5);
    const points = grid.flatMap((dx) => grid.flatMap((dy) => [dx, dy, 0, dx, dy, 1]));
    const rows = points.length / 3;
    const output = double(Array.from({ length: rows }, () => a).flat(), [rows, 1, K]);
    const losses = value(one.loss!(output, { y: double(points, [rows, 1, 3]) }, {}));
    near([losses.reduce((total, loss) => total + Math.exp(-loss) * 0.04, 0)], [1], 8);
    near(
      value(
        one.loss!(
          double([0, -99, 0, 0, 0, 0, -1e9, 0, -1e9, 0, 0, 0, 1e3], [1, 1, K]),
          { y: double([0, 0, 1], [1, 1, 3]) },
          {},
        ),
      ),
      [Math.log(2 * Math.PI) - 14],
    );
  });

  test("predicts weights, means, deviations, correlations and the pen by name", () => {
    const found = head.predict(double(output, [B, T, K]), {});
    expect(Object.keys(found)).toEqual(["weights", "means", "deviations", "correlation", "pen"]);
    expect(found.means!.shape).toEqual([B, T, M, 2]);
    near(value(found.means!).slice(0, 4), [output[2]!, output[4]!, output[3]!, output[5]!]);
    near(value(found.correlation!).slice(0, 1), [(1 - 2 ** -10) * Math.tanh(output[10]!)]);
    near(value(found.pen!).slice(0, 1), [1 / (1 + Math.exp(-output[12]!))]);
    near(value(sum(found.weights!, -1)), new Array(B * T).fill(1));
    near(value(found.deviations!).slice(0, 1), [Math.exp(7 * Math.tanh(output[6]! / 7))]);
  });
});

describe("values without a pen", () => {
  const form = { components: 2, pen: false, values: 2 } as const satisfies MixtureOptions;
  const head = mixture(1, form);
  const a = [0.5, -0.5, 1, -1, 0.3, 2, 0.1, -0.2, 0.4, 0];

  test("a component's values are independent", () => {
    expect(head.input).toEqual([1, 10]);
    const normal = (y: number, mean: number, s: number) =>
      Math.exp(-0.5 * ((y - mean) / Math.exp(7 * Math.tanh(s / 7))) ** 2) /
      (Math.exp(7 * Math.tanh(s / 7)) * Math.sqrt(2 * Math.PI));
    const first = 1 / (1 + Math.exp(-1));
    const density =
      first * normal(0.7, 1, 0.1) * normal(-1, 0.3, 0.4) + (1 - first) * normal(0.7, -1, -0.2) * normal(-1, 2, 0);
    near(value(head.loss!(double(a, [1, 1, 10]), { y: double([0.7, -1], [1, 1, 2]) }, {})), [-Math.log(density)]);
  });

  test("of one value the density integrates to 1", () => {
    const one = mixture(1, { components: 2, pen: false });
    const grid = Array.from({ length: 401 }, (_, i) => (i - 200) / 10);
    const output = double(
      grid.flatMap(() => [0.2, 1, -2, 1, 0.3, -0.5]),
      [401, 1, 6],
    );
    const losses = value(one.loss!(output, { y: double(grid, [401, 1, 1]) }, {}));
    near([losses.reduce((total, loss) => total + Math.exp(-loss) / 10, 0)], [1]);
  });
});

test("options that don't go together are refused", () => {
  expect(() => mixture(4, { values: 3 })).toThrow("mixture: values must be omitted beside a pen, received 3");
  expect(() => mixture(4, { components: 0 })).toThrow(
    "mixture: components must be a whole number at least 1, received 0",
  );
  expect(() => mixture(4, { pen: 1 as unknown as boolean })).toThrow("mixture: pen must be true or false, received 1");
});
