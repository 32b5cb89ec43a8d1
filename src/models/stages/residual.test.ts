/** Stochastic depth: what is skipped counts for nothing, and what isn't is a network without gates of those images alone. */
import { describe, expect, test } from "vitest";
import { denseWork, workOf } from "../../cost/work.ts";
import { type EstimatorConfig, estimatorFor } from "../../estimators/index.ts";
import {
  add,
  array,
  constant,
  crossEntropy,
  gradients,
  leaves,
  matmul,
  mul,
  NdArray,
  reshape,
  slice,
  sub,
  type Tensor,
  type Tree,
  tanh,
} from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { resnet } from "../convolutional.ts";
import { modelFrom } from "../from-config.ts";
import { classes, conv, dense, flatten, gatedConv, network, normalise, residual, values } from "../index.ts";
import type { Model } from "../model.ts";
import { closedInTraining, type StageSpec } from "../stage.ts";
import { doubled, lossAndGradients, tensors, value } from "../testing.ts";

const shape = [4, 3, 2];
const images = (count: number): Tensor =>
  constant(
    new NdArray(
      Float64Array.from({ length: count * 24 }, (_, i) => Math.sin(1.3 * i)),
      [count, ...shape],
    ),
  );
const x = images(3);
const label = constant(array(Int32Array.of(2, 0, 1)));

const inside = (estimator: EstimatorConfig): StageSpec[] => [
  ...[conv({ features: 3 }), normalise({ estimator, momentum: 0.3 }), conv({ features: 2 }), normalise()],
];
const deep = (keep: number | undefined, estimator: EstimatorConfig = "tanh"): Model =>
  network({ input: shape, stages: [residual({ stages: inside(estimator), keep }), dense({})], head: classes(3) });
/** The sum itself, behind as many stages: noise depends on how many there are. */
const bare = (keep: number | undefined): Model =>
  network({ input: shape, stages: [residual({ stages: inside("tanh"), keep }), flatten()], head: values([24]) });

/** For each image whether a training step takes the stages. */
function openIn(keep: number, seed: number, count = 3): boolean[] {
  const model = bare(keep);
  const given = images(count);
  const flat = reshape(given, [count, 24]);
  const { output } = model.train(doubled(model).params, { x: given, y: flat }, key(seed), []);
  const moved = value(sub(output, flat));
  return Array.from({ length: count }, (_, i) => moved.slice(24 * i, 24 * i + 24).some((d) => d !== 0));
}

/** A seed with which a step of three images takes the stages for these. */
const seedOf = (keep: number, open: string): number => {
  for (let seed = 0; seed < 500; seed++) if (openIn(keep, seed).map(Number).join("") === open) return seed;
  throw new Error(`no seed opens ${open}`);
};

const closeTo = (found: readonly number[], expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  found.forEach((number, i) => expect(number).toBeCloseTo(expected[i]!, 11));
};

/** Gradients of the sum of losses for the convolutions and normalisations inside. */
const ofInside = (
  model: Model,
  { params }: ReturnType<typeof doubled>,
  batch: { x: Tensor; label: Tensor },
  seed: number,
) => {
  const pass = model.train(params, batch, key(seed), doubled(model).states);
  const wrt = params.slice(0, 4).flatMap(({ weight, bias, scale, shift }) => [weight, bias, scale, shift].filter((p) => p !== undefined)); // biome-ignore format: one line
  return { ...pass, gradients: gradients(pass.loss.sum(), wrt).map(value) };
};

test("images that are taken are those of a network without gates, and the others go around", () => {
  const seed = seedOf(0.5, "101");
  const ends = [0, 2].map((i) => slice(x, i, i + 1));
  const alone = { x: constant(new NdArray(Float64Array.from(ends.flatMap(value)), [2, ...shape])), label: constant(array(Int32Array.of(2, 1))) }; // biome-ignore format: one line
  const [some, two] = [deep(0.5), deep(undefined)];
  const own = doubled(some);
  const found = ofInside(some, own, { x, label }, seed);
  const expected = ofInside(two, own, alone, seed);
  const losses = value(found.loss);
  closeTo([losses[0]!, losses[2]!], value(expected.loss));
  found.gradients.forEach((gradient, i) => closeTo(gradient, expected.gradients[i]!));
  for (const row of [1, 3])
    for (const name of ["mean", "variance"])
      closeTo(value(found.moved[row]![name]!), value(expected.moved[row]![name]!));
  const { weight, bias } = own.numbers.at(-1)!;
  const around = Array.from({ length: 3 }, (_, c) => value(x).slice(24, 48).reduce((sum, v, i) => sum + v * weight!.data[3 * i + c]!, bias!.data[c]!)); // biome-ignore format: one line
  closeTo(value(found.output).slice(3, 6), around);
});

