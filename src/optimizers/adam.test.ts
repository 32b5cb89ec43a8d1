import { describe, expect, test } from "vitest";
import { array, constant, evaluate, mapTree, type Tensor, type Tree } from "../graph/index.ts";
import { adam } from "./adam.ts";
import { float64, vectorTrajectory } from "./testing.ts";

describe("adam", () => {
  test("follows the paper's algorithm 1 in float64, with the powers of β taken by pow", () => {
    const gradients = Array.from({ length: 40 }, (_, t) => [Math.sin(t * 1.7), 10 * Math.cos(t * t), 1e-3]);
    const [beta1, beta2, epsilon] = [0.8, 0.95, 1e-3];
    const theta = [1, -2, 3];
    const m = [0, 0, 0];
    const v = [0, 0, 0];
    const rates = gradients.map((_, t) => 0.1 / (t + 1));
    const expected = gradients.map((g, t) =>
      theta.map((_, i) => {
        m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!;
        v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2;
        const mHat = m[i]! / (1 - beta1 ** (t + 1));
        const vHat = v[i]! / (1 - beta2 ** (t + 1));
        return (theta[i]! -= (rates[t]! * mHat) / (Math.sqrt(vHat) + epsilon));
      }),
    );
    const path = vectorTrajectory(
      adam({ beta1, beta2, epsilon }),
      [1, -2, 3],
      (_, step) => constant(float64(gradients[step]!)),
      rates,
    );
    // The corrections are float32: seven digits.
    path.forEach((row, t) => row.forEach((x, i) => expect(x).toBeCloseTo(expected[t]![i]!, 6)));
  });

  test("steps by the rate exactly when the gradient is constant, at float32 too", () => {
    const optimizer = adam({ epsilon: 1e-30 });
    const zero = array([0]);
    let state = mapTree(optimizer.init(zero), (x) => constant(x)) as Tree<Tensor>;
    for (let t = 0; t < 300; t++) {
      const next = optimizer.update(constant(zero), constant(array([0.37])), state, constant(1));
      const [moved] = evaluate([next.params as Tensor]);
      expect(Math.abs(moved!.data[0]! + 1)).toBeLessThan(3e-6);
      state = mapTree(next.state, (x) => constant(evaluate([x])[0]!));
    }
  });

  test.each([
    [{ beta1: 1 }, "adam: beta1 must be a finite number at least 0 and below 1, received 1"],
    [{ beta2: -0.1 }, "adam: beta2"],
    [{ epsilon: 0 }, "adam: epsilon must be a finite number above 0, received 0"],
  ])("refuses %o", (options, message) => {
    expect(() => adam(options)).toThrow(message);
  });
});
