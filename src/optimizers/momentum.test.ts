import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { constant, mul } from "../graph/index.ts";
import { momentum } from "./momentum.ts";
import { nesterov } from "./nesterov.ts";
import { sgd } from "./sgd.ts";
import { float64, vectorTrajectory } from "./testing.ts";

const near = (received: number[][], expected: number[][]) =>
  received.forEach((row, t) => row.forEach((x, i) => expect(x).toBeCloseTo(expected[t]![i]!, 12)));

// Gradients 1, −2, 3 and 4, 0, −1 at rates ½, ¼, 1 and μ = ½, computed by hand.
const given = [
  [1, 4],
  [-2, 0],
  [3, -1],
];
const gradient = (_: unknown, step: number) => constant(float64(given[step]!));
const rates = [0.5, 0.25, 1];

describe("by hand", () => {
  test("sgd subtracts rate · g", () => {
    near(vectorTrajectory(sgd(), [1, 2], gradient, rates), [
      [0.5, 0],
      [1, 0],
      [-2, 1],
    ]);
  });

  test("momentum subtracts rate · v, v = 1, −1.5, 2.25 and 4, 2, 0", () => {
    near(vectorTrajectory(momentum({ momentum: 0.5 }), [1, 2], gradient, rates), [
      [0.5, 0],
      [0.875, -0.5],
      [-1.375, -0.5],
    ]);
  });

  test("nesterov subtracts rate · (g + μv)", () => {
    near(vectorTrajectory(nesterov({ momentum: 0.5 }), [1, 2], gradient, rates), [
      [1 - 0.5 * 1.5, 2 - 0.5 * 6],
      [0.25 - 0.25 * (-2 - 0.75), -1 - 0.25 * 1],
      [0.9375 - (3 + 1.125), -1.25 - (-1 + 0)],
    ]);
  });
});

describe("on a quadratic ½cx²", () => {
  const [c, rate, mu] = [0.7, 0.3, 0.8];
  const steps = new Array<number>(60).fill(rate);

  test("sgd gives x₀(1 − rate·c)ᵗ", () => {
    const path = vectorTrajectory(sgd(), [2], (x) => mul(x, c), steps);
    path.forEach(([x], t) => expect(x).toBeCloseTo(2 * (1 - rate * c) ** (t + 1), 12));
  });

  // x' = x − rate·v', v' = μv + cx is linear: its eigenvalues solve z² − (1 + μ − rate·c)z + μ = 0.
  test("momentum gives the linear recurrence's closed form", () => {
    closedForm(momentum({ momentum: mu }), 1 + mu - rate * c, mu);
  });

  // With the look-ahead point, x' = (1 + μ)(1 − rate·c)x − μ(1 − rate·c)x₋₁.
  test("nesterov gives the linear recurrence's closed form", () => {
    closedForm(nesterov({ momentum: mu }), (1 + mu) * (1 - rate * c), mu * (1 - rate * c));
  });

  /** xₜ = A·rᵗcos(θt) + B·rᵗsin(θt) for x' = trace·x − det·x₋₁ with complex eigenvalues r·e^{±iθ}. */
  function closedForm(optimizer: ReturnType<typeof momentum>, trace: number, det: number) {
    expect(trace ** 2).toBeLessThan(4 * det);
    const path = vectorTrajectory(optimizer, [2], (x) => mul(x, c), steps).map(([x]) => x!);
    const [r, theta] = [Math.sqrt(det), Math.acos(trace / (2 * Math.sqrt(det)))];
    const [x0, x1] = [path[0]!, path[1]!];
    const b = (x1 - x0 * r * Math.cos(theta)) / (r * Math.sin(theta));
    path.forEach((x, t) => expect(x).toBeCloseTo(r ** t * (x0 * Math.cos(theta * t) + b * Math.sin(theta * t)), 10));
    expect(Math.abs(path.at(-1)!)).toBeLessThan(0.01);
  }
});

test.each([-0.1, 1, Number.NaN])("momentum %d is refused", (mu) => {
  expect(() => momentum({ momentum: mu })).toThrow(UserError);
  expect(() => nesterov({ momentum: mu })).toThrow("at least 0 and below 1");
});
