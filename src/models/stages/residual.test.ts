/** Stochastic depth: what is skipped counts for nothing, and what isn't is a network without gates of those images alone. */
import { describe, expect, test } from "vitest";
import type { EstimatorConfig } from "../../estimators/index.ts";
import {
  array,
  constant,
  gradients,
  leaves,
  mul,
  NdArray,
  reshape,
  slice,
  sub,
  type Tensor,
  type Tree,
} from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { modelFrom } from "../from-config.ts";
import { classes, conv, dense, flatten, network, normalise, residual, values } from "../index.ts";
import type { Model } from "../model.ts";
import type { StageSpec } from "../stage.ts";
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
