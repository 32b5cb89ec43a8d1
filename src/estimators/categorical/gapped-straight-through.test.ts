import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate, sum, type Tensor } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { replayKey } from "../../random/index.ts";
import { logistic } from "../../statistics/quadrature.ts";
import { categoricalGappedStraightThrough, expectedGap, gapped } from "./gapped-straight-through.ts";
import { behindWinner } from "./gumbel-rao.ts";
import { outcomes, probabilities } from "./testing/enumeration.ts";
import { variables } from "./variables.ts";

const numbers = (x: Tensor): number[] => [...evaluate([x])[0]!.data];
const one = (row: readonly number[]): Tensor => variables(matrix([row]), row.length);
const three = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 });
const sentAs = (c: number, classes: number): number[] => Array.from({ length: classes }, (_, i) => Number(i === c));

test("gapped: a + m₁ − m₂ as the paper writes them, after which the sampled class leads by the gap at least", () => {
  fc.assert(
    fc.property(three, fc.nat(2), fc.double({ min: 0, max: 3, noNaN: true }), (a, c, gap) => {
      const top = Math.max(...a);
      const wanted = a.map((x, i) => (i === c ? x + (top - a[c]!) : x - Math.max(0, x + gap - top)));
      const moved = numbers(gapped(one(a), one(sentAs(c, 3)), gap));
      moved.forEach((x, i) => {
        expect(x).toBeCloseTo(wanted[i]!, 13);
        if (i !== c) expect(moved[c]! - x).toBeGreaterThanOrEqual(gap - 1e-12);
      });
    }),
    { numRuns: 200 },
  );
});

test("gapped: classes that are far enough behind stay where they are", () => {
  expect(numbers(gapped(one([5, 3, 4.5]), one([1, 0, 0]), 1))).toEqual([5, 3, 4]);
});

test("expectedGap: −log(1 − π)/π, and 1 where the class was all but impossible", () => {
  const a = [0.4, -0.6, 0.9];
  probabilities(a, 3).forEach((p, c) =>
    expect(numbers(expectedGap(one(a), one(sentAs(c, 3))))[0]).toBeCloseTo(-Math.log1p(-p) / p, 13),
  );
  expect(numbers(expectedGap(one([-400, 400, 0]), one([1, 0, 0])))[0]).toBeCloseTo(1, 8);
  expect(numbers(expectedGap(one([400, -400, 0]), one([1, 0, 0])))[0]).toBeCloseTo(400, 8);
});

test("expectedGap is the mean lead of the winner of a race of two, given that it won", () => {
  const a = [0.7, -0.2];
  const { nodes, weights } = logistic([]);
  [0, 1].forEach((c) => {
    const leads = nodes.map((v) => {
      const gumbels = one(c === 0 ? [Math.log(v / (1 - v)), 0] : [0, Math.log(v / (1 - v))]);
      return -numbers(behindWinner(one(a), one(sentAs(c, 2)), gumbels))[1 - c]!;
    });
    const mean = leads.reduce((t, lead, k) => t + weights[k]! * lead, 0);
    expect(numbers(expectedGap(one(a), one(sentAs(c, 2))))[0]).toBeCloseTo(mean, 10);
  });
});

test("categorical-gapped-straight-through: the gradient is J(q)/τ ∂L/∂h at the moved logits", () => {
  const [a, value, temperature] = [[0.3, -0.8, 0.5], [1, -2, 0.5], 0.7]; // biome-ignore format: a table
  const { sent, uniforms } = outcomes(3, 3)[1]!;
  const p = probabilities(a, 3)[1]!;
  for (const [gap, lead] of [
    ["fixed", 1.3],
    ["probability", -Math.log1p(-p) / p],
  ] as const) {
    const moved = a.map((x, i) => (sent[i] ? 0.5 : x - Math.max(0, x + lead - 0.5)) / temperature);
    const q = probabilities(moved, 3);
    const mean = q.reduce((t, x, i) => t + x * value[i]!, 0);
    const estimator = categoricalGappedStraightThrough({ classes: 3, temperature, gap, width: 1.3 });
    const { loss, gradient } = step(estimator, matrix([a]), (h: Tensor) => sum(h.mul(matrix([value])), 1), {
      key: replayKey({ uniform: [matrix([uniforms])] }),
    });
    expect(loss.data[0]).toBe(-2);
    q.forEach((x, i) => expect(gradient.data[i]).toBeCloseTo((x * (value[i]! - mean)) / temperature, 13));
  }
});
