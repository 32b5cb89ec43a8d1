/** With two classes a one-hot variable is a bit, of the difference of its logits: the estimators agree with those of bits. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { add, matmul, square, sum, type Tensor, tanh } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { replayKey } from "../../random/index.ts";
import { sigmoid } from "../../statistics/sigmoid.ts";
import type { Estimator } from "../estimator.ts";
import { type EstimatorConfig, estimatorFor } from "../index.ts";

const WEIGHTS = matrix([
  [0.9, -1.4],
  [-0.6, 0.8],
  [0.3, 1.1],
  [-1.2, 0.4],
]);
const rest = (h: Tensor): Tensor => sum(add(tanh(matmul(h, WEIGHTS)), square(matmul(h, WEIGHTS))), 1);
/** (b₁, b₂) as the one-hot (b₁, 1 − b₁, b₂, 1 − b₂). */
const asOneHot = (b: Tensor): Tensor =>
  add(matmul(b, matrix([[1, -1, 0, 0], [0, 0, 1, -1]])), matrix([[0, 1, 0, 1]])); // biome-ignore format: a table

/** Uniform draws whose Gumbels differ by `difference`, the lesser of them −3. */
const pair = (difference: number): [number, number] => {
  const u = (gumbel: number) => Math.exp(-Math.exp(-gumbel));
  return [u(Math.max(0, difference) - 3), u(Math.max(0, -difference) - 3)];
};

/** A draw of logistic noise for each bit: its sign says how the bit's threshold is passed. */
interface Draws {
  /** As one-hot units draw it: G₁ − G₂ is `noise`. */
  readonly oneHot: readonly number[];
  /** As bits do: 1[u < σ(a)] with −logit(u) the noise. */
  readonly bits: readonly number[];
}
const independent = (noise: readonly number[]): Draws => ({
  oneHot: noise.flatMap(pair),
  bits: noise.map((x) => sigmoid(-x)),
});
/** Noise given the bits that `a` and `first` decide: the Gumbel of the class that won less that of the other. */
const given = (a: readonly number[], first: readonly number[], noise: readonly number[]): Draws => ({
  oneHot: noise.flatMap((x, i) => pair(a[i]! + first[i]! > 0 ? x : -x)),
  bits: noise.map((x) => sigmoid(-x)),
});

const agree = (oneHot: Estimator, bits: Estimator, a: readonly number[], draws: readonly Draws[]): void => {
  const key = (of: keyof Draws) => replayKey({ uniform: draws.map((draw) => matrix([draw[of]])) });
  const logits = a.flatMap((x, i) => [x + i - 0.3, i - 0.3]); // a common shift changes nothing
  const one = step(oneHot, matrix([logits]), rest, { key: key("oneHot") });
  const other = step(bits, matrix([a]), (b) => rest(asOneHot(b)), { key: key("bits") });
  expect(one.loss.data[0]).toBeCloseTo(other.loss.data[0]!, 10);
  const wanted = [...other.gradient.data].flatMap((g) => [g, -g]);
  wanted.forEach((g, i) => expect(one.gradient.data[i], `logit ${i}`).toBeCloseTo(g, 9));
};

const thousandths = fc.integer({ min: -4000, max: 4000 });
/** Pre-activations, and noise that never makes a tie with them. */
const preactivations = fc.tuple(thousandths, thousandths).map((two) => two.map((x) => x / 1000));
const noises = fc.tuple(thousandths, thousandths).map((two) => two.map((x) => (x + 0.5) / 1000));

type Config = EstimatorConfig;
const temperature = 1.4;
/** How many draws of noise they make, all independent or all but the first given the bits. */
const cases: readonly [oneHot: Config, bits: Config, draws: number, later?: typeof given][] = [
  ["categorical-score-function", "score-function", 1],
  [{ name: "categorical-leave-one-out", samples: 3 }, { name: "leave-one-out", samples: 3 }, 3],
  ["categorical-straight-through", "straight-through-slope", 1],
  ["categorical-exact", "exact", 0],
  [{ name: "gumbel-softmax", temperature }, { name: "concrete", temperature }, 1],
  [{ name: "categorical-straight-through-gumbel", temperature }, { name: "straight-through-gumbel", temperature }, 1],
  [{ name: "categorical-reinmax", temperature }, { name: "reinmax", temperature }, 1],
  ...(["fixed", "probability"] as const).map((gap): [Config, Config, number] => [
    { name: "categorical-gapped-straight-through", temperature, gap, width: 0.7 },
    { name: "gapped-straight-through", temperature, gap, width: 0.7 },
    1,
  ]),
  ...(["logits", "total"] as const).map((derivative): [Config, Config, number, typeof given] => [
    { name: "categorical-gumbel-rao", temperature, samples: 2, derivative },
    { name: "gumbel-rao", temperature, samples: 2, derivative },
    3,
    given,
  ]),
];

for (const [oneHot, bits, count, later] of cases) {
  const [first, second] = [estimatorFor(oneHot), estimatorFor(bits)];
  const { name: _, ...options } = typeof bits === "string" ? { name: bits } : bits;
  const title = `${first.card.name} with two classes is ${second.card.name} at the difference of the logits`;
  test([title, ...Object.entries(options).map((pair) => pair.join(" "))].join(", "), () => {
    fc.assert(
      fc.property(preactivations, fc.array(noises, { minLength: count, maxLength: count }), (a, noise) => {
        const draws = noise.map((row, k) => (k > 0 && later ? later(a, noise[0]!, row) : independent(row)));
        agree(first, second, a, draws);
      }),
      { numRuns: 50 },
    );
  });
}
