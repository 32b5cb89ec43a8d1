import { describe, expect, test } from "vitest";
import { array, constant, gradients, sum, type Tensor } from "../../graph/index.ts";
import { metricOf } from "../head.ts";
import { value } from "../testing.ts";
import { stepClasses } from "./step-classes.ts";

const C = 3;
const rows = [
  [[1, 2, 0], [0.5, -1, 2], [3, 0, 0], [0, 0, 1]],
  [[0, 1, 0], [2, 0, 1], [9, 9, 9], [5, -5, 0]],
]; // biome-ignore format: rows
const scores = constant(array(rows, { dtype: "float64" }));
const label = constant(
  array(
    [
      [1, 0, 0, 2],
      [1, 0, 0, 0],
    ],
    { dtype: "int32" },
  ),
);
const lengths = constant(array(Int32Array.of(4, 2)));

/** −log softmax(row)[label], in double precision. */
const nll = (row: readonly number[], at: number): number =>
  Math.log(row.reduce((sum, a) => sum + Math.exp(a), 0)) - row[at]!;
const each = [
  [nll([1, 2, 0], 1), nll([0.5, -1, 2], 0), nll([3, 0, 0], 0), nll([0, 0, 1], 2)],
  [nll([0, 1, 0], 1), nll([2, 0, 1], 0), nll([9, 9, 9], 0), nll([5, -5, 0], 0)],
];
const total = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const near = (received: readonly number[], expected: readonly number[]) =>
  expect(received.map((v) => v.toFixed(10))).toEqual(expected.map((v) => v.toFixed(10)));

describe("without lengths", () => {
  const head = stepClasses(4, { classes: C });
  const batch = { label };

  test("the loss of a sequence is the mean over its steps", () => {
    near(value(head.loss!(scores, batch, {})), [total(each[0]!) / 4, total(each[1]!) / 4]);
    expect(head.metrics[0]).toMatchObject({ name: "nll", unit: "nats/step", isLoss: true });
    expect(head.steps).toBeUndefined();
    near([head.guess!], [Math.log(3)]);
  });

  test("the shares of wrong steps, and of sequences with a wrong step", () => {
    const { error, sequenceError } = head.score({ output: scores, batch, own: {}, losses: undefined });
    near(value(error), [0.25, 0]);
    near(value(sequenceError), [1, 0]);
  });
});

describe("with lengths", () => {
  const head = stepClasses(4, { classes: C, lengths: "lengths" });
  const batch = { label, lengths };
  const scored = (output: Tensor) => head.score({ output, batch, own: {}, losses: undefined });

  test("the mean loss of a batch is that of its steps, each weighing the same", () => {
    const valid = [...each[0]!, ...each[1]!.slice(0, 2)];
    const losses = value(head.loss!(scores, batch, {}));
    near([total(losses) / 2], [total(valid) / 6]);
    near(losses, [total(each[0]!) / 3, total(each[1]!.slice(0, 2)) / 3]);
  });

  test("metrics of steps are sums over steps by the number of steps", () => {
    const { nll, error, sequenceError } = scored(scores);
    near(value(nll), [total(each[0]!), total(each[1]!.slice(0, 2))]);
    near(value(error), [1, 0]);
    near(value(sequenceError), [1, 0]);
    near(value(head.steps!(batch)), [4, 2]);
    near([metricOf(head.metrics[1]!, 1, 6)], [100 / 6]);
    expect(head.metrics.map(({ per, isLoss }) => [per, isLoss])).toEqual([
      ["step", undefined],
      ["step", undefined],
      [undefined, undefined],
    ]);
  });

  test("padding changes neither losses nor scores, whatever it holds, and gets no gradient", () => {
    const changed = rows.map((sequence, i) =>
      sequence.map((row, t) => (i === 1 && t >= 2 ? [-4, Number.POSITIVE_INFINITY, 1] : row)),
    );
    const other = constant(array(changed, { dtype: "float64" }));
    expect(value(head.loss!(other, batch, {}))).toEqual(value(head.loss!(scores, batch, {})));
    for (const name of ["nll", "error", "sequenceError"] as const)
      expect(value(scored(other)[name])).toEqual(value(scored(scores)[name]));
    const [slope] = gradients(sum(head.loss!(scores, batch, {})), [scores]).map(value);
    expect(slope!.slice(18)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(slope!.slice(0, 18).every((g) => g !== 0)).toBe(true);
  });

  test("lengths must be from 1 to the number of steps", () => {
    expect(head.fields).toEqual({
      label: { shape: [4], dtype: "int32", classes: 3 },
      lengths: { shape: [], dtype: "int32", range: [1, 4] },
    });
  });
});

test("bits a step are nats by ln 2, under a name of their own; the loss stays in nats", () => {
  const head = stepClasses(4, { classes: C, unit: "bits" });
  const [bits] = head.metrics;
  expect(bits).toMatchObject({ name: "bits", unit: "bits/step" });
  expect(head.select.metric).toBe("bits");
  near([metricOf(bits!, 3 * Math.LN2, 1)], [3]);
  const found = head.score({ output: scores, batch: { label }, own: {}, losses: undefined });
  expect(value(found.bits)).toEqual(value(head.loss!(scores, { label }, {})));
});

test("predicts probabilities and a label for each step", () => {
  const { probabilities, label: found } = stepClasses(4, { classes: C }).predict(scores, {});
  expect(value(found!)).toEqual([1, 2, 0, 2, 1, 0, 0, 0]);
  near(value(probabilities!).slice(18, 21), [1 / 3, 1 / 3, 1 / 3]);
});

test("sizes and options that are none are refused", () => {
  expect(() => stepClasses(2, 3 as never)).toThrow(
    "step-classes: the options must be an object of classes, field, lengths, unit, received 3",
  );
  expect(() => stepClasses(0, { classes: 3 })).toThrow(
    "step-classes: steps must be a whole number at least 1, received 0",
  );
  expect(() => stepClasses(2, { classes: 1 })).toThrow(
    "step-classes: classes must be a whole number at least 2, received 1",
  );
  expect(() => stepClasses(2, { classes: 2, unit: "bit" as "bits" })).toThrow(
    'step-classes: unit must be one of nats, bits (did you mean bits?), received "bit"',
  );
});
