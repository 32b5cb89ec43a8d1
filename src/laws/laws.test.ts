/** The laws themselves: each is broken by an estimator that is wrong in just that. */
import { expect, test } from "vitest";
import { bitflip } from "../estimators/bitflip.ts";
import { disarm } from "../estimators/disarm.ts";
import type { Estimator } from "../estimators/estimator.ts";
import { leaveOneOut } from "../estimators/leave-one-out.ts";
import { localExpectation } from "../estimators/local-expectation.ts";
import { rebar } from "../estimators/rebar.ts";
import { scoreFunction } from "../estimators/score-function.ts";
import { straightThroughSlope } from "../estimators/straight-through-slope.ts";
import { givenTheBit } from "../estimators/testing/relaxed-noise.ts";
import { ugc } from "../estimators/ugc.ts";
import {
  abs,
  add,
  array,
  attachGradient,
  clip,
  concat,
  customGradient,
  div,
  less,
  mean,
  minimum,
  mul,
  sigmoid,
  stopGradient,
  sub,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { type Key, tile } from "../random/index.ts";
import { assertLaws, cells, checkEstimator, type LawOptions, laws } from "./index.ts";

const broken = (estimator: Estimator, options: LawOptions = {}): string[] => [
  ...new Set(
    checkEstimator(estimator, options)
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
    { ...straightThroughSlope(), card: { ...straightThroughSlope().card, readsClosedGates: false } },
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
  "a unit that outputs 2": [
    "binary",
    {
      ...straightThroughSlope(),
      estimate: (a, key, rest, state) => straightThroughSlope().estimate(a, key, (h, m) => rest(mul(h, 2), m), state),
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
      ...straightThroughSlope(),
      estimate(a, key, rest, state) {
        const { loss } = straightThroughSlope().estimate(a, key, rest, state);
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

/** Wrong where a layer of two undecided units doesn't show it. */
const scaled = (estimator: Estimator, factor: (a: Tensor) => Tensor): Estimator => ({
  ...estimator,
  estimate(a, key, rest, state) {
    // What flows back to `a` goes through here.
    const at = customGradient(a, [a], (grad) => [mul(grad, stopGradient(factor(a)))]);
    return estimator.estimate(at, key, rest, state);
  },
});
const half = (a: Tensor) => mul(add(mul(a, 0), a.shape[1]!), 0.5);
const slope = (a: Tensor) => mul(sigmoid(a), sigmoid(a.neg()));
const narrow: Readonly<Record<string, Estimator>> = {
  "DisARM × H/2": scaled(disarm, half),
  "BitFlip-1 with a constant 2 for H": scaled(bitflip, (a) => div(1, half(a))),
  "UGC × H/2": scaled(ugc, half),
  "local expectation × H/2": scaled(localExpectation, half),
  "leave-one-out × H/2": scaled(leaveOneOut({ samples: 2 }), half),
  "REBAR × H for more than one unit": scaled(rebar({ coupling: "tied" }), (a) => add(mul(a, 0), a.shape[1]!)),
  "a score function whose p is clipped to [.1, .9]": {
    ...scoreFunction,
    estimate(a, key, rest, state) {
      const h = unit.sample(a, key);
      const loss = rest(h);
      return { loss: attachGradient(loss, a, mul(sub(h, clip(sigmoid(a), 0.1, 0.9)), loss.expandDims(1))), state };
    },
  },
  "DisARM with |a| clipped at 2": scaled(disarm, (a) => div(sigmoid(minimum(abs(a), 2)), sigmoid(abs(a)))),
  "DisARM with |a| clipped at 4": scaled(disarm, (a) => div(sigmoid(minimum(abs(a), 4)), sigmoid(abs(a)))),
  "local expectation with p clipped at .999": scaled(localExpectation, (a) => {
    const p = clip(sigmoid(a), 0.001, 0.999);
    return div(mul(p, sub(1, p)), slope(a));
  }),
  "a tail that is 0": scaled(localExpectation, (a) => less(abs(a), 9.5)),
};
for (const [what, estimator] of Object.entries(narrow))
  test(`bias: ${what} is noticed`, () => {
    const noise = estimator.card.name === "rebar" ? givenTheBit : undefined;
    const options = {
      ...(noise && { noise, units: 1 as const }),
      ...(estimator.card.name === "leave-one-out" && { samples: 2 }),
    };
    expect(broken(estimator, options)).toContain("bias");
  });

/** Leave-one-out of two samples drawn in one go, and what is to be their noise. */
const inOneGo = (draw: (a: Tensor, key: Key) => Tensor): Estimator => ({
  ...scoreFunction,
  card: { ...card, passes: 2, backward: 2 },
  estimate(a, key, rest, state) {
    const p = tile(a, 2).sigmoid();
    const h = less(draw(a, key), p);
    const losses = rest(h);
    const each = losses.stopGradient().reshape([2, a.shape[0]!]);
    const centred = mul(sub(each, each.mean(0)), 1).reshape([2 * a.shape[0]!, 1]);
    const g = mul(sub(h, p), centred)
      .reshape([2, ...a.shape])
      .sum(0);
    return { loss: attachGradient(losses.reshape([2, a.shape[0]!]).mean(0), a, g), state };
  },
});
/** It has no single sample whose loss is its own. */
const both = { samples: 2, live: "all" } as const;

test.each<[string, (a: Tensor, key: Key) => Tensor]>([
  ["[K·B, H]", (a, key) => key.uniform([2 * a.shape[0]!, a.shape[1]!], { dtype: a.dtype })],
  [
    "[B, K, H]",
    (a, key) =>
      transpose(key.uniform([a.shape[0]!, 2, a.shape[1]!], { dtype: a.dtype }), [1, 0, 2]).reshape([
        2 * a.shape[0]!,
        a.shape[1]!,
      ]),
  ],
  [
    "[B, 1] beside [B, H]",
    (a, key) => {
      const own = [key, key.fold(1)].map((one) => one.uniform(a.shape, { dtype: a.dtype }));
      return add(concat(own, 0), mul(tile(key.fold(2).uniform([a.shape[0]!, 1], { dtype: a.dtype }), 2), 0));
    },
  ],
])("samples drawn as %s obey them, in models and stacks too", (_, draw) => {
  expect(checkEstimator(inOneGo(draw), both).filter(({ verdict }) => verdict === "broken")).toEqual([]);
});

test("bias: two samples that are copies of one draw are noticed", () => {
  const copied = inOneGo((a, key) => tile(key.uniform(a.shape, { dtype: a.dtype }), 2));
  expect(broken(copied, both)).toEqual(expect.arrayContaining(["bias", "stack"]));
});

test("copies: noise that copies of the batch don't share is noticed", () => {
  const apart: Estimator = {
    ...scoreFunction,
    estimate: (a, key, rest, state) => {
      // A number of rows that is no multiple of the batch's is read as noise of no example.
      const u = key.uniform([a.shape[0]! + 1, a.shape[1]!], { dtype: a.dtype }).slice(0, a.shape[0]);
      const h = less(u, sigmoid(a));
      const loss = rest(h);
      return { loss: attachGradient(loss, a, mul(sub(h, sigmoid(a)), loss.expandDims(1))), state };
    },
  };
  expect(broken(apart)).toContain("copies");
});

test.each<[string, Partial<Estimator>, RegExp]>([
  [
    "a loss of [B, 1]",
    { estimate: (a, key, rest, state) => ({ loss: rest(unit.sample(a, key)).expandDims(1), state }) },
    /score-function breaks 1 of the laws:\n {2}result: .*a loss of shape \[2,1\] for a batch of 2/,
  ],
  ["no loss", { estimate: (_a, _key, _rest, state) => ({ state }) as never }, /a loss that is missing/],
  ["nothing", { estimate: () => undefined as never }, /a loss that is missing/],
  ["no state", { estimate: (a, key, rest) => ({ loss: rest(unit.sample(a, key)) }) as never }, /gives no state/],
  [
    "another state",
    {
      init: () => ({ mean: array([0]) }),
      estimate: (a, key, rest) => ({ loss: rest(unit.sample(a, key)), state: {} }),
    },
    /begins with the state \{mean \[1\]\} and gives back \{\}/,
  ],
  [
    "NaN",
    { estimate: (a, key, rest, state) => ({ loss: mul(rest(unit.sample(a, key)), Number.NaN), state }) },
    /the loss at a = .* is NaN,NaN/,
  ],
  [
    "a gradient of NaN",
    {
      estimate: (a, key, rest, state) => ({
        loss: attachGradient(rest(unit.sample(a, key)), a, mul(a, Number.NaN)),
        state,
      }),
    },
    /the gradient at a = .* is NaN/,
  ],
])("result: an estimator that gives %s is told so, and nothing else", (_, parts, message) => {
  expect(() => assertLaws({ ...scoreFunction, ...parts })).toThrow(message);
  expect(checkEstimator({ ...scoreFunction, ...parts }).length).toBe(1);
});

test("what isn't an estimator is refused", () => {
  expect(() => assertLaws({ card, unit } as never)).toThrow(
    "a card, a unit and a function estimate, received object, object, undefined",
  );
  expect(() => assertLaws(undefined as never)).toThrow("received undefined, undefined, undefined");
});

test("all that is wrong is said at once: of a law, and of all laws", () => {
  const estimator = { ...scaled(disarm, half), card: { ...disarm.card, summary: "", passes: 3 } };
  const message = checkEstimator(estimator)
    .map(({ law, reason }) => `${law}: ${reason}`)
    .join("\n");
  expect(message).toMatch(/card: card.summary is empty; 2 passes, the card says 3/);
  expect(message).toMatch(
    /bias: layer 0, unit 0: .*; layer 0, unit 1: .*; layer 0, unit 2: .*; at a = 0.7: layer 0, unit 0: /,
  );
});

test("an estimator that obeys all of them breaks none", () => {
  expect(broken(scoreFunction)).toEqual([]);
  expect(() => assertLaws(straightThroughSlope())).not.toThrow();
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

test("every law is broken by one of them, but for those that have tests of their own", () => {
  const named = new Set(Object.values(wrong).map(([law]) => law));
  expect([...new Set(laws.map(({ name }) => name))].filter((name) => !named.has(name))).toEqual([
    "result",
    "repeatable",
    "copies",
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
