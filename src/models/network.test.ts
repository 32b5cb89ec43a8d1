/** Networks of stages and a head: that they are what `mlp`, `gatedMlp` and `autoencoder` are made of, and what only they can be. */
import { describe, expect, test } from "vitest";
import { estimatorFor } from "../estimators/index.ts";
import { array, concat, constant, gradients, type NdArray, type Tensor } from "../graph/index.ts";
import { gradientError } from "../graph/testing/finite-differences.ts";
import { key } from "../random/index.ts";
import { autoencoder } from "./autoencoder.ts";
import { gatedMlp } from "./gated-mlp.ts";
import type { Batch, Head } from "./head.ts";
import { bits } from "./heads/bits.ts";
import { classes } from "./heads/classes.ts";
import { evidence } from "./heads/evidence.ts";
import { gaussian } from "./heads/gaussian.ts";
import { values } from "./heads/values.ts";
import { mlp } from "./mlp.ts";
import type { Model, Params } from "./model.ts";
import { network } from "./network.ts";
import { dense } from "./stages/dense.ts";
import { gated } from "./stages/gated.ts";
import { latent } from "./stages/latent.ts";
import { doubled, float64, huber, lossAndGradients, maxout, residual, value } from "./testing.ts";

const x = float64([
  [0.2, -0.4, 0.9],
  [1, 0.3, -0.7],
]);
const label = constant(array(Int32Array.of(2, 0)));
const y = float64([
  [0.5, -1],
  [2, 0.25],
]);
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

describe("the models with names of their own are networks of stages", () => {
  const gates = {
    blocks: 4,
    width: 2,
    gate: "straight-through",
    sparsity: { name: "kl", target: 0.2, weight: 0.3 },
  } as const;
  const mean = [0.5, 0.25, 0.75];
  const pairs: Readonly<Record<string, readonly [Model, Model, Batch<Tensor>]>> = {
    mlp: [
      mlp({ input: 3, hidden: [{ units: 5, estimator: "straight-through" }, { units: 4, estimator: "score-function-minimum-variance", gain: 2 }], classes: 3 }), // biome-ignore format: one line
      network({
        ...{ input: 3, head: classes(3), name: "mlp" },
        stages: [
          dense({ units: 5, estimator: "straight-through", name: "hidden1" }),
          dense({ units: 4, estimator: "score-function-minimum-variance", gain: 2, name: "hidden2" }),
          dense({ name: "output" }),
        ],
      }),
      { x, label },
    ],
    "gated-mlp": [
      gatedMlp({ input: 3, trunk: [{ units: 5, estimator: "tanh" }], gated: [gates], classes: 3 }),
      network({
        ...{ input: 3, head: classes(3), name: "gated-mlp" },
        stages: [dense({ units: 5, estimator: "tanh", name: "trunk1" }), gated(gates)],
      }),
      { x, label },
    ],
    autoencoder: [
      autoencoder({ mean, network: "nonlinear", latents: 3, layers: 2, estimator: "disarm" }),
      network({
        ...{ input: 3, head: evidence(), name: "autoencoder" },
        stages: [
          latent({ units: 3, estimator: "disarm", hidden: [3, 3], mean }),
          latent({ units: 3, estimator: "disarm", hidden: [3, 3] }),
        ],
      }),
      { x: float64([[1, 0, 1], [0, 0, 1]]) }, // biome-ignore format: rows
    ],
  };

  test.each(Object.entries(pairs))(
    "%s: config, table, first parameters, losses and gradients bit for bit",
    (_, [named, built, batch]) => {
      expect(built.config).toEqual(named.config);
      expect(JSON.stringify(built.layers)).toBe(JSON.stringify(named.layers));
      expect(built.init(3)).toEqual(named.init(3));
      const { params, states } = doubled(named);
      const [ours, theirs] = [built, named].map((model) => lossAndGradients(model, params, batch, key(5), states));
      expect(ours).toEqual(theirs);
      expect(ours!.flat().every(Number.isFinite)).toBe(true);
    },
  );
});

/** Parameters from a flat list of tensors, in the order of a model's own. */
const treeOf = (model: Model, list: readonly Tensor[]): Params<Tensor> => {
  let at = 0;
  return model.init(1).params.map((row) => Object.fromEntries(Object.keys(row).map((name) => [name, list[at++]!])));
};
const listOf = (numbers: Params<NdArray>): NdArray[] => numbers.flatMap((row) => Object.values(row));

