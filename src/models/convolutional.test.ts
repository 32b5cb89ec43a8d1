/** Networks of convolutions: numbers, gradients, statistics of the batch, the rest of a network as estimators call it, and what is refused. */
import { describe, expect, test } from "vitest";
import type { EstimatorConfig } from "../estimators/index.ts";
import { add, array, concat, constant, conv2d, crossEntropy, gradients, leaves, matmul, maxPool, mul, NdArray, rectifier, reshape, type Tensor, type Tree, tanh } from "../graph/index.ts"; // biome-ignore format: one line
import { key } from "../random/index.ts";
import { lenet, resnet, vgg, withEstimator } from "./convolutional.ts";
import { modelFrom } from "./from-config.ts";
import {
  classes,
  conv,
  dense,
  dropout,
  flatten,
  gatedConv,
  globalPool,
  network,
  normalise,
  pool,
  residual,
  values,
} from "./index.ts";
import type { Model } from "./model.ts";
import type { StageSpec } from "./stage.ts";
import { doubled, lossAndGradients, value } from "./testing.ts";

const images = (count: number, shape: readonly number[], seed = 0): Tensor => {
  const size = shape.reduce((n, length) => n * length, count);
  return constant(
    new NdArray(
      Float64Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + seed)),
      [count, ...shape],
    ),
  );
};
const x = images(3, [6, 5, 2]);
const label = constant(array(Int32Array.of(2, 0, 1)));
const head = classes(3);

const block = (estimator: EstimatorConfig) =>
  residual({
    stages: [
      conv({ features: 4, stride: 2, bias: false }),
      normalise({ estimator }),
      conv({ features: 4 }),
      normalise(),
    ],
    estimator,
    keep: 0.7,
  });
/** Every stage for images, and units behind each that has units. */
const whole = (estimator: EstimatorConfig): Model =>
  network({
    ...{ input: [6, 5, 2], head },
    stages: [
      conv({ features: 3, size: [3, 2], estimator }),
      pool({ size: 2, stride: 1, reduce: "mean" }),
      block(estimator),
      residual({ stages: [conv({ features: 4, groups: 2, dilation: 2, estimator })], keep: 0.5 }),
      gatedConv({ features: 4, blocks: 2, gate: estimator === "tanh" ? "sigmoid" : estimator, activation: "tanh" }),
      normalise({ over: "layer", estimator }),
      pool({ size: 2 }),
      flatten(),
      residual({ stages: [dense({ units: 5, estimator })] }),
      dense({}),
    ],
  });

test("a convolution, its units and a pooling are what the operators of these names give", () => {
  const stages = [conv({ features: 3, size: 3, stride: 2, padding: "valid", estimator: "tanh" }), pool({ size: [2, 1] }), dense({})]; // biome-ignore format: one line
  const model = network({ input: [6, 5, 2], stages, head });
  const { params } = doubled(model);
  const [first, , last] = params;
  const a = add(conv2d(x, first!.weight!, { stride: 2, padding: "valid" }), first!.bias!);
  const h = reshape(maxPool(tanh(a), [2, 1]), [3, 6]);
  const scores = add(matmul(h, last!.weight!), last!.bias!);
  const output = value(model.output(params, x, "deterministic", key(1)));
  value(scores).forEach((score, i) => expect(output[i]).toBeCloseTo(score, 12));
  expect(model.layers.map(({ name, output, multiplyAdds }) => [name, output, multiplyAdds])).toEqual([
    ["conv1", [2, 2, 3], 2 * 2 * 3 * 9 * 2],
    ["pool1", [1, 2, 3], 0],
    ["dense1", [3], 6 * 3],
  ]);
});

test("multiply-adds are those of taps that meet the image", () => {
  const model = network({ input: [28, 28], stages: [conv({ features: 32, size: 5 }), dense({})], head });
  // Of 5 taps at 28 places along an axis, 1 and 2 lie beyond each end at the outermost two.
  expect(model.layers[0]!.multiplyAdds).toBe((28 * 5 - 6) ** 2 * 32);
});

