import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { matrix } from "../laws/exact.ts";
import { step } from "../laws/step.ts";
import { aliases, hints } from "./aliases.ts";
import {
  type EstimatorConfig,
  type EstimatorName,
  estimatorFor,
  estimatorNames,
  estimatorRow,
  estimators,
  resolveEstimator,
} from "./index.ts";
import { scoreFunction } from "./score-function.ts";

test("estimatorFor takes a name, a name with options, and an estimator of the user's own", () => {
  expect(estimatorFor("straight-through").card.name).toBe("straight-through");
  expect(estimatorFor({ name: "noisy-rectifier", sd: 0.5 }).card.name).toBe("noisy-rectifier");
  expect(estimatorFor(scoreFunction)).toBe(scoreFunction);
});

test("estimatorFor: options reach the estimator", () => {
  const rest = (h: ReturnType<typeof matrix>) => h.sum(1);
  const losses = ([0.5, 2] as const).map((sd) =>
    step(estimatorFor({ name: "noisy-rectifier", sd, noise: "gaussian" }), matrix([[10]]), rest).loss.item(),
  );
  expect(losses[1]! - 10).toBeCloseTo(4 * (losses[0]! - 10), 12);
});

test("resolveEstimator gives every option, with defaults that may depend on a choice", () => {
  expect(resolveEstimator("exact")).toEqual({ name: "exact" });
  expect(resolveEstimator("noisy-sigmoid")).toEqual({
    name: "noisy-sigmoid",
    noise: "gaussian",
    sd: 1,
    injection: "additive",
  });
  expect(resolveEstimator({ name: "noisy-sigmoid", noise: "logistic" }).sd).toBeCloseTo(Math.PI / Math.sqrt(3), 14);
  expect(resolveEstimator({ name: "noisy-sigmoid", noise: "logistic", sd: 1 }).sd).toBe(1);
  expect(resolveEstimator({ name: "noisy-sigmoid", sd: undefined }).sd).toBe(1);
});

test("every row says its card, its options and their defaults", () => {
  for (const name of estimatorNames) {
    const row = estimators[name];
    expect(row.card.name).toBe(name);
    expect(Object.keys(row.defaults)).toEqual(Object.keys(row.options));
    expect(resolveEstimator(name)).toEqual({ name, ...row.defaults });
  }
});

const wrong: readonly [given: unknown, message: string][] = [
  ["straigth-through", 'estimator: there is no estimator "straigth-through", did you mean "straight-through"?'],
  ["noisy_relu", 'did you mean "noisy-rectifier"?'],
  ["RLOO", 'did you mean "leave-one-out"?'],
  ["U2G", 'did you mean "disarm"?'],
  ["REINFORCE", 'did you mean "score-function"?'],
  ["ST", 'did you mean "straight-through"?'],
  ["sign", 'did you mean "threshold"?'],
  ["STE", 'did you mean "straight-through"?'],
  ["Gumbel-Softmax", 'did you mean "gumbel-softmax"?'],
  ["DisARM", 'did you mean "disarm"?'],
  [{ name: "concrete", temperature: null }, "temperature must be a finite number above 0, received null"],
  [{ name: "noisy-rectifier", noise: null }, "noise must be one of gaussian, logistic, bernoulli, received null"],
  [
    "toString",
    'estimator must be the name of an estimator (npx heaviside estimators lists all 45), received "toString"',
  ],
  [undefined, "must be the name of an estimator (npx heaviside estimators lists all 45), received undefined"],
  [null, "received null"],
  [3, "received 3"],
  [{ nam: "exact" }, "received undefined"],
  [["exact"], 'received ["exact"]'],
  [
    { name: "noisy-rectifier", sigma: 1 },
    "estimator noisy-rectifier: sigma: there is no such option, the options are name, noise, sd, injection, readout",
  ],
  [{ name: "noisy-rectifier", nose: "gaussian" }, "nose: there is no such option, did you mean noise?"],
  [{ name: "straight-through", sd: 1 }, "estimator straight-through: sd: there is no such option, it has none"],
  [{ name: "noisy-rectifier", sd: 0 }, "estimator noisy-rectifier: sd must be a finite number above 0, received 0"],
  [{ name: "noisy-rectifier", sd: "1" }, 'sd must be a finite number above 0, received "1"'],
  [
    { name: "noisy-rectifier", noise: "cauchy" },
    'noise must be one of gaussian, logistic, bernoulli, received "cauchy"',
  ],
  [
    { name: "score-function-minimum-variance", decay: 1 },
    "decay must be a finite number at least 0 and below 1, received 1",
  ],
];

for (const [given, message] of wrong)
  test(`estimatorFor(${JSON.stringify(given)}) is an error that says: ${message}`, () => {
    expect(() => estimatorFor(given as EstimatorConfig)).toThrow(UserError);
    expect(() => estimatorFor(given as EstimatorConfig)).toThrow(message);
  });

test("an error begins with the place that the caller names", () => {
  expect(() => estimatorFor("ST" as EstimatorConfig, "hidden[0].estimator")).toThrow(/^hidden\[0\]\.estimator: /);
});

test("a wrong name, a wrong option and a wrong value don't compile", () => {
  const configs: readonly EstimatorConfig[] = [
    "exact",
    { name: "noisy-rectifier", noise: "logistic", readout: "mean" },
    { name: "smooth-times-stochastic", probability: "p" },
    // @ts-expect-error no such estimator
    "straight-trough",
    // @ts-expect-error straight-through has no options
    { name: "straight-through", sd: 1 },
    // @ts-expect-error a noise that doesn't exist
    { name: "noisy-rectifier", noise: "cauchy" },
    // @ts-expect-error a number, not a string
    { name: "noisy-rectifier", sd: "1" },
    // @ts-expect-error an option of another estimator
    { name: "noisy-sigmoid", readout: "mean" },
  ];
  const fails = configs.map((config) => {
    try {
      estimatorFor(config);
      return false;
    } catch {
      return true;
    }
  });
  expect(fails).toEqual([false, false, false, true, true, true, true, true]);
});

test.each(estimatorNames)("%s's card says of what kind its bias is, when to use it and when not", (name) => {
  const { bias, use, avoid } = estimatorRow(name).card;
  for (const text of [bias, use, avoid]) expect(text).toMatch(/^[A-Z].*[.:]$/s);
});

test("aliases are lower case, no names of the table, and stand for their estimators with options too", () => {
  for (const [alias, name] of Object.entries({ ...aliases, ...hints })) {
    expect(alias).toBe(alias.toLowerCase());
    expect(Object.hasOwn(estimators, alias), alias).toBe(false);
    expect(estimatorNames).toContain(name);
  }
  for (const [alias, name] of Object.entries(aliases)) {
    expect(resolveEstimator(alias as EstimatorName)).toEqual(resolveEstimator(name));
    expect(resolveEstimator({ name: alias } as never)).toEqual(resolveEstimator(name));
  }
  expect(resolveEstimator({ name: "rloo", samples: 4 } as never)).toMatchObject({ name: "leave-one-out", samples: 4 });
  for (const [hint, name] of Object.entries(hints))
    expect(() => resolveEstimator(hint as EstimatorName)).toThrow(`did you mean "${name}"?`);
});