describe("the gradient of the losses is that of central differences", () => {
  const net = (head: Head) =>
    network({
      input: 3,
      head,
      stages: [
        dense({ units: 4, estimator: "tanh" }),
        dense({ units: 3 }),
        maxout({ units: 3, estimator: "sigmoid" }),
        residual({ estimator: "tanh" }),
        dense({}),
      ],
    });
  const cases: Readonly<Record<string, readonly [Model, Batch<Tensor>]>> = {
    "squared errors": [net(values(2)), { x, y }],
    "a normal distribution's": [net(gaussian(2)), { x, y }],
    "bits'": [net(bits([2, 1])), { x, y: constant(array(Float64Array.of(1, 0, 0.25, 1), { shape: [2, 2, 1] })) }],
    "a head of the user's own": [net(huber({ shape: [2], delta: 0.3 })), { x, y }],
    "enumeration's, with a stage without units and one of the user's own behind": [
      network({
        ...{ input: 3, head: values(2) },
        stages: [dense({ units: 2, estimator: "exact" }), dense({ units: 3 }), maxout({ units: 2, estimator: "exact" }), dense({})], // biome-ignore format: one line
      }),
      { x, y },
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [model, batch]) => {
    const { numbers, states } = doubled(model);
    const f = (...list: Tensor[]): Tensor => model.train(treeOf(model, list), batch, key(1), states).loss;
    expect(gradientError(f, listOf(numbers))).toBeLessThan(1e-8);
  });
});

/** h W + b, with numbers. */
const affine = (h: readonly number[], { weight, bias }: Params<NdArray>[number]): number[] =>
  Array.from({ length: weight!.shape[1]! }, (_, j) =>
    h.reduce((sum, v, i) => sum + v * weight!.data[i * weight!.shape[1]! + j]!, bias?.data[j] ?? 0),
  );
const rowsOf = (t: Tensor): number[][] => {
  const [all, width] = [value(t), t.shape[1]!];
  return Array.from({ length: t.shape[0]! }, (_, i) => all.slice(i * width, (i + 1) * width));
};