test("the gradient of every parameter is that of finite differences", () => {
  const model = whole("tanh");
  const { numbers, params } = doubled(model);
  const batch = { x, label };
  const [, ...found] = lossAndGradients(model, params, batch, key(3), []);
  const lossAt = (row: number, name: string, i: number, step: number): number => {
    const moved = numbers.map((own, at) =>
      Object.fromEntries(
        Object.entries(own).map(([called, { data, shape }]) => {
          const copy = Float64Array.from(data);
          if (at === row && called === name) copy[i]! += step;
          return [called, constant(new NdArray(copy, shape))];
        }),
      ),
    );
    return value(model.train(moved, batch, key(3), []).loss).reduce((sum, loss) => sum + loss, 0);
  };
  for (const [at, { path }] of leaves(params as Tree<Tensor>).entries()) {
    const [row, name] = path.split(".") as [string, string];
    const { data } = numbers[Number(row)]![name]!;
    // First, last and one between.
    for (const i of new Set([0, data.length >> 1, data.length - 1])) {
      const expected = (lossAt(Number(row), name, i, 1e-5) - lossAt(Number(row), name, i, -1e-5)) / 2e-5;
      expect(found[at]![i], `${path}[${i}]`).toBeCloseTo(expected, 7);
    }
  }
});

test("normalisations before units that draw noise begin with a scale of 3, unless they say another one", () => {
  const stages = [
    ...([{ kind: "conv", features: 2 }, { kind: "normalise" }, { kind: "pool" }, { kind: "normalise" }] as const),
    {
      kind: "residual",
      stages: [
        { kind: "conv", features: 2 },
        { kind: "normalise", gain: 2 },
      ],
    },
    { kind: "dense", units: 2, estimator: "tanh" },
    { kind: "normalise", estimator: "tanh" },
  ] as const;
  const gains = (estimator: EstimatorConfig): (number | undefined)[] =>
    withEstimator(stages, estimator)
      .flatMap((stage) => ("stages" in stage ? (stage.stages as object[]) : [stage]))
      .flatMap((stage) => ("kind" in stage && stage.kind === "normalise" ? [(stage as { gain?: number }).gain] : []));
  expect(gains("disarm")).toEqual([3, 3, 2, undefined]);
  expect(gains("rectifier")).toEqual([undefined, undefined, 2, undefined]);
});

test("a normalisation's gain is its first scale, and nothing else", () => {
  const fresh = (gain: number) => network({ input: [2, 2, 2], stages: [normalise({ gain }), dense({})], head }).init(1);
  const [one, three] = [fresh(1), fresh(3)].map(({ params }) => params);
  expect([...three![0]!.scale!.data]).toEqual([3, 3]);
  expect({ ...three![0], scale: one![0]!.scale }).toEqual(one![0]);
  expect(three!.slice(1)).toEqual(one!.slice(1));
});

