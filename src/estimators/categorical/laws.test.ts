/** The laws that every estimator of one-hot units obeys, for three classes. */
import { expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import {
  add,
  array,
  constant,
  type DType,
  evaluate,
  matmul,
  mul,
  type NdArray,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  zerosLike,
} from "../../graph/index.ts";
import { matrix } from "../../laws/exact.ts";
import { checkEstimator } from "../../laws/index.ts";
import { step } from "../../laws/step.ts";
import { key } from "../../random/index.ts";
import { countOf } from "../count.ts";
import type { Downstream } from "../estimator.ts";
import { estimatorRow } from "../index.ts";
import {
  curvedLoss,
  expectedEstimate,
  type Layer,
  type Network,
  probabilities,
  trueGradient,
} from "./testing/enumeration.ts";
import { categoricalVariants } from "./testing/variants.ts";

const [CLASSES, UNITS] = [3, 6]; // two variables
const INTO_LOSS = [
  [0.9, -1.4],
  [-0.6, 0.8],
  [0.3, 1.1],
  [-1.2, 0.4],
  [0.7, 1.5],
  [-0.2, -0.9],
];
const INTO_SECOND = INTO_LOSS.map(([x, y]) => [x!, y!, x! - y!]);
const A = [
  [0.3, -0.8, 0.5, 1.2, -0.4, 0.1],
  [1.9, 0.1, -0.7, 0.2, 0.6, -1.1],
];

const plain: Downstream = (h) => sum(tanh(matmul(h, constant(array(INTO_LOSS, { dtype: h.dtype })))), 1);
const numbers = ({ data }: NdArray): number[] => Array.from(data);
const groups = (row: readonly number[]): number[][] =>
  Array.from({ length: row.length / CLASSES }, (_, v) => row.slice(v * CLASSES, (v + 1) * CLASSES));
const total = (values: readonly number[]): number => values.reduce((t, x) => t + x, 0);
const near = (received: readonly number[], wanted: readonly number[], within: number): void => {
  expect(received.length).toBe(wanted.length);
  received.forEach((x, i) =>
    expect(Math.abs(x - wanted[i]!), `${i}: ${x} instead of ${wanted[i]}`).toBeLessThan(within),
  );
};

const oneLayer = (layer: Layer): Network => ({
  layers: [layer],
  weights: [INTO_LOSS],
  biases: [A[0]!, [0.2, -0.3]],
  loss: curvedLoss,
});
const companion: Layer = {
  estimator: estimatorRow("categorical-score-function")({ classes: CLASSES }),
  classes: CLASSES,
  samples: 1,
};
const behindAnother = (layer: Layer): Network => ({
  layers: [companion, layer],
  weights: [INTO_SECOND.slice(0, 3), INTO_LOSS.slice(0, 3)],
  biases: [
    [0.7, -1.2, 0.1],
    [0.3, -0.5, 0.4],
    [0.2, -0.3],
  ],
  loss: curvedLoss,
});

test("the laws of units that decide one by one refuse these, and say so", () => {
  expect(() => checkEstimator(companion.estimator)).toThrow(UserError);
  expect(() => checkEstimator(companion.estimator)).toThrow(
    "categorical-score-function are one-hot variables of 3 classes",
  );
});

for (const { label, name, estimator, options } of categoricalVariants) {
  const { card, unit } = estimator;
  const law = (title: string, f: () => void) => test(`${label}: ${title}`, f);
  const samples = card.passes === "K" ? Number(options.samples) : 1;
  const enumerates = card.family === "exact";
  const relaxed = card.family === "relaxation";
  /** The estimate depends on the noise through nothing but what is sent, so that its mean is a finite sum. */
  const finiteSum = !relaxed && !["categorical-straight-through-gumbel", "categorical-gumbel-rao"].includes(name);
  const layer: Layer = { estimator, classes: CLASSES, samples };

  law("its card says all there is to say, and its counts are those of a step", () => {
    expect(card.name).toBe(name);
    for (const text of [card.title, card.summary, card.formula, card.source, card.bias, card.use, card.avoid])
      expect(text).toMatch(/\S/);
    if (!enumerates) expect(card.source).toMatch(/\d{4}.*https:/);
    const rows = { live: 0, path: 0, mean: 0, detached: 0 };
    step(estimator, matrix(A), (h, mode = "live") => {
      expect([h.shape[1], h.dtype, h.shape[0]! % 2]).toEqual([UNITS, "float64", 0]);
      rows[mode] += h.shape[0]! / 2;
      return plain(h);
    });
    const sizes = { samples, units: UNITS, classes: CLASSES };
    expect(rows.live + rows.path + rows.mean + rows.detached).toBe(countOf(card.passes, sizes));
    expect(rows.live + rows.path + rows.mean).toBe(options.live === "all" ? samples : countOf(card.backward, sizes));
  });

  law(relaxed ? "sends positive numbers that sum to 1" : "sends exactly one 1 in each variable", () => {
    const sent: Tensor[] = [];
    const wide = matrix(Array.from({ length: 40 }, (_, i) => [0, 0, 0, i / 10 - 2, 2 - i / 10, 1]));
    step(estimator, wide, (h) => {
      sent.push(h);
      return plain(h);
    });
    for (const { data } of evaluate([...sent, unit.sample(wide, key(7))]))
      for (const variable of groups(Array.from(data))) {
        expect(total(variable)).toBeCloseTo(1, 12);
        if (relaxed) expect(Math.min(...variable)).toBeGreaterThan(0);
        else expect([...variable].sort()).toEqual([0, 0, 1]);
      }
  });

  if (!enumerates && options.live !== "all")
    law("the loss is that of what the unit samples with the same key", () => {
      const [sampled] = evaluate([plain(unit.sample(matrix(A), key(7)))]);
      expect(step(estimator, matrix(A), plain).loss).toEqual(sampled);
    });

  law("the same key gives the same twice; another key gives another sample", () => {
    expect(step(estimator, matrix(A), plain)).toEqual(step(estimator, matrix(A), plain));
    const wide = matrix(Array.from({ length: 20 }, () => A[0]!));
    const [one, other] = evaluate([unit.sample(wide, key(1)), unit.sample(wide, key(2))]);
    expect(one).not.toEqual(other);
  });

  for (const dtype of ["float32", "float64"] satisfies DType[])
    for (const size of [40, 400])
      law(`finite in ${dtype} where |a| is ${size}`, () => {
        const rows = [
          [size, -size, 0, 0, 0, size],
          [-size, -size, size, size, size, -size],
        ];
        const a = constant(array(rows, { dtype }));
        const { loss, gradient } = step(estimator, a, plain);
        for (const values of [loss, gradient, ...evaluate([unit.sample(a, key(3)), unit.readout(a)])])
          expect(numbers(values).every(Number.isFinite), String(values)).toBe(true);
        for (const values of evaluate([unit.rate?.(a) ?? zerosLike(a)]))
          expect(numbers(values).every(Number.isFinite), String(values)).toBe(true);
        expect([loss.dtype, gradient.dtype]).toEqual([dtype, dtype]);
      });

  law("an example's loss and gradient don't depend on the others in the batch", () => {
    const of = (rows: readonly (readonly number[])[]) => {
      const { loss, gradient } = step(estimator, matrix(rows), plain);
      return [loss.data[0]!, ...numbers(gradient).slice(0, UNITS)];
    };
    for (const other of [A[1]!, [9, -9, 0, 3, 3, -9]]) near(of([A[0]!, other]), of([A[0]!]), 1e-12);
  });

  law("what is added to all classes of a variable changes nothing, and its gradient sums to 0 over them", () => {
    const shifted = A.map((row) => row.map((x, i) => x + (i < CLASSES ? 0.7 : -2.3)));
    const [one, other] = [step(estimator, matrix(A), plain), step(estimator, matrix(shifted), plain)];
    near(numbers(one.loss), numbers(other.loss), 1e-12);
    near(numbers(one.gradient), numbers(other.gradient), 1e-12);
    for (const variable of groups(numbers(one.gradient))) expect(Math.abs(total(variable))).toBeLessThan(1e-13);
  });

  law("a loss that ignores the units gives no gradient, sample by sample or on average", () => {
    const ignoring: Downstream = (h) => add(mul(sum(stopGradient(h), 1), 0), 3);
    if (!card.readsLoss)
      near(
        numbers(step(estimator, matrix(A), ignoring).gradient),
        A.flat().map(() => 0),
        1e-15,
      );
    else
      near(
        expectedEstimate({ ...oneLayer(layer), loss: (y) => ignoring(y) }).mean[0]!,
        A[0]!.map(() => 0),
        1e-12,
      );
  });

  law("its readout and its rate are the classes' probabilities", () => {
    const wanted = probabilities(A.flat(), CLASSES);
    near(numbers(evaluate([unit.readout(matrix(A))])[0]!), wanted, 1e-14);
    if (unit.rate) near(numbers(evaluate([unit.rate(matrix(A))])[0]!), wanted, 1e-14);
  });

  if (finiteSum)
    law(`the mean over what can be sent is ${card.unbiased ? "" : "not "}the gradient of the expected loss`, () => {
      const network = oneLayer(layer);
      const [{ mean }, truth] = [expectedEstimate(network), trueGradient(network)];
      if (card.unbiased) near(mean[0]!, truth[0]!, 1e-9);
      else expect(() => near(mean[0]!, truth[0]!, 1e-3)).toThrow();
      near(mean[1]!, truth[1]!, 1e-9); // what the rest is made of
    });

  if (finiteSum && card.unbiased)
    law("unbiased behind another stochastic layer, for both layers", () => {
      const network = behindAnother(layer);
      const [{ mean }, truth] = [expectedEstimate(network), trueGradient(network)];
      mean.forEach((row, l) => near(row, truth[l]!, 1e-9));
    });
}
