import { describe, expect, test } from "vitest";
import { cellFor } from "../../cells/index.ts";
import { runCell } from "../../cells/run.ts";
import { UserError } from "../../errors.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { array, concat, constant, type NdArray, type Shape, slice, type Tensor } from "../../graph/index.ts";
import { gradientError } from "../../graph/testing/finite-differences.ts";
import { key } from "../../random/index.ts";
import { needsOf } from "../feed.ts";
import { modelFrom } from "../from-config.ts";
import { classes } from "../heads/classes.ts";
import { values } from "../heads/values.ts";
import type { Model, Params } from "../model.ts";
import { network } from "../network.ts";
import { recurrentNetwork } from "../recurrent.ts";
import type { StageSpec } from "../stage.ts";
import { doubled, lossAndGradients, value } from "../testing.ts";
import { dense } from "./dense.ts";
import { perStep } from "./per-step.ts";
import { recurrent } from "./recurrent.ts";

const [B, T, I] = [3, 4, 2];
const tensor = (shape: Shape, of = (i: number) => Math.sin(7 * i)): Tensor =>
  constant(
    array(
      Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => of(i)),
      { shape },
    ),
  );
const x = tensor([B, T, I]);
const y = tensor([B, 2], (i) => Math.cos(i));
const lengths = constant(array(Int32Array.of(2, 4, 3)));
const batch = { x, y, lengths };
const lstm = { name: "lstm" } as const;
/** An LSTM whose gates decide. */
const deciding = (gates: EstimatorConfig) => ({ name: "lstm", gates }) as const;

const net = (stages: StageSpec[], input: Shape = [T, I]): Model => network({ input, stages, head: values(2) });
const treeOf = (model: Model, list: readonly Tensor[]): Params<Tensor> => {
  let at = 0;
  return model.init(1).params.map((row) => Object.fromEntries(Object.keys(row).map((name) => [name, list[at++]!])));
};

describe("the gradient of the losses is that of central differences:", () => {
  test.each<[string, StageSpec[]]>([
    ["the last output", [recurrent({ cell: lstm, units: 2 }), dense({})]],
    [
      "the first, from the end",
      [recurrent({ cell: lstm, units: 2, direction: "backward", lengths: "lengths" }), dense({})],
    ],
    [
      "two layers in both directions, of several lengths, and a map at each step",
      [
        recurrent({ cell: lstm, units: 2, output: "sequence", direction: "both", lengths: "lengths" }),
        perStep({ units: 2 }),
        recurrent({ cell: lstm, units: 2, direction: "both", lengths: "lengths" }),
        dense({}),
      ],
    ],
    ["all decisions enumerated", [recurrent({ cell: deciding("exact"), units: 1, truncate: 9 }), dense({})]],
  ])("%s", (name, stages) => {
    const model = name.startsWith("all") ? net(stages, [2, I]) : net(stages);
    const { numbers, states } = doubled(model);
    const given = name.startsWith("all") ? { ...batch, x: slice(x, [0, 0], [B, 2]) } : batch;
    const f = (...list: Tensor[]): Tensor => model.train(treeOf(model, list), given, key(1), states).loss;
    const listed = numbers.flatMap((row) => Object.values(row)) as NdArray[];
    expect(gradientError(f, listed)).toBeLessThan(1e-7);
  });
});