describe("a batch's mean and variance", () => {
  const model = network({ input: [2, 2, 2], stages: [normalise({ momentum: 0.25, epsilon: 1e-3 }), dense({})], head });
  const { params, numbers } = doubled(model);
  const given = images(3, [2, 2, 2]);
  const data = value(given);
  const channel = (c: number): number[] => data.filter((_, i) => i % 2 === c);
  const meanOf = (v: readonly number[]): number => v.reduce((sum, n) => sum + n, 0) / v.length;
  const varianceOf = (v: readonly number[], less = 0): number =>
    v.reduce((sum, n) => sum + (n - meanOf(v)) ** 2, 0) / (v.length - less);
  const of = (name: string, c: number): number => numbers[0]![name]!.data[c]!;

  test("normalise a training step, and move what test uses", () => {
    const { moved, output } = model.train(params, { x: given, label }, key(1), []);
    [0, 1].forEach((c) => {
      const running = value(moved[0]!.mean!)[c];
      expect(running).toBeCloseTo(0.75 * of("mean", c) + 0.25 * meanOf(channel(c)), 12);
      const variance = value(moved[0]!.variance!)[c];
      expect(variance).toBeCloseTo(0.75 * of("variance", c) + 0.25 * varianceOf(channel(c), 1), 12);
    });
    const normal = data.map((v, i) => {
      const c = i % 2;
      const centred = (v - meanOf(channel(c))) / Math.sqrt(varianceOf(channel(c)) + 1e-3);
      return of("scale", c) * centred + of("shift", c);
    });
    const scores = add(matmul(constant(new NdArray(Float64Array.from(normal), [3, 8])), params[1]!.weight!), params[1]!.bias!); // biome-ignore format: one line
    value(scores).forEach((score, i) => expect(value(output)[i]).toBeCloseTo(score, 12));
  });

  test("are the running ones at test, whatever else is in the batch", () => {
    const all = value(model.output(params, given, "deterministic", key(1)));
    const alone = value(model.output(params, images(1, [2, 2, 2]), "deterministic", key(1)));
    alone.forEach((score, i) => expect(score).toBeCloseTo(all[i]!, 12));
    const normal = data.map((v, i) => {
      const c = i % 2;
      return (of("scale", c) * (v - of("mean", c))) / Math.sqrt(of("variance", c) + 1e-3) + of("shift", c);
    });
    const scores = add(matmul(constant(new NdArray(Float64Array.from(normal), [3, 8])), params[1]!.weight!), params[1]!.bias!); // biome-ignore format: one line
    value(scores).forEach((score, i) => expect(all[i]).toBeCloseTo(score, 12));
  });
});

test("layer normalisation looks at one example alone", () => {
  const model = network({ input: [2, 2, 2], stages: [normalise({ over: "layer" }), flatten()], head: classes(8) });
  const { params } = model.init(1);
  const own = params.map((row) => Object.fromEntries(Object.entries(row).map(([name, p]) => [name, constant(new NdArray(Float64Array.from(p.data), p.shape))]))); // biome-ignore format: one line
  const rows = value(model.output(own, images(2, [2, 2, 2]), "deterministic", key(1)));
  for (const row of [rows.slice(0, 8), rows.slice(8)]) {
    expect(row.reduce((sum, v) => sum + v, 0)).toBeCloseTo(0, 9);
    expect(row.reduce((sum, v) => sum + v * v, 0) / 8).toBeCloseTo(1, 3);
  }
});

describe("dropout", () => {
  const shape = [5, 4, 20];
  const ones = constant(new NdArray(new Float64Array(4000).fill(1), [10, ...shape]));
  const sent = (each: "value" | "channel", training: boolean): number[] => {
    const model = network({ input: shape, stages: [dropout({ rate: 0.25, each })], head: values(shape) });
    const { output } = model.train([{}], { x: ones, y: ones }, key(1), []);
    return value(training ? output : model.output([{}], ones, "deterministic", key(1)));
  };

  test("leaves out a quarter, enlarges the rest, and nothing at test", () => {
    const found = sent("value", true);
    expect(new Set(found)).toEqual(new Set([0, 1 / 0.75]));
    // 4,000 draws: 0.75 ± 4.5 standard deviations.
    expect(Math.abs(found.filter((v) => v > 0).length / 4000 - 0.75)).toBeLessThan(0.031);
    expect(new Set(sent("value", false))).toEqual(new Set([1]));
  });

  test("of channels leaves out all places of one, for each example by itself", () => {
    const found = sent("channel", true);
    const at = (b: number, place: number, c: number): number => found[b * 400 + place * 20 + c]!;
    for (let b = 0; b < 10; b++)
      for (let c = 0; c < 20; c++) for (let place = 1; place < 20; place++) expect(at(b, place, c)).toBe(at(b, 0, c));
    const channels = Array.from({ length: 10 }, (_, b) => Array.from({ length: 20 }, (_, c) => at(b, 0, c)).join());
    expect(new Set(channels).size).toBe(10);
  });
});

