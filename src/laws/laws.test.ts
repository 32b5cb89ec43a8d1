/** The laws themselves: each is broken by an estimator that is wrong in just that. */
import { expect, test } from "vitest";
import type { Estimator } from "../estimators/estimator.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import { straightThroughSlope } from "../estimators/straight-through-slope.ts";
import { add, attachGradient, mean, mul, sigmoid, stopGradient, sub } from "../graph/index.ts";
import { assertLaws, cells, checkEstimator, laws } from "./index.ts";

const broken = (estimator: Estimator): string[] => [
  ...new Set(
    checkEstimator(estimator)
      .filter(({ verdict }) => verdict === "broken")
      .map(({ law }) => law),
  ),
];
const { card, unit } = scoreFunction;

/** The score function, wrong in one way; with the first of the laws that it breaks. */
const wrong: Readonly<Record<string, readonly [law: string, estimator: Estimator]>> = {
  "a card without an address or year": ["card", { ...scoreFunction, card: { ...card, source: "a book" } }],
  "a card without a summary": ["card", { ...scoreFunction, card: { ...card, summary: "" } }],
  "a card that counts two passes": ["card", { ...scoreFunction, card: { ...card, passes: 2 } }],
  "a card that counts two differentiated passes": ["card", { ...scoreFunction, card: { ...card, backward: 2 } }],
  "a card that says biased": ["bias", { ...scoreFunction, card: { ...card, unbiased: false } }],
  "a card that says it reads the path": ["lattice", { ...scoreFunction, card: { ...card, readsPath: true } }],
  "a card that says it doesn't read closed gates": [
    "closed gates",
    { ...straightThroughSlope, card: { ...straightThroughSlope.card, readsClosedGates: false } },
  ],
  "another sample than the unit's": [
    "sample",
    { ...scoreFunction, estimate: (a, key, rest, state) => scoreFunction.estimate(a, key.fold(1), rest, state) },
  ],
  "a second sample from the first one's key": [
    "draws",
    {
      ...scoreFunction,
      estimate(a, key, rest, state) {
        rest(unit.sample(a, key), "detached");
        return scoreFunction.estimate(a, key, rest, state);
      },
    },
  ],
  "noise that isn't the key's": ["noise", { ...scoreFunction, unit: { ...unit, sample: (a) => mul(a, 0) } }],
  "a unit that sends 2": [
    "binary",
    {
      ...straightThroughSlope,
      estimate: (a, key, rest, state) => straightThroughSlope.estimate(a, key, (h, m) => rest(mul(h, 2), m), state),
    },
  ],
  "a loss centred by the batch's mean": [
    "rows",
    {
      ...scoreFunction,
      estimate(a, key, rest, state) {
        const h = unit.sample(a, key);
        const loss = rest(h);
        const centred = sub(loss, mean(loss));
        return { loss: attachGradient(loss, a, mul(sub(h, sigmoid(a)), centred.expandDims(1))), state };
      },
    },
  ],
  "a division by p": [
    "finite",
    {
      ...scoreFunction,
      estimate(a, key, rest, state) {
        const h = unit.sample(a, key);
        const loss = rest(h);
        const slope = mul(sigmoid(a), sub(1, sigmoid(a)));
        return {
          loss: attachGradient(loss, a, h.sub(sigmoid(a)).mul(slope).div(slope).mul(loss.expandDims(1))),
          state,
        };
      },
    },
  ],
  "a gradient without a loss": [
    "constant",
    {
      ...straightThroughSlope,
      estimate(a, key, rest, state) {
        const { loss } = straightThroughSlope.estimate(a, key, rest, state);
        return { loss: attachGradient(loss, a, sigmoid(a)), state };
      },
    },
  ],
  "a loss that isn't the sample's": [
    "expected-loss",
    {
      ...scoreFunction,
      estimate(a, key, rest, state) {
        const { loss } = scoreFunction.estimate(a, key, rest, state);
        return { loss: add(loss, mul(stopGradient(loss), 0.5)), state };
      },
    },
  ],
  "a rate of its own": ["rate", { ...scoreFunction, unit: { ...unit, rate: (a) => sigmoid(mul(a, 2)) } }],
  "a readout of its own": ["readout", { ...scoreFunction, unit: { ...unit, readout: (a) => sigmoid(mul(a, 2)) } }],
  "a rest that learns nothing": [
    "rest",
    {
      ...scoreFunction,
      estimate: (a, key, rest, state) => scoreFunction.estimate(a, key, (h) => stopGradient(rest(h)), state),
    },
  ],
  "half the gradient": [
    "bias",
    {
      ...scoreFunction,
      estimate(a, key, rest, state) {
        const h = unit.sample(a, key);
        const loss = rest(h);
        return { loss: attachGradient(loss, a, sub(h, sigmoid(a)).mul(loss.expandDims(1)).mul(0.5)), state };
      },
    },
  ],
};