describe.each(["tanh", "score-function", "straight-through"] as const)(
  "%s units that are skipped for all",
  (estimator) => {
    test("train nothing, and leave the running mean and variance", () => {
      const model = deep(0.5, estimator);
      const own = doubled(model);
      const found = ofInside(model, own, { x, label }, seedOf(0.5, "000"));
      for (const gradient of found.gradients) expect(gradient.every((g) => g === 0)).toBe(true);
      for (const row of [1, 3])
        for (const name of ["mean", "variance"])
          expect(value(found.moved[row]![name]!)).toEqual([...own.numbers[row]![name]!.data]);
    });
  },
);

test("skipped convolutions are no work, forward and backward; a deterministic readout computes all", () => {
  const model = network({ input: shape, stages: [residual({ stages: [conv({ features: 2 })], keep: 0.5 }), flatten()], head: values([24]) }); // biome-ignore format: one line
  const { params } = doubled(model);
  const { loss } = model.train(params, { x, y: reshape(x, [3, 24]) }, key(1), []);
  const each = 3 * model.layers[0]!.multiplyAdds;
  const step = workOf([loss, ...gradients(loss.sum(), [params[0]!.weight!, params[0]!.bias!])]);
  expect([step.always, denseWork(step)]).toEqual([0, 2 * each]);
  const read = workOf([model.output(params, x, "deterministic", key(1))]);
  expect([read.always, read.behind.size]).toEqual([each, 0]);
});

test("units of the sum learn of all images", () => {
  const units = { estimator: "tanh" } as const;
  const stages = [dense({ units: 3, ...units }), residual({ stages: [dense({ units: 3 })], keep: 0.5, ...units }), dense({})]; // biome-ignore format: one line
  const model = network({ input: 24, stages, head: classes(3) });
  const { params } = doubled(model);
  const step = (seed: number) => model.train(params, { x: reshape(x, [3, 24]), label }, key(seed), []).loss.sum();
  const gradient = (seed: number, row: number): number[] => value(gradients(step(seed), [params[row]!.weight!])[0]!);
  const seed = Array.from({ length: 99 }, (_, i) => i).find((i) => gradient(i, 1).every((g) => g === 0))!;
  const around = tanh(tanh(add(matmul(reshape(x, [3, 24]), params[0]!.weight!), params[0]!.bias!)));
  const loss = crossEntropy(add(matmul(around, params.at(-1)!.weight!), params.at(-1)!.bias!), label).sum();
  closeTo(gradient(seed, 0), value(gradients(loss, [params[0]!.weight!])[0]!));
});

test("groups behind gates in what is skipped learn nothing, and are no work", () => {
  const stages = [gatedConv({ features: 2, blocks: 2, gate: "score-function", sparsity: { name: "kl", target: 0.5, weight: 1 } })]; // biome-ignore format: one line
  const model = network({ input: shape, stages: [residual({ stages, keep: 0.5 }), flatten()], head: values([24]) });
  const { params, states } = doubled(model);
  const y = reshape(x, [3, 24]);
  const closed = Array.from({ length: 99 }, (_, i) => i).find((i) => {
    const { output } = model.train(params, { x, y }, key(i), states);
    return value(output).join() === value(x).join();
  });
  const { loss, penalty } = model.train(params, { x, y }, key(closed!), states);
  const wrt = leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
  for (const gradient of gradients(add(loss.sum(), penalty!), wrt).map(value))
    expect(gradient.every((g) => g === 0)).toBe(true);
  const [[gates] = []] = [...workOf([loss]).behind];
  expect(value(gates!).every((gate) => gate === 0)).toBe(true);
});

test("the blocks of a resnet are kept with chances that fall linearly", () => {
  const { config } = resnet({ input: [8, 8], classes: 3, estimator: "tanh", features: 2, depth: 2, keep: 0.4 });
  const { stages } = config as { readonly stages: readonly { readonly kind: string; readonly keep?: number }[] };
  const chances = stages.flatMap(({ kind, keep }) => (kind === "residual" ? [keep!] : []));
  closeTo(chances, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]);
});