describe.each([
  ["score-function", 5],
  ["straight-through-slope", 5],
] as const)("the rest of a network with %s units", (estimator, layers) => {
  const model = whole(estimator);
  const { params, states } = doubled(model);
  const batch = { x, label };

  test(`is cut before each of ${layers} or more layers: put back, the estimator has the loss and the gradient of a training pass`, () => {
    expect(model.unitLayers.length).toBeGreaterThanOrEqual(layers);
    const pass = model.train(params, batch, key(5), states);
    const { read, a } = model.cut(params, x, 0, key(5));
    const behind = model.behind(params, batch, 0, read, key(5), states);
    const { loss } = model.unitLayers[0]!.estimator.estimate(a, key(5).fold(0), behind, {});
    value(pass.loss).forEach((expected, i) => expect(value(loss)[i]).toBeCloseTo(expected, 12));
  });

  test.each(model.unitLayers.map(({ name }, i) => [name, i] as const))(
    "gives copies behind %s the losses of calls one by one",
    (_, layer) => {
      const { read, a } = model.cut(params, x, layer, key(5));
      const bits = (seed: number): Tensor =>
        constant(new NdArray(Float64Array.from({ length: a.shape[0]! * a.shape[1]! }, (_, i) => Number(Math.sin(seed + 7 * i) > 0)), a.shape)); // biome-ignore format: one line
      const [one, two] = [bits(1), bits(2)];
      for (const mode of ["live", "detached", "mean"] as const) {
        const downstream = () => model.behind(params, batch, layer, read, key(5), states);
        const together = value(downstream()(concat([one, two], 0), mode));
        const apart = [one, two].flatMap((h) => value(downstream()(h, mode)));
        together.forEach((loss, i) => expect(loss).toBeCloseTo(apart[i]!, 9));
      }
    },
  );
});

test("a config says all of a network of convolutions, those within another too", () => {
  const model = whole({ name: "straight-through-slope" });
  const again = modelFrom(JSON.parse(JSON.stringify(model.config)));
  expect(again.config).toEqual(model.config);
  expect(again.layers.map(({ name, kind }) => [name, kind])).toEqual(
    model.layers.map(({ name, kind }) => [name, kind]),
  );
  const { params } = model.init(3);
  expect(again.init(3).params).toEqual(params);
});