describe("a network", () => {
  test("may be linear, without units: its losses are those of one affine map", () => {
    const model = network({ input: 3, stages: [dense({})], head: values([2, 1], { field: "wanted" }) });
    const { numbers, params } = doubled(model);
    const wanted = y.reshape([2, 2, 1]);
    const { loss, output, states, penalty, moved, observed } = model.train(params, { x, wanted }, key(1), [{}]);
    const by = rowsOf(x).map((row) => affine(row, numbers[0]!));
    const targets = rowsOf(y);
    expect(output.shape).toEqual([2, 2, 1]);
    value(output).forEach((v, i) => expect(v).toBeCloseTo(by.flat()[i]!, 12));
    value(loss).forEach((l, i) => {
      expect(l).toBeCloseTo(
        by[i]!.reduce((sum, v, j) => sum + (v - targets[i]![j]!) ** 2 / 2, 0),
        12,
      );
    });
    expect([states, moved, observed, penalty]).toEqual([[{}], [{}], [], undefined]);
    expect([model.unitLayers, model.thresholds, model.hidden(params, x, "stochastic", key(1))]).toEqual([[], [], []]);
    expect(model.layers).toMatchObject([{ name: "dense1", kind: "dense", activation: "linear", output: [2] }]);
    expect(() => model.cut(params, x, 0, key(1))).toThrow("network: the layer of units (of 0, from 0)");
  });

  test("reads the field that it names, and its head those that the head names", () => {
    const model = network({ input: 3, field: "table", stages: [dense({})], head: values(2, { field: "table2" }) });
    const { params } = doubled(model);
    const named = model.train(params, { table: x, table2: y }, key(1), [{}]);
    const plain = network({ input: 3, stages: [dense({})], head: values(2) });
    expect(value(named.loss)).toEqual(value(plain.train(params, { x, y }, key(1), [{}]).loss));
    expect(value(model.score(params, { table: x, table2: y }, "deterministic", key(1)).mse)).toEqual(value(named.loss));
    expect(model.input).toBe("table");
  });

  test("may have a stage without units in the middle: it is no layer of units, and everything else meets it in its place", () => {
    const stages = [dense({ units: 4, estimator: "straight-through" }), dense({ units: 3 }), dense({ units: 2, estimator: "score-function" }), dense({})]; // biome-ignore format: one line
    const model = network({ input: 3, stages, head: values(2) });
    const { numbers, params, states } = doubled(model);
    expect(model.unitLayers.map(({ row, name, units }) => [row, name, units])).toEqual([
      [0, "dense1", 4],
      [2, "dense3", 2],
    ]);
    const [first, second] = model.hidden(params, x, "stochastic", key(3));
    const { a } = model.cut(params, x, 1, key(3));
    const by = rowsOf(first!.output).map((h) => affine(affine(h, numbers[1]!), numbers[2]!));
    value(a).forEach((v, i) => expect(v).toBeCloseTo(by.flat()[i]!, 12));
    const scores = rowsOf(second!.output).map((h) => affine(h, numbers[3]!));
    value(model.output(params, x, "stochastic", key(3))).forEach((v, i) =>
      expect(v).toBeCloseTo(scores.flat()[i]!, 12),
    );
    // The estimator put back before what is behind it is the network again.
    const pass = model.train(params, { x, y }, key(3), states);
    const { read, a: own } = model.cut(params, x, 0, key(3));
    const behind = model.behind(params, { x, y }, 0, read, key(3), states);
    const { loss } = model.unitLayers[0]!.estimator.estimate(own, key(3).fold(0), behind, {});
    expect(value(loss)).toEqual(value(pass.loss));
  });

  test("of latents, cut before a layer, has the loss and the gradient of a training pass when its estimator is put back", () => {
    const model = network({
      ...{ input: 3, head: evidence() },
      stages: [latent({ units: 3, estimator: "disarm", mean: [0.5, 0.2, 0.4] }), latent({ units: 2, estimator: "disarm" })], // biome-ignore format: one line
    });
    const { params, states } = doubled(model);
    const pixels = float64([[1, 0, 1], [0, 0, 1]]); // biome-ignore format: rows
    const pass = model.train(params, { x: pixels }, key(5), states);
    const { read, a } = model.cut(params, pixels, 0, key(5));
    const behind = model.behind(params, { x: pixels }, 0, read, key(5), states);
    const { loss } = model.unitLayers[0]!.estimator.estimate(a, key(5).fold(0), behind, {});
    expect(value(loss)).toEqual(value(pass.loss));
    const wrt = params.flatMap((row) => Object.values(row));
    const [ours, theirs] = [loss, pass.loss].map((l) => gradients(l.sum(), wrt).map(value));
    expect(ours).toEqual(theirs);
    // Of the second layer, behind a sample of the first: its own loss alone, without that of the first.
    const second = model.cut(params, pixels, 1, key(5));
    const rest = model.behind(params, { x: pixels }, 1, second.read, key(5), states);
    const losses = value(model.losses(params, { x: pixels }, "stochastic", key(5)));
    const ownLoss = value(rest(model.hidden(params, pixels, "stochastic", key(5))[1]!.output));
    ownLoss.forEach((l, i) => expect(Math.abs(l - losses[i]!)).toBeGreaterThan(1e-3));
    expect(new Set(value(second.read.h)).size).toBe(2);
  });

  test("averages several samples' losses where the head has parameters and float targets", () => {
    const options = { input: 3, stages: [dense({ units: 4, estimator: "straight-through" }), dense({})], head: gaussian(2) } as const; // biome-ignore format: one line
    const [one, three] = [network(options), network({ ...options, trainingSamples: 3 })];
    expect(three.config).toEqual({ ...(one.config as object), trainingSamples: 3 });
    const { params, states } = doubled(one);
    const copied = { x: concat([x, x, x], 0), y: concat([y, y, y], 0) };
    const all = value(one.train(params, copied, key(3), states).loss);
    const pass = three.train(params, { x, y }, key(3), states);
    expect(pass.output.shape).toEqual([2, 2]);
    value(pass.loss).forEach((l, i) => expect(l).toBeCloseTo((all[i]! + all[i + 2]! + all[i + 4]!) / 3, 12));
    expect(new Set(all).size).toBeGreaterThan(2);
    expect(params.at(-1)!.logVariance!.shape).toEqual([2]);
  });

  test("computes samples of a first stage without units once, and copies them", () => {
    const options = { input: 3, stages: [dense({ units: 4 }), dense({ units: 3, estimator: "tanh" }), dense({})], head: values(2) }; // biome-ignore format: one line
    const [one, three] = [network(options), network({ ...options, trainingSamples: 3 })];
    const { params, states } = doubled(one);
    const [single, all] = [one, three].map((model) => lossAndGradients(model, params, { x, y }, key(3), states));
    all!.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(single![i]![j]!, 12)));
    expect(three.train(params, { x, y }, key(3), states).output.shape).toEqual([2, 2]);
  });

  test("remade has other estimators in the layers chosen, the same parameters, and nothing that controls its units", () => {
    const model = gatedMlp({
      ...{ input: 3, classes: 3, trunk: [{ units: 4, estimator: "disarm" }] },
      gated: [{ blocks: 4, gate: "straight-through", sparsity: { name: "kl", target: 0.2, weight: 0.3 } }],
    });
    const seen: [string, number][] = [];
    const other = model.remade((own, layer) => {
      seen.push([own.card.name, layer]);
      return layer === 0 ? model.unitLayers[1]!.estimator : own;
    });
    expect(seen).toEqual([
      ["disarm", 0],
      ["straight-through", 1],
    ]);
    expect(other.unitLayers.map(({ estimator }) => estimator.card.name)).toEqual([
      "straight-through",
      "straight-through",
    ]);
    expect(model.unitLayers.map(({ estimator }) => estimator.card.name)).toEqual(["disarm", "straight-through"]);
    const { params, states } = doubled(model);
    const [pass, remade] = [model, other].map((m) => m.train(params, { x, label }, key(1), states));
    expect([pass!.penalty === undefined, remade!.penalty === undefined]).toEqual([false, true]);
    expect(other.layers.map(({ parameters }) => parameters)).toEqual(model.layers.map(({ parameters }) => parameters));
  });
});

