import fc from "fast-check";
import { expect, test } from "vitest";
import {
  add,
  constant,
  copyGradient,
  div,
  evaluate,
  gradients,
  log,
  matmul,
  mul,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { key } from "../../random/index.ts";
import { categoricalReinmax } from "./reinmax.ts";
import { categoricalStraightThrough } from "./straight-through.ts";
import { expectedEstimate, trueGradient } from "./testing/enumeration.ts";
import { oneHotUnit } from "./units/one-hot.ts";
import { flat, variables } from "./variables.ts";

const numbers = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });
const networkOf = (a: readonly number[], columns: readonly (readonly number[])[], loss: (y: Tensor) => Tensor) => ({
  weights: [a.map((_, i) => columns.map((column) => column[i]!))],
  biases: [a, columns.map(() => 0.3)],
  loss,
});
const difference = (
  estimator: ReturnType<typeof categoricalReinmax>,
  network: ReturnType<typeof networkOf>,
): number => {
  const whole = { ...network, layers: [{ estimator, classes: 3, samples: 1 }] };
  const [{ mean }, truth] = [expectedEstimate(whole), trueGradient(whole)];
  return Math.max(...mean[0]!.map((x, i) => Math.abs(x - truth[0]![i]!)));
};
const quadratic = (y: Tensor): Tensor => sum(square(y), 1);
const product = (y: Tensor): Tensor => sum(mul(y, constant(1, "float64")), 1);

test("categorical-reinmax: exact at τ = 1 where the loss is quadratic, products of variables and of classes included", () => {
  fc.assert(
    fc.property(numbers, numbers, numbers, (a, v, w) => {
      expect(difference(categoricalReinmax({ classes: 3 }), networkOf(a, [v, w], quadratic))).toBeLessThan(1e-9);
    }),
    { numRuns: 20 },
  );
});

test("categorical-reinmax: not exact for a cube, nor for a square at τ = 2", () => {
  const [a, v] = [[0.3, -0.8, 0.5, 1.2, -0.4, 0.1], [1.5, -1, 0.4, 0.8, -1.3, 0.2]]; // biome-ignore format: a table
  const cubic = (y: Tensor) => sum(mul(square(y), y), 1);
  expect(difference(categoricalReinmax({ classes: 3 }), networkOf(a, [v], cubic))).toBeGreaterThan(1e-3);
  const warm = categoricalReinmax({ classes: 3, temperature: 2 });
  expect(difference(warm, networkOf(a, [v], quadratic))).toBeGreaterThan(1e-3);
});

test("categorical-straight-through: exact at τ = 1 where the loss is linear, and not where it is quadratic", () => {
  fc.assert(
    fc.property(numbers, numbers, (a, v) => {
      expect(difference(categoricalStraightThrough({ classes: 3 }), networkOf(a, [v], product))).toBeLessThan(1e-9);
    }),
    { numRuns: 20 },
  );
  const [a, v] = [[0.3, -0.8, 0.5, 1.2, -0.4, 0.1], [1.5, -1, 0.4, 0.8, -1.3, 0.2]]; // biome-ignore format: a table
  expect(difference(categoricalStraightThrough({ classes: 3 }), networkOf(a, [v], quadratic))).toBeGreaterThan(1e-2);
});

test("categorical-reinmax: the gradient is that of the surrogate 2π₁ − ½π₀, π₁ the softmax of a logarithm that moves with a", () => {
  const a = matrix([[0.3, -0.8, 0.5, 1.2, -0.4, 0.1], [1.9, 0.1, -0.7, 0.2, 0.6, -1.1]]); // biome-ignore format: a table
  const w = matrix([[0.9], [-0.6], [0.3], [-1.2], [0.7], [-0.2]]);
  const rest = (h: Tensor) => sum(square(matmul(h, w)), 1);
  const tau = 1.4;
  const theta = variables(a, 3);
  const sample = variables(oneHotUnit(3).sample(a, key(7)), 3);
  const pi0 = softmax(theta);
  const halfway = div(add(sample, softmax(div(theta, tau))), 2);
  const pi1 = softmax(copyGradient(log(halfway), theta));
  const pi2 = sub(mul(pi1, 2), div(pi0, 2));
  const [wanted] = evaluate(gradients(sum(rest(copyGradient(flat(sample), flat(pi2)))), [a]));
  const { gradient } = step(categoricalReinmax({ classes: 3, temperature: tau }), a, rest);
  wanted!.data.forEach((x, i) => expect(gradient.data[i]).toBeCloseTo(x, 13));
});