test("units stand behind a normalisation, behind the largest of a pooling, and behind the sum of a residual stage", () => {
  const written = (...stages: Parameters<typeof withEstimator>[0]) => stages;
  const where = (stages: readonly object[]): string =>
    stages
      .map((stage) => {
        const { kind, estimator, stages } = stage as { kind: string; estimator?: string; stages?: readonly object[] };
        return `${kind}${stages ? `(${where(stages)})` : ""}${estimator ? `:${estimator}` : ""}`;
      })
      .join(" ");
  const conv = { kind: "conv", features: 2 } as const;
  const [normal, pooled] = [{ kind: "normalise" }, { kind: "pool" }] as const;
  const around = { kind: "residual", stages: [conv, normal, conv] } as const;
  const dense = { kind: "dense", units: 3 } as const;
  for (const [stages, expected] of [
    [written(conv, normal, around, dense), "conv normalise:E residual(conv normalise:E conv):E dense:E"],
    [written(conv, pooled, dense), "conv pool:E dense:E"],
    [written(conv, pooled, normal), "conv pool normalise:E"],
    [written(conv, normal, pooled, pooled, dense), "conv normalise pool pool:E dense:E"],
    [written(around, pooled), "residual(conv normalise:E conv) pool:E"],
    // A mean of what units send, as in LeNet-5; nothing of a map to wait for; units of one's own.
    [written(conv, { ...pooled, reduce: "mean" }, conv), "conv:E pool conv:E"],
    [written(pooled, conv, { kind: "dropout" }, pooled), "pool conv:E dropout pool"],
    [written({ ...conv, estimator: "tanh" }, pooled, normal), "conv:tanh pool normalise:E"],
  ] as const) // biome-ignore format: a table
    expect(where(withEstimator(stages, "rectifier"))).toBe(expected.replaceAll("E", "rectifier"));
  // Units that draw stand behind a normalisation, and are those that would have been there without it.
  for (const [stages, expected] of [
    [written(conv, normal, around, dense), "conv normalise:E residual(conv normalise:E conv normalise):E dense normalise:E"],
    [written(conv, pooled, dense), "conv pool normalise:E dense normalise:E"],
    [written(conv, normal, pooled, conv), "conv normalise pool:E conv normalise:E"],
    [written(around, pooled), "residual(conv normalise:E conv normalise) pool:E"],
    [written(conv, { ...pooled, reduce: "mean" }, conv), "conv normalise:E pool conv normalise:E"],
    [written({ ...conv, estimator: "tanh" }, pooled, normal), "conv:tanh pool normalise:E"],
  ] as const) // biome-ignore format: a table
    expect(where(withEstimator(stages, "disarm"))).toBe(expected.replaceAll("E", "disarm"));
});

test("networks by name have the shapes of their papers", () => {
  const options = { input: [28, 28], classes: 10, estimator: "rectifier" } as const;
  const outputs = (model: Model): string[] => model.stages.map(({ kind, output }) => `${kind} ${output.join("×")}`);
  expect(outputs(lenet(options))).toEqual([
    ...["conv 28×28×6", "pool 14×14×6", "conv 10×10×16", "pool 5×5×16", "dense 120", "dense 84", "dense 10"],
  ]);
  expect(outputs(vgg({ ...options, features: 8, depth: 2 }))).toEqual([
    ...["conv 28×28×8", "normalise 28×28×8", "conv 28×28×8", "normalise 28×28×8", "pool 14×14×8", "dropout 14×14×8"],
    ...["conv 14×14×16", "normalise 14×14×16", "conv 14×14×16", "normalise 14×14×16", "pool 7×7×16", "dropout 7×7×16"],
    ...["dense 256", "normalise 256", "dropout 256", "dense 10"],
  ]);
  // ResNet-20 of He et al. has 0.27 million parameters for CIFAR-10.
  const { layers } = resnet({ input: [32, 32, 3], classes: 10, estimator: "rectifier", depth: 3 });
  const learned = layers.flatMap(({ parameters }) => parameters.filter(({ byRule }) => !byRule));
  const count = learned.reduce((sum, { shape }) => sum + shape.reduce((n, length) => n * length, 1), 0);
  expect(count).toBeGreaterThan(265_000);
  expect(count).toBeLessThan(280_000);
});

const nestedIn = (levels: number): StageSpec =>
  levels === 0 ? conv({ features: 2 }) : residual({ stages: [nestedIn(levels - 1)] });
