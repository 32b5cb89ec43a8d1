import { describe, expect, it } from "vitest";
import {
  array,
  constant,
  evaluate,
  gradients,
  leaves,
  mapTree,
  mean,
  type NdArray,
  type Tensor,
} from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { key, replayKey } from "../../random/index.ts";
import { type Arm, armModel, arms } from "./arms.ts";

const shape = { input: [2], hidden: [2], classes: 3 };
const X = [
  [0.8, -0.4],
  [0.1, 1.2],
];
const x = constant(array(X, { dtype: "float64" }));
const labels = constant(array(Int32Array.of(2, 0)));
const double = (a: NdArray): Tensor =>
  constant(
    array(
      Float64Array.from(a.data, (v) => 2 * v + 0.1),
      { shape: a.shape, dtype: "float64" },
    ),
  );
const params = mapTree(
  armModel(arms.sigmoid, shape).init(3).params as never,
  double as never,
) as unknown as Params<Tensor>;

/** What every pattern of the units of two examples is drawn from, and its probability. */
function patterns(): { uniform: NdArray; probability: number }[] {
  const { weight, bias } = params[0]!;
  const [w, b] = evaluate([weight!, bias!]);
  const p = X.flatMap((row) =>
    [0, 1].map((j) => 1 / (1 + Math.exp(-(row[0]! * w!.data[j]! + row[1]! * w!.data[2 + j]! + b!.data[j]!)))),
  );
  return Array.from({ length: 16 }, (_, k) => {
    const bits = p.map((_, i) => (k >> i) & 1);
    return {
      uniform: array(
        Float64Array.from(p, (q, i) => (bits[i] ? q / 2 : (1 + q) / 2)),
        { shape: [2, 2], dtype: "float64" },
      ),
      probability: p.reduce((product, q, i) => product * (bits[i] ? q : 1 - q), 1),
    };
  });
}

/** The gradient of the batch's mean loss with respect to all parameters, given what the units draw. */
function gradient(model: Model, uniform: readonly NdArray[]): number[] {
  const { loss } = model.train(params, { x, label: labels }, replayKey({ uniform }), [{}, {}]);
  const wrt = leaves<Tensor>(params as never).map(({ value }) => value);
  return evaluate(gradients(mean(loss), wrt)).flatMap(({ data }) => [...data]);
}

/** Mean and covariance of weighted vectors. */
function moments(points: readonly { readonly value: readonly number[]; readonly probability: number }[]) {
  const size = points[0]!.value.length;
  const expectation = (of: (value: readonly number[]) => number) =>
    points.reduce((total, { value, probability }) => total + probability * of(value), 0);
  const mean = Array.from({ length: size }, (_, i) => expectation((v) => v[i]!));
  const covariance = mean.map((mi, i) => mean.map((mj, j) => expectation((v) => (v[i]! - mi) * (v[j]! - mj))));
  return { mean, covariance };
}

const all = patterns();
/** Enumerating networks draw once, for the scores that the running error is computed from. */
const forScores = (arm: Arm): NdArray[] => (arm.estimator === "exact" ? [all[0]!.uniform] : []);
const binary = moments(
  all.map(({ uniform, probability }) => ({ value: gradient(armModel(arms.k1, shape), [uniform]), probability })),
);

describe("matched noise", () => {
  for (const name of ["sigmoidNoise", "exactNoise"] as const)
    it(`${name}: the mean is that of the arm without it, the covariance exactly the binary network's`, () => {
      const noisy = armModel(arms[name], shape);
      const { noise: _, ...still }: Arm = arms[name];
      const found = moments(
        all.flatMap((one) =>
          all.map((two) => ({
            value: gradient(noisy, [...forScores(still), one.uniform, two.uniform]),
            probability: one.probability * two.probability,
          })),
        ),
      );
      const without = gradient(armModel(still, shape), forScores(still));
      found.mean.forEach((x, i) => expect(x).toBeCloseTo(without[i]!, 12));
      found.covariance.forEach((row, i) => row.forEach((x, j) => expect(x).toBeCloseTo(binary.covariance[i]![j]!, 13)));
      expect(Math.max(...binary.covariance.flat())).toBeGreaterThan(1e-4);
    });
});

it("the two samples of matched noise are not one: there is noise", () => {
  const lossOf = (arm: Arm) =>
    evaluate([armModel(arm, shape).train(params, { x, label: labels }, key(1), [{}, {}]).loss])[0]!;
  expect(lossOf(arms.sigmoidNoise)).not.toEqual(lossOf(arms.sigmoid));
});

describe("the exact arms", () => {
  it("K = ∞ is the mean of K = 1 over all patterns, for all parameters", () => {
    gradient(armModel(arms.expected, shape), []).forEach((x, i) => expect(x).toBeCloseTo(binary.mean[i]!, 12));
  });

  it("exact is the gradient of the mean loss over all patterns: its change along each parameter", () => {
    const lossAt = (i: number, shift: number): number => {
      let seen = 0;
      const moved = mapTree<Tensor, Tensor>(params as never, (tensor) => {
        const [values] = evaluate([tensor]);
        const data = Float64Array.from(values!.data, (v, k) => (seen + k === i ? v + shift : v));
        seen += data.length;
        return constant(array(data, { shape: tensor.shape, dtype: "float64" }));
      }) as unknown as Params<Tensor>;
      return evaluate([
        mean(
          armModel(arms.exact, shape).train(
            moved,
            { x, label: labels },
            replayKey({ uniform: forScores(arms.exact) }),
            [{}, {}],
          ).loss,
        ),
      ])[0]!.item();
    };
    const inTreeOrder = leaves<Tensor>(params as never).flatMap(({ value, path }) =>
      Array.from({ length: value.size }, (_, k) => `${path}${k}`),
    );
    const mapOrder: string[] = [];
    mapTree<Tensor, number>(params as never, (tensor, path) => {
      for (let k = 0; k < tensor.size; k++) mapOrder.push(`${path}${k}`);
      return 0;
    });
    const found = gradient(armModel(arms.exact, shape), forScores(arms.exact));
    found.forEach((g, i) => {
      const at = mapOrder.indexOf(inTreeOrder[i]!);
      expect((lossAt(at, 1e-5) - lossAt(at, -1e-5)) / 2e-5).toBeCloseTo(g, 8);
    });
  });

  it("all arms begin with the same weights", () => {
    const first = armModel(arms.sigmoid, shape).init(5).params;
    for (const arm of Object.values(arms)) expect(armModel(arm, shape).init(5).params).toEqual(first);
  });
});