describe("stages and heads of the user's own", () => {
  test("an estimator of the user's own has a config, also where the network is made with another one in its place", () => {
    const own = { ...estimatorFor("disarm"), card: { ...estimatorFor("disarm").card, name: "mine" } };
    const model = network({
      ...{ input: 3, head: values(2) },
      stages: [dense({ units: 4, estimator: own }), gated({ blocks: 4, gate: own })],
    });
    const other = model.remade((_, layer) => estimatorFor(layer === 0 ? "exact" : "disarm"));
    expect(other.unitLayers.map(({ estimator }) => estimator.card.name)).toEqual(["exact", "disarm"]);
    expect(model.config).toMatchObject({ stages: [{ estimator: { name: "mine" } }, { gate: { name: "mine" } }] });
  });

  test("a stage that outputs what it read beside its units, under exact enumeration and Huber's loss", () => {
    const model = network({ input: 3, stages: [residual({ estimator: "exact" }), dense({})], head: huber({ shape: [2], delta: 0.5 }) }); // biome-ignore format: one line
    const { numbers, params, states } = doubled(model);
    const loss = (d: number): number => (Math.abs(d) > 0.5 ? Math.abs(d) - 0.25 : d ** 2);
    const targets = rowsOf(y);
    const expected = rowsOf(x).map((row, i) => {
      const p = affine(row, numbers[0]!).map(sigmoid);
      return Array.from({ length: 8 }, (_, k) => p.map((_, j) => (k >> j) & 1)).reduce((sum, h) => {
        const probability = h.reduce((q, bit, j) => q * (bit ? p[j]! : 1 - p[j]!), 1);
        const out = affine(row.map((v, j) => v + h[j]!), numbers[1]!); // biome-ignore format: one line
        return sum + probability * out.reduce((t, v, j) => t + loss(v - targets[i]![j]!) / 2, 0);
      }, 0);
    });
    const pass = model.train(params, { x, y }, key(1), states);
    value(pass.loss).forEach((l, i) => expect(l).toBeCloseTo(expected[i]!, 12));
    // Behind its units something reads again what it read, and the cut hands it on.
    expect(model.unitLayers[0]!.readsInput).toBe(true);
    const { read, a } = model.cut(params, x, 0, key(1));
    const behind = model.behind(params, { y }, 0, read, key(1), states);
    const { loss: again } = model.unitLayers[0]!.estimator.estimate(a, key(1).fold(0), behind, {});
    expect(value(again)).toEqual(value(pass.loss));
  });

  test("a stage by defineStage: its table, its first weights, its pre-activations", () => {
    const model = network({ input: 3, stages: [maxout({ units: 2, estimator: "tanh" }), dense({})], head: values(2) });
    expect(model.layers[0]).toMatchObject({
      name: "maxout1",
      kind: "maxout + tanh",
      input: [3],
      output: [2],
      multiplyAdds: 12,
    });
    const first = model.init(1).params[0]!;
    expect(first.one!.data.every((w) => Math.abs(w) <= Math.sqrt(6 / 5))).toBe(true);
    expect([...first.one!.data]).not.toEqual([...first.other!.data]);
    expect([...first.bias!.data]).toEqual([0, 0]);
    const { numbers, params } = doubled(model);
    const { one, other, bias } = numbers[0]!;
    const expected = rowsOf(x).map((row) => {
      const [a, b] = [one, other].map((weight) => affine(row, { weight: weight! }));
      return a!.map((v, j) => Math.tanh(Math.max(v, b![j]!) + bias!.data[j]!));
    });
    const [sent] = model.hidden(params, x, "deterministic", key(1));
    value(sent!.output).forEach((v, i) => expect(v).toBeCloseTo(expected.flat()[i]!, 12));
  });
});