const input = [6, 5, 2];
test.each<[string, Parameters<typeof network>[0]["stages"], string]>([
  ["no features", [conv({} as never)], "network: stages[0].features must be a whole number"],
  [
    "features of no size",
    [conv({ features: 0 })],
    "network: stages[0].features must be a whole number at least 1 and at most 16384, received 0",
  ],
  ["another key", [conv({ features: 1, kernel: 3 } as never)], "network: stages[0]: the options are features, size"],
  ["a window beyond the image", [conv({ features: 1, size: 9, padding: "valid" })], "network: stages[0]: conv: the window must fit"], // biome-ignore format: one line
  ["groups that don't divide", [conv({ features: 3, groups: 2 })], "network: stages[0].groups: features of a group must be a whole number"], // biome-ignore format: one line
  ["images behind a vector", [flatten(), conv({ features: 1 })], "network: stages[1]: conv reads images [rows, columns] or [rows, columns, channels], received [60]"], // biome-ignore format: one line
  ["a pooling of a vector", [flatten(), pool()], "network: stages[1]: pool reads images"],
  [
    "a pooling of another kind",
    [pool({ reduce: "sum" as never })],
    "network: stages[0].reduce must be one of max, mean",
  ],
  ["a global pooling of a vector", [flatten(), globalPool()], "network: stages[1]: global-pool reads images"],
  ["a rate of 1", [dropout({ rate: 1 })], "network: stages[0].rate must be"],
  ["no stages within", [residual({ stages: [] })], "network: stages[0].stages must be a list of at least one stage, received []"], // biome-ignore format: one line
  ["what is no list", [residual({ stages: "conv" as never })], 'network: stages[0].stages must be a list of at least one stage, received "conv"'], // biome-ignore format: one line
  ["what is no stage within", [residual({ stages: [conv({ features: 2 }), 3 as never] })], "network: stages[0].stages[1] must be a stage"], // biome-ignore format: one line
  [
    "an error within",
    [residual({ stages: [conv({ features: -1 })] })],
    "network: stages[0].stages[0].features must be",
  ],
  ["ten stages in each other", [nestedIn(9)], "network: stages[0].stages[0].stages[0].stages[0].stages[0].stages[0].stages[0].stages[0].stages[0].stages[0]: stages may stand in at most 8 others, received 9"], // biome-ignore format: one line
  ["no way around", [residual({ stages: [flatten()] })], "network: stages[0]: what its stages output must be as large"],
  ["groups of no whole size", [gatedConv({ features: 4, blocks: 3, gate: "straight-through" })], "network: stages[0]: features / blocks must be a whole number"], // biome-ignore format: one line
  ["no gate", [gatedConv({ features: 4, blocks: 2 } as never)], "network: stages[0].gate must be"],
  ["another key of gates", [gatedConv({ features: 4, blocks: 2, gate: "disarm", width: 2 } as never)], "network: stages[0]: the options are features, blocks, size"], // biome-ignore format: one line
  ["no normalisation", [normalise({ over: "group" as never })], "network: stages[0].over must be one of batch, layer"],
])("%s is refused", (_, stages, message) => {
  expect(() => network({ input, stages: [...stages, dense({})], head })).toThrow(message);
});

test("closed groups of a gated convolution output 0 and learn nothing; open ones are those of a convolution", () => {
  const stages = [gatedConv({ features: 4, blocks: 2, gate: "straight-through" }), dense({})];
  const model = network({ input: [6, 5, 2], stages, head });
  const { params, states } = doubled(model);
  const { read } = model.cut(params, x, 0, key(3));
  const gates = constant(array([[1, 0], [0, 1], [0, 0]], { dtype: "float64" })); // biome-ignore format: rows
  const [row, last] = params.slice(-2);
  const loss = model.behind(params, { x, label }, 0, read, key(3), states)(gates, "live");
  const h = rectifier(add(conv2d(x, row!.weight!, { padding: "same" }), row!.bias!));
  const mask = constant(new NdArray(Float64Array.from([1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]), [3, 1, 1, 4]));
  const scores = add(matmul(reshape(mul(h, mask), [3, 120]), last!.weight!), last!.bias!);
  const expected = crossEntropy(scores, label);
  value(expected).forEach((nll, i) => expect(value(loss)[i]).toBeCloseTo(nll, 12));
  const wrt = [row!.weight!, row!.bias!, last!.weight!];
  const [found, wanted] = [loss, expected].map((l) => gradients(l.sum(), wrt).map(value));
  found!.forEach((own, i) => own.forEach((g, j) => expect(g).toBeCloseTo(wanted![i]![j]!, 12)));
});