describe("a recurrent stage", () => {
  const model = net([recurrent({ cell: { name: "lstm", peepholes: true }, units: 3, direction: "both", lengths: "lengths" }), dense({})]); // biome-ignore format: one line
  const { params, states } = doubled(model);
  const run = (fields: { readonly lengths: Tensor }, given = x) =>
    model.output(params, given, "deterministic", key(1), fields);

  test("outputs what its cells do, side by side, in training and at test", () => {
    const cell = cellFor({ name: "lstm", peepholes: true }, { inputs: I, units: 3 });
    const parts = [false, true].map((reverse, i) => runCell(cell, params[i]!, x, { reverse, lengths }).last);
    const last = concat(parts, 1);
    const whole = network({ input: [T, I], stages: [recurrent({ cell: { name: "lstm", peepholes: true }, units: 3, direction: "both", lengths: "lengths" })], head: values(6) }); // biome-ignore format: one line
    expect(value(whole.output(params, x, "deterministic", key(1), batch))).toEqual(value(last));
    const trained = whole.train(params, { ...batch, y: tensor([B, 6]) }, key(1), states);
    expect(value(trained.output)).toEqual(value(last));
  });

  test("has a row of the table for each direction, with shapes, parameters and multiply-adds of all steps", () => {
    const [forward, backward] = model.layers;
    expect([forward!.name, backward!.name, forward!.input, forward!.output]).toEqual(["recurrent1.forward", "recurrent1.backward", [T, I], [3]]); // biome-ignore format: one line
    const cell = cellFor({ name: "lstm", peepholes: true }, { inputs: I, units: 3 });
    expect(forward!.multiplyAdds).toBe(T * cell.multiplyAdds);
    expect(forward!.parameters).toEqual(cell.parameters);
    expect(model.init(1).params[0]).not.toEqual(model.init(1).params[1]);
  });

  test("needs its lengths of the data, and says so where they are missing", () => {
    expect(needsOf(model)).toEqual({
      x: { dtype: "float32", shape: [T, I] },
      lengths: { dtype: "int32", shape: [], range: [0, T] },
      y: { dtype: "float32", shape: [2] },
    });
    expect(() => model.output(params, x, "deterministic", key(1))).toThrow(
      new UserError("network: recurrent reads the field lengths, received none"),
    );
  });

  test("reads nothing behind a sequence's end, in training, scores, outputs and hidden units", () => {
    const deep = network({ input: [T, I], stages: [recurrent({ cell: lstm, units: 3, output: "sequence", lengths: "lengths" }), recurrent({ cell: lstm, units: 2, lengths: "lengths" }), dense({ units: 3, estimator: "tanh" }), dense({})], head: values(2) }); // biome-ignore format: one line
    const own = doubled(deep);
    const padded = (fill: number): Tensor =>
      tensor([B, T, I], (i) => (Math.floor(i / I) % T < [2, 4, 3][Math.floor(i / (I * T))]! ? Math.sin(7 * i) : fill));
    const all = [0, 55].map((fill) => {
      const given = { ...batch, x: padded(fill) };
      return [
        lossAndGradients(deep, own.params, given, key(1), own.states),
        value(deep.score(own.params, given, "deterministic", key(1)).mse),
        value(deep.output(own.params, given.x, "stochastic", key(1), given)),
        deep.hidden(own.params, given.x, "stochastic", key(1), given).map(({ output }) => value(output)),
      ];
    });
    expect(all[1]).toEqual(all[0]);
    const other = { lengths: constant(array(Int32Array.of(1, 4, 3))) };
    expect(value(run(other))).not.toEqual(value(run(batch)));
  });

  test("reads a vector as a sequence of numbers, and of a larger array the rows", () => {
    const flat = net([recurrent({ cell: lstm, units: 2 }), dense({})], [6]);
    expect([flat.layers[0]!.input, flat.layers[0]!.parameters[0]!.shape[0]]).toEqual([[6, 1], 1]);
    const wide = net([recurrent({ cell: lstm, units: 2 }), dense({})], [3, 2, 5]);
    expect(wide.layers[0]!.input).toEqual([3, 10]);
    expect(wide.output(doubled(wide).params, tensor([B, 3, 2, 5]), "deterministic", key(1)).shape).toEqual([B, 2]);
  });
});

