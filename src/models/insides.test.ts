import { describe, expect, test } from "vitest";
import { array, constant, type NdArray, type Shape, sum, type Tensor, valueAndGrad } from "../graph/index.ts";
import { gradientError } from "../graph/testing/finite-differences.ts";
import { key } from "../random/index.ts";
import { conv, dense, network, normalise, pool, recurrent, values } from "./index.ts";
import type { Model, Params } from "./model.ts";
import { doubled, value } from "./testing.ts";

const tensor = (shape: Shape): Tensor =>
  constant(array(Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(7 * i)), { shape })); // biome-ignore format: one line
const head = values(2);
const images = (estimator: "tanh" | "straight-through") =>
  network({
    ...{ input: [4, 4], head },
    stages: [
      conv({ features: 2, size: 3 }),
      pool({ reduce: "mean" }),
      normalise({ estimator }),
      dense({ units: 3, estimator }),
      dense({}),
    ],
  });
const steps = (gates: "sigmoid" | "straight-through", output: "last" | "sequence" = "last") =>
  network({ input: [3, 2], stages: [recurrent({ cell: { name: "lstm", gates }, units: 2, output }), dense({})], head });
const batchOf = (model: Model) => ({ x: tensor([1, ...model.inputShape]), y: tensor([1, 2]) });
const zerosOf = (model: Model): [stage: number, name: string, zeros: NdArray][] =>
  model.insides.flatMap((inside, i) =>
    Object.entries(inside).map(([name, shape]): [number, string, NdArray] => [
      i,
      name,
      array(new Float64Array(shape.reduce((n, d) => n * d, 1)), { shape: [1, ...shape] }),
    ]),
  );

describe("the gradient of a nudge is that of central differences:", () => {
  test.each([
    ["convolutions that are normalised", images("tanh"), ["sent", "sent", "a sent", "a sent", "sent"]],
    ["an LSTM", steps("sigmoid"), ["input input:a forget forget:a candidate candidate:a output output:a c h sent", "sent"]], // biome-ignore format: one line
    ["an LSTM that outputs all steps", steps("sigmoid", "sequence"), undefined],
  ])("%s", (_, model, names) => {
    const { params, states } = doubled(model);
    const zeros = zerosOf(model);
    if (names) expect(model.insides.map((inside) => Object.keys(inside).join(" "))).toEqual(names);
    const loss = (...given: Tensor[]): Tensor => {
      const nudges = model.insides.map((__, i) =>
        Object.fromEntries(zeros.flatMap(([stage, name], at) => (stage === i ? [[name, given[at]!]] : []))),
      );
      return sum(model.nudgedLosses(params, batchOf(model), key(1), states, nudges));
    };
    expect(gradientError(loss, zeros.map(([, , of]) => of))).toBeLessThan(1e-7); // biome-ignore format: one line
    const [, slopes] = valueAndGrad((all: readonly Tensor[]) => loss(...all))(zeros.map(([, , of]) => constant(of)));
    // Each of them matters.
    slopes.forEach((slope, i) =>
      expect([zeros[i]![1], value(slope).some((v) => v !== 0)]).toEqual([zeros[i]![1], true]),
    );
  });
});

test.each([
  ["convolutions", images("straight-through")],
  ["an LSTM", steps("straight-through")],
])("insides of %s that decide are those of the outputs with the same noise", (_, model) => {
  const { params, states } = doubled(model);
  const batch = batchOf(model);
  const found = model.inside(params, batch.x, "stochastic", key(4));
  const read = model.output(params, batch.x, "stochastic", key(4));
  expect(value(found.at(-1)!.sent!)).toEqual(value(read));
  expect(value(model.inside(params, batch.x, "stochastic", key(5)).at(-1)!.sent!)).not.toEqual(value(read));
  const losses = model.losses(params, batch, "stochastic", key(4));
  expect(value(model.nudgedLosses(params, batch, key(4), states, []))).toEqual(value(losses));
  const nudges = found.map((inside) => Object.fromEntries(Object.entries(inside).map(([name, { shape }]) => [name, constant(array(new Float64Array(shape.reduce((n, d) => n * d, 1)), { shape }))]))); // biome-ignore format: one line
  expect(value(model.nudgedLosses(params, batch, key(4), states, nudges))).toEqual(value(losses));
});

test("without normalisations the losses and gradients are those of a training step", () => {
  const model = steps("straight-through");
  const { params, states } = doubled(model);
  const batch = batchOf(model);
  const gradients = (f: (of: Params<Tensor>) => Tensor) =>
    valueAndGrad((of: Params<Tensor>) => sum(f(of)))(params)[1].flatMap((row) => Object.values(row).map(value));
  const nudges = model.insides.map(
    (inside) =>
    Object.fromEntries(Object.entries(inside).map(([name, shape]) => [name, constant(array(new Float64Array(shape.reduce((n, d) => n * d, 1)), { shape: [1, ...shape] }))])), // biome-ignore format: one line
  );
  const trained = gradients((of) => model.train(of, batch, key(2), states).loss);
  const found = gradients((of) => model.nudgedLosses(of, batch, key(2), states, nudges));
  found.forEach((of, i) => expect([...of]).toEqual([...trained[i]!].map((v) => expect.closeTo(v, 12))));
});

test("stages whose decisions need what follows them, and those that read backwards, show what they output alone", () => {
  for (const more of [
    { direction: "backward" },
    { truncate: 2 },
    { cell: { name: "lstm", gates: "disarm" } },
  ] as const) {
    const model = network({ input: [3, 2], stages: [recurrent({ cell: "lstm", units: 2, ...more }), dense({})], head });
    expect(model.insides).toEqual([{ sent: [2] }, { sent: [2] }]);
    const { params, states } = doubled(model);
    const losses = model.nudgedLosses(params, batchOf(model), key(1), states, [{ sent: tensor([1, 2]) }]);
    expect(value(losses)).not.toEqual(value(model.losses(params, batchOf(model), "stochastic", key(1))));
  }
});