test("what stands in several residual stages is computed where all of them are taken", () => {
  const inner = (keep: number | undefined) => residual({ stages: [conv({ features: 2 }), normalise()], keep });
  const model = (outer: number | undefined, keep: number | undefined): Model =>
    network({
      input: shape,
      stages: [residual({ stages: [inner(keep)], keep: outer }), flatten()],
      head: values([24]),
    });
  const y = reshape(x, [3, 24]);
  const own = doubled(model(0.5, 0.5));
  const step = (outer: number | undefined, keep: number | undefined, seed: number, given = x) =>
    model(outer, keep).train(own.params, { x: given, y: reshape(given, [given.shape[0]!, 24]) }, key(seed), []);
  const closedIn = (output: Tensor): string => [0, 1, 2].map((i) => Number(value(output).slice(24 * i, 24 * i + 24).some((v, j) => v !== value(y)[24 * i + j]))).join(""); // biome-ignore format: one line
  /** Which images take the stages of the outer one, and those of the inner one, which are drawn by themselves. */
  const both = (seed: number): string[] => {
    const twice = (v: number, i: number): number => v - 2 * value(x)[i]!;
    const outer = closedIn(step(0.5, undefined, seed).output);
    const inner = [0, 1, 2].map((i) => Number(value(step(undefined, 0.5, seed).output).map(twice).slice(24 * i, 24 * i + 24).some((d) => Math.abs(d) > 1e-12))).join(""); // biome-ignore format: one line
    return [outer, inner];
  };
  const seed = Array.from({ length: 500 }, (_, i) => i).find((i) => both(i).join() === "101,110");
  const found = step(0.5, 0.5, seed!);
  const alone = step(undefined, undefined, 0, slice(x, 0, 1));
  closeTo(value(found.output).slice(0, 24), value(alone.output));
  for (const name of ["mean", "variance"]) closeTo(value(found.moved[1]![name]!), value(alone.moved[1]![name]!));
});

test("a sum beyond the largest number stays in what is skipped", () => {
  const huge = constant(new NdArray(Float64Array.of(1e308, 1e308, 1e308), [3, 1]));
  const model = network({
    input: 1,
    stages: [residual({ stages: [dense({ units: 1 })], keep: 0.5 })],
    head: values(1),
  });
  const params = [{ weight: constant(array([[10]], { dtype: "float64" })), bias: constant(array([0], { dtype: "float64" })) }, {}]; // biome-ignore format: one line
  const outputs = Array.from({ length: 9 }, (_, i) => value(model.train(params, { x: huge, y: huge }, key(i), []).output)).flat(); // biome-ignore format: one line
  expect(new Set(outputs)).toEqual(new Set([1e308, Number.POSITIVE_INFINITY]));
});

test("the deterministic readout takes the chance in place of a gate", () => {
  const [gated, plain] = [bare(0.4), bare(undefined)];
  const { params } = doubled(gated);
  const read = (model: Model): number[] => value(model.output(params, x, "deterministic", key(1)));
  const whole = read(plain);
  closeTo(
    read(gated),
    value(x).map((v, i) => v + 0.4 * (whole[i]! - v)),
  );
});

test("a chance of 1 is no gate", () => {
  const [one, none] = [deep(1), deep(undefined)];
  const own = doubled(one);
  const [found, expected] = [one, none].map((model) => ofInside(model, own, { x, label }, 1));
  expect(value(found!.loss)).toEqual(value(expected!.loss));
  expect(found!.gradients).toEqual(expected!.gradients);
  expect(one.init(1)).toEqual(none.init(1));
});

test("each image is taken with the chance that is given, by itself", () => {
  const open = openIn(0.8, 5, 1000);
  const share = open.filter(Boolean).length / 1000;
  // 4.5 standard deviations of √(0.8 · 0.2 / 1000).
  expect(Math.abs(share - 0.8)).toBeLessThan(0.057);
  // As often beside one that is taken as beside one that isn't.
  const pairs = open.slice(1).filter((one, i) => one && open[i]!).length / 999;
  expect(Math.abs(pairs - 0.64)).toBeLessThan(0.07);
});

test("one that samples at test skips, too", () => {
  const model = bare(0.5);
  const { params } = doubled(model);
  const sampled = value(model.output(params, x, "stochastic", key(2)));
  const whole = value(bare(undefined).output(params, x, "deterministic", key(2)));
  const kinds = [0, 1, 2].map((i) => {
    const of = (numbers: readonly number[]): string => numbers.slice(24 * i, 24 * i + 24).join();
    return of(sampled) === of(value(x)) ? "around" : of(sampled) === of(whole) ? "taken" : "neither";
  });
  expect(new Set(kinds)).toEqual(new Set(["around", "taken"]));
});

test.each<[string, unknown, string]>([
  ["a chance of 0", 0, "network: stages[0].keep must be"],
  ["a chance above 1", 1.5, "network: stages[0].keep must be"],
])("%s is refused", (_, keep, message) => {
  expect(() => bare(keep as number)).toThrow(message);
});

