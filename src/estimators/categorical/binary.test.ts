/** With two classes a one-hot variable is a bit, of the difference of its logits: the estimators agree with those of bits. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { add, matmul, square, sum, type Tensor, tanh } from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { step } from "../../laws/step.ts";
import { replayKey } from "../../random/index.ts";
import type { Estimator } from "../estimator.ts";
import { estimatorFor } from "../index.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
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

const cases: readonly [
  oneHot: Parameters<typeof estimatorFor>[0],
  bits: Parameters<typeof estimatorFor>[0],
  draws: number,
][] = [
  ["categorical-score-function", "score-function", 1],
  [{ name: "categorical-leave-one-out", samples: 3 }, { name: "leave-one-out", samples: 3 }, 3],
  ["categorical-straight-through", "straight-through-slope", 1],
  ["categorical-exact", "exact", 0],
];

for (const [oneHot, bits, draws] of cases) {
  const [first, second] = [estimatorFor(oneHot), estimatorFor(bits)];
  test(`${first.card.name} with two classes is ${second.card.name} at the difference of the logits`, () => {
    fc.assert(
      fc.property(preactivations, fc.array(noises, { minLength: draws, maxLength: draws }), (a, noise) =>
        agree(first, second, a, noise.map(independent)),
      ),
      { numRuns: 50 },
    );
  });
}