describe("decisions within a stage", () => {
  const of = (estimator: EstimatorConfig, more = {}) =>
    net([recurrent({ cell: deciding(estimator), units: 2, ...more }), dense({})]);

  test("draw at each step: a stochastic readout differs from key to key, the deterministic one doesn't", () => {
    const model = of("straight-through");
    const { params } = doubled(model);
    const read = (readout: "stochastic" | "deterministic", seed: number) =>
      value(model.output(params, x, readout, key(seed)));
    expect(read("stochastic", 1)).not.toEqual(read("stochastic", 2));
    expect(read("deterministic", 1)).toEqual(read("deterministic", 2));
    expect([model.stochastic, of("sigmoid").stochastic]).toEqual([true, false]);
  });

  test.each(["straight-through", "score-function", "disarm"] as const)(
    "trained by %s give the loss of the sample that the readout takes with the same noise, in both directions too",
    (estimator) => {
      for (const more of [{}, { direction: "both" as const }, { lengths: "lengths" }]) {
        const model = of(estimator, more);
        const { params, states } = doubled(model);
        const trained = model.train(params, batch, key(3), states);
        expect(value(trained.output)).toEqual(value(model.output(params, x, "stochastic", key(3), batch)));
        expect(value(trained.loss)).toEqual(value(model.losses(params, batch, "stochastic", key(3))));
      }
    },
  );

  test("keep what their estimators keep, a row for each step, and move all of it", () => {
    const model = of("score-function-moving-average", { direction: "both" });
    const { params, states } = doubled(model);
    expect(Object.values(states[0]!).map(({ shape }) => shape)).toEqual(Object.values(states[0]!).map(() => [T]));
    expect(Object.keys(states[0]!).length).toBeGreaterThan(0);
    const { states: next } = model.train(params, batch, key(5), states);
    next.slice(0, 2).forEach((row, i) => {
      expect(Object.keys(row)).toEqual(Object.keys(states[i]!));
      for (const moved of Object.values(row)) expect(value(moved).every((v) => v > 0)).toBe(true);
    });
  });

  test("behind a stage that makes copies of the batch meet the same noise in each", () => {
    const model = network({ input: 3, stages: [dense({ units: T, estimator: "disarm" }), recurrent({ cell: deciding("straight-through"), units: 2 }), dense({})], head: values(2) }); // biome-ignore format: one line
    const { params, states } = doubled(model);
    const given = { x: tensor([B, 3]), y };
    const downstream = model.behind(params, given, 0, undefined, key(3), states);
    const bits = tensor([B, T], (i) => i % 2);
    const [once, twice] = [downstream(bits, "detached"), downstream(concat([bits, bits], 0), "detached")].map(value);
    expect(twice).toEqual([...once!, ...once!]);
  });

  test("of training samples draw each for itself: their losses are those of draws one by one", () => {
    const options = { input: [T, I], stages: [recurrent({ cell: deciding("straight-through"), units: 2 }), dense({})], head: values(2) }; // biome-ignore format: one line
    const [model, single] = [network({ ...options, trainingSamples: 2 }), network(options)];
    const { params, states } = doubled(model);
    const mean = value(model.train(params, batch, key(3), states).loss);
    const twice = { x: concat([x, x], 0), y: concat([y, y], 0) };
    const each = value(single.train(params, twice, key(3), states).loss);
    mean.forEach((loss, i) => expect(loss).toBeCloseTo((each[i]! + each[B + i]!) / 2, 12));
    expect(each.slice(0, B)).not.toEqual(each.slice(B));
  });

  test("that need what follows them are refused where that would cost too much, with the longest length and a way out", () => {
    const long =
      (estimator: EstimatorConfig, direction: "forward" | "both" = "forward") =>
      () =>
        net([recurrent({ cell: deciding(estimator), units: 2, direction }), dense({})], [200, I]);
    expect(long("straight-through")).not.toThrow();
    expect(long("disarm")).toThrow(/^network: stages\[0\]: disarm runs all later steps again at each step: at most 1,000 steps on 100,000 copies of the batch, received sequences of 200 steps, which take [\d,]+ steps on [\d,]+ copies of the batch; take at most (\d+) steps, or a local estimator, such as straight-through-slope, takes any length$/); // biome-ignore format: one line
    expect(long("rebar")).toThrow("take at most");
  });
});

