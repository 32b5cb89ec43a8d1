/** What each head says of outputs and targets, against numbers by hand; the head for classes has a file of its own. */
import { describe, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { array, constant, type NdArray } from "../../graph/index.ts";
import { type Head, isBetter, metricOf } from "../head.ts";
import { float64, value } from "../testing.ts";
import { bits } from "./bits.ts";
import { classes } from "./classes.ts";
import { evidence } from "./evidence.ts";
import { gaussian } from "./gaussian.ts";
import { values } from "./values.ts";

const near = (received: readonly number[], expected: readonly number[]) =>
  expect(received.map((v) => v.toFixed(10))).toEqual(expected.map((v) => v.toFixed(10)));

/** A head's losses and scores [B] of outputs and targets [B, n]. */
function scored<M extends string>(
  head: Head<M>,
  output: readonly (readonly number[])[],
  target: readonly (readonly number[])[],
  own: { readonly [name: string]: NdArray } = {},
) {
  const row = Object.fromEntries(Object.entries(own).map(([name, x]) => [name, constant(x)]));
  const batch = { y: float64(target) };
  const given = float64(output);
  const scores = head.score({ output: given, batch, own: row, losses: undefined });
  return {
    loss: value(head.loss!(given, batch, row)),
    ...(Object.fromEntries(head.metrics.map(({ name }) => [name, value(scores[name])])) as { [K in M]: number[] }),
  };
}

const metricNamed = (head: Head, name: string) => head.metrics.find((metric) => metric.name === name)!;

describe("values", () => {
  const head = values(2);
  test("the mean squared error of an example's values, and its root over all examples", () => {
    const { loss, mse, rmse } = scored(head, [[1, 2], [0, -1], [3, 3]], [[1, 4], [1, 1], [3, 3]]); // biome-ignore format: rows
    near(loss, [2, 2.5, 0]);
    expect([mse, rmse]).toEqual([loss, loss]);
    near(
      [metricOf(metricNamed(head, "mse"), 4.5, 3), metricOf(metricNamed(head, "rmse"), 4.5, 3)],
      [1.5, Math.sqrt(1.5)],
    );
    expect(head.select).toEqual({ metric: "rmse", readout: "deterministic" });
  });

  test("of one value each, from [B, 1], and of any shape", () => {
    near(scored(values(), [[2], [-1]], [[0], [0]]).loss, [4, 1]);
    const output = constant(array(Float64Array.of(1, 2, 3, 4), { shape: [1, 2, 2] }));
    near(
      value(values([2, 2]).loss!(output, { y: constant(array(new Float64Array(4), { shape: [1, 2, 2] })) }, {})),
      [7.5],
    );
  });

  test("a prediction that is no number has no loss that is one", () => {
    const { loss, rmse } = scored(head, [[Number.NaN, 2], [0, 0]], [[1, 4], [0, 0]]); // biome-ignore format: rows
    expect([loss, rmse]).toEqual([[Number.NaN, 0], [Number.NaN, 0]]); // biome-ignore format: rows
  });
});

describe("gaussian", () => {
  const head = gaussian(2);
  const own = { logVariance: array(Float64Array.of(Math.log(4), Math.log(0.5))) };

  test("the negative log density of a normal distribution, summed over an example's values", () => {
    const { loss, nll, rmse } = scored(head, [[1, 2], [0, -1]], [[3, 2], [0, 0.5]], own); // biome-ignore format: rows
    const density = (d: number, variance: number) =>
      Math.exp(-(d ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
    near(loss, [-Math.log(density(2, 4) * density(0, 0.5)), -Math.log(density(0, 4) * density(1.5, 0.5))]);
    expect(nll).toEqual(loss);
    near(rmse, [2, 1.125]);
    near([metricOf(metricNamed(head, "rmse"), 3.125, 2)], [1.25]);
  });

  test("has a row of its own, which begins with a variance of 1, and says the variance", () => {
    expect(head.row).toMatchObject({
      name: "variance",
      parameters: [{ name: "logVariance", shape: [2], incoming: [] }],
    });
    expect([...head.init!().logVariance!.data]).toEqual([0, 0]);
    const { mean, variance } = head.predict(float64([[1, 2]]), { logVariance: constant(own.logVariance) });
    near([...value(mean!), ...value(variance!)], [1, 2, 4, 0.5]);
  });

  test("a mean that is no number has no loss that is one", () => {
    expect(scored(head, [[Number.NaN, 2]], [[1, 4]], own).nll).toEqual([Number.NaN]);
  });
});

describe("bits", () => {
  const head = bits(2);
  const log3 = Math.log(3);

  test("−log p of an example's bits, summed, and the share of bits on the wrong side of ½", () => {
    const { loss, nll, error } = scored(head, [[log3, -log3], [log3, log3], [0, 5000]], [[1, 0], [0, 1], [0.25, 1]]); // biome-ignore format: rows
    near(loss, [-2 * Math.log(0.75), -Math.log(0.25) - Math.log(0.75), Math.log(2)]);
    expect(nll).toEqual(loss);
    near(error, [0, 0.5, 0]);
    expect(metricOf(metricNamed(head, "error"), 0.5, 2)).toBe(25);
    near([head.guess!], [2 * Math.log(2)]);
    near(value(head.predict(float64([[log3, -log3]]), {}).probability!), [0.75, 0.25]);
  });

  test("log-odds that are no number have no loss that is one", () => {
    expect(scored(head, [[Number.NaN, 1]], [[0, 1]]).nll).toEqual([Number.NaN]);
  });
});

describe("evidence", () => {
  test("is the sum of the stages' losses with the other sign, larger being better", () => {
    const head = evidence();
    const losses = float64([3, 5]);
    expect(head.loss).toBeUndefined();
    expect(value(head.score({ output: losses, batch: {}, own: {}, losses }).elbo)).toEqual([3, 5]);
    const [elbo] = head.metrics;
    expect(metricOf(elbo!, 8, 2)).toBe(-4);
    expect([isBetter(elbo!, -4, -5), isBetter(elbo!, -5, -4), isBetter(elbo!, -4, -4)]).toEqual([true, false, false]);
    expect(() => head.score({ output: losses, batch: {}, own: {}, losses: undefined })).toThrow(UserError);
  });
});

test("what each head needs of the data: fields of a name, type, shape and range", () => {
  expect(classes(7, { field: "kind" }).fields).toEqual({ kind: { shape: [], dtype: "int32", classes: 7 } });
  expect(values([2, 3]).fields).toEqual({ y: { shape: [2, 3], dtype: "float32" } });
  expect(gaussian(2, { field: "t" }).fields).toEqual({ t: { shape: [2], dtype: "float32" } });
  expect(bits(4, { field: "x" }).fields).toEqual({ x: { shape: [4], dtype: "float32", range: [0, 1] } });
  expect(evidence().fields).toEqual({});
});

test("of metrics that are better when lower the smaller value is, and equals are not", () => {
  const { metrics } = values();
  expect([isBetter(metrics[0]!, 1, 2), isBetter(metrics[0]!, 2, 1), isBetter(metrics[0]!, 1, 1)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("sizes that are none are refused", () => {
  expect(() => classes(1)).toThrow("classes: classes must be a whole number at least 2, received 1");
  expect(() => classes(2.5)).toThrow(UserError);
  for (const make of [values, gaussian, bits]) {
    expect(() => make(0)).toThrow(/must be a whole number at least 1, received 0$/);
    expect(() => make([])).toThrow(/must be a number of values or a shape, received \[\]$/);
    expect(() => make([2, -1])).toThrow(/received -1$/);
  }
});