describe("a gate that is learned", () => {
  const stages = [conv({ features: 3 }), conv({ features: 2, estimator: "tanh" })];
  const gated = (gate: EstimatorConfig, more: object = {}): Model =>
    network({ input: shape, stages: [residual({ stages, gate, ...more }), dense({})], head: classes(3) });

  test("closes the stages for its images: their losses are those around, and open ones those of no gate", () => {
    const model = gated("straight-through");
    const { params, states } = doubled(model);
    const { read } = model.cut(params, x, 0, key(3));
    const gates = constant(array([[1], [0], [1]], { dtype: "float64" }));
    const found = model.behind(params, { x, label }, 0, read, key(3), states)(gates, "live");
    const inner = params.slice(-4);
    const plain = network({ input: shape, stages: [residual({ stages }), dense({})], head: classes(3) });
    const around = network({ input: shape, stages: [dense({})], head: classes(3) });
    const open = plain.losses(inner, { x, label }, "deterministic", key(1));
    const closed = around.losses(params.slice(-1), { x, label }, "deterministic", key(1));
    closeTo(value(found), [value(open)[0]!, value(closed)[1]!, value(open)[2]!]);
    const taken = constant(array([1, 0, 1], { dtype: "float64" }));
    const wrt = params.slice(-4, -2).flatMap(({ weight, bias }) => [weight!, bias!]);
    const [own, expected] = [found, mul(open, taken)].map((loss) => gradients(loss.sum(), wrt).map(value));
    own!.forEach((gradient, i) => closeTo(gradient, expected![i]!));
  });

  test.each(["exact", "sigmoid"])("has the gradient of finite differences: %s", (gate) => {
    const model = gated(gate as EstimatorConfig, { gater: { name: "dense", hidden: [2] } });
    const { numbers, params, states } = doubled(model);
    const batch = { x, label };
    const lossAt = (own: typeof numbers): number =>
      value(model.train(tensors(own), batch, key(3), states).loss).reduce((sum, loss) => sum + loss, 0);
    const [, ...found] = lossAndGradients(model, params, batch, key(3), states);
    for (const [at, { path }] of leaves(params as Tree<Tensor>).entries()) {
      const [row, name] = path.split(".") as [string, string];
      if (name === "threshold") continue;
      const moved = (step: number) =>
        numbers.map((own, i) => {
          if (i !== Number(row)) return own;
          const { data, shape } = own[name]!;
          return { ...own, [name]: new NdArray(data.map((v, j) => (j === 0 ? v + step : v)), shape) }; // biome-ignore format: one line
        });
      const expected = (lossAt(moved(1e-5)) - lossAt(moved(-1e-5))) / 2e-5;
      expect(found[at]![0], path).toBeCloseTo(expected, 7);
    }
  });

  test.each([
    ["score-function", true],
    ["straight-through", false],
  ] as const)("skips in training where its estimator, %s, reads no closed gate: %s; at test always", (gate, skips) => {
    expect(closedInTraining(estimatorFor(gate)) === "skip").toBe(skips);
    const model = gated(gate);
    const { params, states } = doubled(model);
    const behind = (outputs: readonly Tensor[]): number =>
      [...workOf(outputs).behind.values()].reduce((p, q) => p + q, 0);
    const inner = model.layers
      .filter(({ name }) => name.startsWith("conv"))
      .reduce((n, row) => n + row.multiplyAdds, 0);
    expect(behind([model.output(params, x, "deterministic", key(1))])).toBe(3 * inner);
    expect(behind([model.train(params, { x, label }, key(1), states).loss])).toBe(skips ? 3 * inner : 0);
  });

  test("is a layer of units, and reports the share of images that it opens for", () => {
    const model = gated("disarm", { open: 0.5, name: "skip" });
    expect(model.unitLayers.map(({ name, units }) => [name, units])).toEqual([
      ["residual-gate1", 1],
      ["conv2", 24],
    ]);
    expect(model.layers.map(({ name }) => name)).toEqual(["residual-gater1.1", "residual-gater1.2", "residual-gate1", "conv1", "conv2", "skip", "dense1"]); // biome-ignore format: one line
    expect(model.observations.map(({ name }) => name)).toEqual(["gates"]);
    expect(modelFrom(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
  });

  test.each([
    [{ keep: 0.5 }, "network: stages[0]: keep and gate exclude each other"],
    [{ gate: undefined, open: 0.5 }, "network: stages[0].open: is that of a gate, so gate must be given, received 0.5"],
    [{ gater: { name: "dens" } }, "network: stages[0].gater"],
  ])("with %j is refused", (more, message) => {
    expect(() => gated("disarm", more)).toThrow(message);
  });
});