describe("options that can't be are refused:", () => {
  const refused =
    (options: object, input: Shape = [T, I]) =>
    () =>
      net([recurrent({ cell: lstm, units: 2, ...options } as never), dense({})], input);
  test.each<[object, string]>([
    [{ units: 0 }, "network: stages[0].units must be a whole number at least 1, received 0"],
    [{ output: "first" }, 'network: stages[0].output must be one of last, sequence, received "first"'],
    [{ direction: "up" }, "network: stages[0].direction must be one of forward, backward, both"],
    [{ truncate: 0.5 }, "network: stages[0].truncate must be a whole number at least 1, received 0.5"],
    [{ lengths: 3 }, "network: stages[0].lengths must be the name of a field of the data, received 3"],
    [
      { cells: 1 },
      "network: stages[0]: the options are cell, units, output, direction, lengths, truncate, carryState, recompute, sparsity, name",
    ],
    [{ cell: { name: "lstn" } }, "network: stages[0].cell"],
  ])("%o", (options, message) => {
    expect(refused(options)).toThrow(message);
    expect(refused(options)).toThrow(UserError);
  });

  test("a field that two parts read in two forms", () => {
    expect(() =>
      network({
        input: [T, I],
        stages: [recurrent({ cell: lstm, units: 2, lengths: "y" }), dense({})],
        head: values(2),
      }),
    ).toThrow("network: stages[0] reads the field y as int32[], which another part reads as float32[2]");
  });
});

test("a map at each step is that of every step alone", () => {
  const model = network({ input: [T, I], stages: [perStep({})], head: values([T, 3]) });
  const { params, numbers } = doubled(model);
  const made = value(model.output(params, x, "deterministic", key(1)));
  const { weight, bias } = numbers[0]!;
  const inputs = value(x);
  made.forEach((v, i) => {
    const [row, n] = [Math.floor(i / 3), i % 3];
    const wanted = bias!.data[n]! + inputs[2 * row]! * weight!.data[n]! + inputs[2 * row + 1]! * weight!.data[3 + n]!;
    expect(v).toBeCloseTo(wanted, 12);
  });
  expect(model.layers[0]).toMatchObject({ name: "per-step1", input: [T, I], output: [T, 3], multiplyAdds: T * I * 3 });
});

describe("the model recurrent", () => {
  const model = recurrentNetwork({ input: [T, I], cell: { name: "lstm", peepholes: true }, units: 3, layers: 2, direction: "both", lengths: "lengths", classes: 4 }); // biome-ignore format: one line

  test("is its stages and a map of the last output", () => {
    const built = network({
      ...{ name: "recurrent", input: [T, I], head: classes(4) },
      stages: [
        recurrent({
          cell: { name: "lstm", peepholes: true },
          units: 3,
          output: "sequence",
          direction: "both",
          lengths: "lengths",
        }),
        recurrent({ cell: { name: "lstm", peepholes: true }, units: 3, direction: "both", lengths: "lengths" }),
        dense({ name: "output" }),
      ],
    });
    expect(built.config).toEqual(model.config);
    expect(built.init(3)).toEqual(model.init(3));
  });

  test("comes back from its config as JSON, the same to the first weights", () => {
    const again = modelFrom(JSON.parse(JSON.stringify(model.config)));
    expect(again.config).toEqual(model.config);
    expect(JSON.stringify(again.layers)).toBe(JSON.stringify(model.layers));
    expect(again.init(7)).toEqual(model.init(7));
  });

  test("refuses what it has no option for", () => {
    expect(() => recurrentNetwork({ input: 3, cell: lstm, units: 3, classes: 2, hidden: 3 } as never)).toThrow("recurrent: the options are input, cell"); // biome-ignore format: one line
    expect(() => recurrentNetwork({ input: 3, cell: lstm, units: 3, classes: 2, layers: 0 })).toThrow("recurrent: layers must be a whole number at least 1, received 0"); // biome-ignore format: one line
  });
});