describe("what can't be a network is refused", () => {
  const head = values(2);
  const make = (options: object) => () => network({ input: 3, head, stages: [dense({})], ...options } as never);
  const mine = { name: "mine", kind: "mine" };
  test.each<[string, () => unknown, string]>([
    ["no stages", make({ stages: [] }), "network: stages must be a list of at least one stage, received []"],
    ["stages of another kind", make({ stages: dense({}) }), "network: stages must be a list of at least one stage"],
    [
      "a stage that is its config",
      make({ stages: [{ kind: "dense", units: 3 }] }),
      'network: stages[0] must be a stage, such as dense({ units: 100 }), received {"kind":"dense","units":3}',
    ],
    ["a stage of null", make({ stages: [null] }), "network: stages[0] must be a stage"],
    ["no head", make({ head: undefined }), "network: head must be a head, such as classes(10) or values(1), received"],
    ["a head that is its config", make({ head: { kind: "values", shape: 1 } }), "network: head must be a head"],
    [
      "a head that reads another shape",
      make({ stages: [dense({ units: 3 })] }),
      "network: the head values reads [2], the last stage outputs [3]: end with dense({ units: 2 })",
    ],
    [
      "no loss",
      make({ stages: [dense({ units: 2 })], head: evidence() }),
      "the head evidence has no loss of its own, so the last stage must have one",
    ],
    [
      "no width in the middle",
      make({ stages: [dense({}), dense({})] }),
      "network: stages[0].units must be a whole number",
    ],
    [
      "an unknown estimator",
      make({ stages: [dense({ units: 2, estimator: "dissarm" as never })] }),
      'network: stages[0].estimator: there is no estimator "dissarm", did you mean "disarm"?',
    ],
    ["an unknown option", make({ loss: 1 }), "network: the options are input, inputSpikes, preprocess, stages, head"],
    ["an option of a stage", make({ stages: [dense({ unit: 2 } as never)] }), "received unit"],
    ["a name of its own in errors", make({ name: "mine", stages: [] }), "mine: stages must be"],
    [
      "subjects of its own in errors",
      make({ stages: [mine], subjects: ["my net: first"] }),
      "my net: first must be a stage",
    ],
    [
      "no samples",
      make({ trainingSamples: 0 }),
      "network: trainingSamples must be a whole number at least 1, received 0",
    ],
    ["no input", make({ input: [] }), "network: input must be a number of values or a shape, received []"],
    ["units of relaxations behind latents", make({ stages: [latent({ units: 2, estimator: "rectifier" })], head: evidence() }), "network: stages[0]: needs an estimator of binary units"], // biome-ignore format: one line
  ])("%s", (_, build, message) => expect(build).toThrow(message));
});