for (const [what, [law, estimator]] of Object.entries(wrong))
  test(`${law}: ${what} is noticed`, () => expect(broken(estimator)).toContain(law));

test("an estimator that obeys all of them breaks none", () => {
  expect(broken(scoreFunction)).toEqual([]);
  expect(() => assertLaws(straightThroughSlope)).not.toThrow();
});

test("up to scale: half the gradient passes where the card says so, a gradient of another direction doesn't", () => {
  const upToScale = (factor: number): Estimator => ({
    ...scoreFunction,
    card: { ...card, unbiased: "up to scale" },
    estimate(a, key, rest, state) {
      const h = unit.sample(a, key);
      const loss = rest(h);
      const g = sub(h, sigmoid(a)).mul(loss.expandDims(1)).mul(0.5);
      return { loss: attachGradient(loss, a, g.mul(add(1, mul(a.greater(0), factor)))), state };
    },
  });
  expect(broken(upToScale(0))).toEqual([]);
  expect(broken(upToScale(0.5))).toEqual(["bias"]);
});

test("every law is broken by one of them, but for those that need two runs or two layers", () => {
  const named = new Set(Object.values(wrong).map(([law]) => law));
  expect([...new Set(laws.map(({ name }) => name))].filter((name) => !named.has(name))).toEqual([
    "repeatable",
    "stack",
  ]);
});

test("stack: a difference with the mirrored pattern, which counts the loss twice, is noticed there too", () => {
  const mirrored: Estimator = {
    ...scoreFunction,
    estimate(a, key, rest, state) {
      const h = unit.sample(a, key);
      const loss = rest(h);
      const twin = rest(sub(1, h), "detached");
      return { loss: attachGradient(loss, a, sub(h, sigmoid(a)).mul(sub(loss, twin).expandDims(1))), state };
    },
  };
  expect(broken({ ...mirrored, card: { ...card, passes: 2 } })).toContain("stack");
});

test("repeatable: noise of its own is noticed", () => {
  let calls = 0;
  const restless: Estimator = {
    ...scoreFunction,
    estimate: (a, key, rest, state) => scoreFunction.estimate(a, key.fold(calls++), rest, state),
  };
  expect(broken(restless)).toContain("repeatable");
});

test("assertLaws says which law is broken and by what; an exception needs a law of that name", () => {
  const half = wrong["half the gradient"]![1];
  expect(() => assertLaws(half)).toThrow(/score-function breaks \d of the laws:\n {2}bias: its mean .* instead of/);
  expect(() => assertLaws(half, { exceptions: { bias: "known", stack: "known" } })).not.toThrow();
  expect(() => assertLaws(half, { exceptions: { biased: "known" } })).toThrow(/there is no law "biased"/);
});

test("a rule of the user's own for the noise is used", () => {
  const coarse = checkEstimator(scoreFunction, { noise: () => cells([]) });
  expect(coarse.some(({ verdict }) => verdict === "broken")).toBe(true);
});

test("noise of another shape than the pre-activations' can't be integrated over, and that is said", () => {
  const wide: Estimator = {
    ...scoreFunction,
    estimate(a, key, rest, state) {
      key.fold(1).uniform([3, 3]);
      return scoreFunction.estimate(a, key, rest, state);
    },
  };
  expect(() => assertLaws(wide)).toThrow(/drew \[3, 3\]/);
});
