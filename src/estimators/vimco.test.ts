import { expect, test } from "vitest";
import { array, constant, mul, sum } from "../graph/index.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { replayKey } from "../random/index.ts";
import { sigmoid } from "../statistics/sigmoid.ts";
import { momentsOf, PATTERNS, type Problem, probabilities } from "./testing/problem.ts";
import { vimco } from "./vimco.ts";

/** −log of the mean of exp(−L). */
const bound = (losses: readonly number[]): number =>
  -Math.log(losses.reduce((t, L) => t + Math.exp(-L), 0) / losses.length);

const draws = () => replayKey({ uniform: [matrix([[0.2]]), matrix([[0.7]]), matrix([[0.4]])] });

test("vimco: samples 1, 0, 1 with the losses 1.5, 0.5, 1.5: the bound, and Σ (L̂ − L̂₋ₖ)(b − ½) with each mean in the left-out place", () => {
  const losses = [1.5, 0.5, 1.5];
  const without = {
    geometric: losses.map((_, k) => {
      const others = losses.filter((_, j) => j !== k);
      return bound([...others, (others[0]! + others[1]!) / 2]);
    }),
    arithmetic: losses.map((_, k) => bound(losses.filter((_, j) => j !== k))),
  };
  for (const mean of ["geometric", "arithmetic"] as const) {
    const { loss, gradient } = step(vimco({ samples: 3, mean }), matrix([[0]]), (h) => sum(h, 1).add(0.5), {
      key: draws(),
    });
    expect(loss.data[0]).toBeCloseTo(bound(losses), 12);
    const expected = [0.5, -0.5, 0.5].reduce((t, d, k) => t + (bound(losses) - without[mean][k]!) * d, 0);
    expect(gradient.data[0]).toBeCloseTo(expected, 12);
  }
});

test("vimco: the rest is trained by every sample, each by its share of Σ exp(−L)", () => {
  const w = constant(array([[1]], { dtype: "float64" }));
  const { others } = step(vimco({ samples: 3 }), matrix([[0]]), (h) => sum(mul(h, w).add(0.5), 1), {
    key: draws(),
    wrt: [w],
  });
  const [on, off] = [Math.exp(-1.5), Math.exp(-0.5)];
  expect(others[0]!.data[0]).toBeCloseTo((2 * on) / (2 * on + off), 12);
});

test("vimco: its mean over the noise is the gradient of the expected bound, by enumeration of both samples", () => {
  const problem: Problem = { a: [0.7, -1.2], table: [0.3, -1.2, 2, 0.9] };
  const P = probabilities(problem);
  const over = (f: (k: number, m: number) => number) =>
    PATTERNS.reduce((t, _, k) => t + PATTERNS.reduce((s, __, m) => s + P[k]! * P[m]! * f(k, m), 0), 0);
  const L = (k: number, m: number) => bound([problem.table[k]!, problem.table[m]!]);
  const truth = problem.a.map((a, i) =>
    over((k, m) => L(k, m) * (PATTERNS[k]![i]! + PATTERNS[m]![i]! - 2 * sigmoid(a))),
  );
  for (const mean of ["geometric", "arithmetic"] as const) {
    const found = momentsOf(vimco({ samples: 2, mean }), problem);
    expect(found.loss).toBeCloseTo(over(L), 12);
    found.mean[0]!.forEach((x, i) => expect(x).toBeCloseTo(truth[i]!, 12));
  }
});

test("vimco: losses of thousands neither overflow nor vanish, in single precision", () => {
  const a = constant(array([[0.3], [-0.4]]));
  for (const size of [-5000, 5000]) {
    const { loss, gradient } = step(vimco(), a, (h) => sum(mul(h, size), 1).add(size));
    for (const x of [...loss.data, ...gradient.data]) expect(Number.isFinite(x)).toBe(true);
    expect(Math.abs(loss.data[0]!)).toBeGreaterThan(4000);
  }
});
