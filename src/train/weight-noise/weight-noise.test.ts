/** What a step with weight noise computes: its gradients, its draws, and which parameters it disturbs. */
import { describe, expect, test } from "vitest";
import { constant, leaves, mapTree, NdArray, type Tensor } from "../../graph/index.ts";
import { turned } from "../../layers/turned.ts";
import { gatedMlp } from "../../models/gated-mlp.ts";
import { mlp } from "../../models/mlp.ts";
import type { Params } from "../../models/model.ts";
import { doubled, float64, tensors, value } from "../../models/testing.ts";
import { sgd } from "../../optimizers/index.ts";
import { key } from "../../random/index.ts";
import type { GivenTraining } from "../config.ts";
import { resolveTraining } from "../options.ts";
import { trainingStep } from "../step.ts";
import { weightNoiseFor } from "./index.ts";
import { noisyPass } from "./noisy-pass.ts";
import { type NoisyParameter, noisyParameters, sampled } from "./samples.ts";

type Noise = GivenTraining["weightNoise"];

const model = mlp({ input: 2, hidden: [{ units: 2, estimator: "tanh" }], classes: 3 });
const x = [[0.2, -0.4], [1, 0.3], [-0.6, 0.9]]; // biome-ignore format: a table
const labels = [2, 0, 1];
const EXAMPLES = 7;

const { numbers } = doubled(model);
/** A deviation of its own for each weight: log σ from −2 to −1. */
const logs: Params<NdArray> = numbers.map((row, i) =>
  Object.fromEntries(
    Object.entries(row).map(([name, { data, shape }]) => [
      name,
      new NdArray(
        Float64Array.from(data, (_, k) => -1.5 + 0.5 * Math.sin(1 + 2 * k + 5 * i)),
        shape,
      ),
    ]),
  ),
);

/** A step in double precision at a rate of 1: the mean loss with what the noise adds to it, and both gradients. */
function step(
  weightNoise: Noise,
  params: Params<NdArray> = numbers,
  logDeviation: Params<NdArray> = weightNoise?.name === "learned" ? logs : [],
  { rows = [0, 1, 2], seed = 3, at = 0 } = {},
) {
  const config = resolveTraining({ optimizer: { name: "sgd", rate: 1 }, seed, weightNoise });
  const noise = weightNoiseFor(config, model, EXAMPLES);
  const here = { params: tensors(params), logDeviation: tensors(logDeviation) };
  const state = {
    params: here.params,
    estimators: [{}, {}],
    optimizer: [],
    step: constant(new NdArray(Int32Array.of(at), [])),
    weightNoise: { logDeviation: here.logDeviation, optimizer: [] },
    carried: [],
  };
  const batch = float64(rows.map((row) => x[row]!));
  const label = constant(new NdArray(Int32Array.from(rows, (row) => labels[row]!), [rows.length])); // biome-ignore format: one line
  const { loss, state: next } = trainingStep(model, sgd(), () => constant(1), config, noise)(state, batch, label);
  const cost = noise?.cost?.(here);
  const slopes = (before: Params<Tensor>, after: Params<Tensor>): number[] =>
    leaves(before).flatMap(({ value: p }, i) => {
      const moved = value(leaves(after)[i]!.value);
      return value(p).map((w, k) => w - moved[k]!);
    });
  return {
    nll: value(loss)[0]!,
    total: value(loss)[0]! + (cost ? value(cost)[0]! : 0),
    means: () => slopes(here.params, next.params),
    logs: () => slopes(here.logDeviation, next.weightNoise.logDeviation),
  };
}

const all = ({ nll, total, means, logs }: ReturnType<typeof step>) => [nll, total, ...means(), ...logs()];

const DIRECTIONS = [1, 2, 3];
/** A number of a direction in the space of all weights: no two are alike, and none is near 0 for all directions. */
const component = (direction: number, i: number): number => Math.sin(direction + 1.7 * i * direction + 0.3);

/** Central differences of `f` along each direction of a tree's numbers. */
const differences = (tree: Params<NdArray>, f: (tree: Params<NdArray>) => number): number[] =>
  DIRECTIONS.map((direction) => {
    const h = 1e-5;
    const shifted = (by: number) => {
      let i = 0;
      return mapTree(tree, ({ data, shape }: NdArray) => {
        const moved = Float64Array.from(data, (w) => w + by * component(direction, i++));
        return new NdArray(moved, shape);
      }) as Params<NdArray>;
    };
    return (f(shifted(h)) - f(shifted(-h))) / (2 * h);
  });

/** Slopes along the same directions, from the gradient in the order of `leaves`. */
const along = (tree: Params<NdArray>, gradient: readonly number[]): number[] => {
  const places = new Map<string, number>();
  let next = 0;
  mapTree(tree, ({ data }: NdArray, path) => {
    places.set(path, next);
    next += data.length;
  });
  const order = leaves(tree).flatMap(({ path, value: { data } }) => Array.from(data, (_, i) => places.get(path)! + i));
  return DIRECTIONS.map((direction) =>
    gradient.reduce((sum, slope, k) => sum + slope * component(direction, order[k]!), 0),
  );
};

const close = (found: readonly number[], wanted: readonly number[]) =>
  found.forEach((slope, i) => expect(slope).toBeCloseTo(wanted[i]!, 8));

describe("a step with weight noise", () => {
  test.each<[string, Noise]>([
    ["fixed, a sample a batch", { name: "fixed", deviation: 0.3 }],
    ["fixed, a sample an example", { name: "fixed", deviation: 0.3, per: "example" }],
    ["learned, a sample a batch", { name: "learned" }],
    ["learned, a sample an example", { name: "learned", per: "example" }],
    ["learned, in matrices, with a fixed prior", { name: "learned", parameters: "matrices", prior: { name: "fixed", deviation: 0.5 } }], // biome-ignore format: one line
  ])("goes down the gradient of NLL + KL / N at the sample: %s", (_, noise) => {
    const found = step(noise);
    close(along(numbers, found.means()), differences(numbers, (params) => step(noise, params).total)); // biome-ignore format: one line
    if (noise?.name !== "learned") return expect(found.logs()).toEqual([]);
    expect(found.total).toBeGreaterThan(found.nll);
    close(along(logs, found.logs()), differences(logs, (own) => step(noise, numbers, own).total)); // biome-ignore format: one line
  });

  test("whose deviation is 0 is the step without noise, bit for bit", () => {
    const plain = step(undefined);
    expect(all(step({ name: "fixed", deviation: 0 }))).toEqual(all(plain));
    expect(step({ name: "fixed", deviation: 0.1 }).nll).not.toBe(plain.nll);
  });

  test("comes near the step without noise as σ goes to 0", () => {
    const plain = step(undefined);
    const near = (deviation: number) => Math.abs(step({ name: "fixed", deviation }).nll - plain.nll);
    expect(near(1e-9)).toBeLessThan(1e-8);
    expect(near(1e-13)).toBeLessThan(1e-12);
  });

  test("of one example is the same for a sample a batch and a sample an example", () => {
    for (const name of ["fixed", "learned"] as const)
      expect(all(step({ name, per: "example" }, undefined, undefined, { rows: [1] }))).toEqual(
        all(step({ name, per: "batch" }, undefined, undefined, { rows: [1] })),
      );
  });

  test("gives each example a sample of its own: equal examples have losses that differ", () => {
    const noise: Noise = { name: "fixed", deviation: 0.3, per: "example" };
    const once = step(noise, undefined, undefined, { rows: [1] });
    const twice = step(noise, undefined, undefined, { rows: [1, 1] });
    const batch = step({ ...noise, per: "batch" }, undefined, undefined, { rows: [1, 1] });
    expect(batch.nll).toBeCloseTo(once.nll, 12);
    expect(Math.abs(twice.nll - once.nll)).toBeGreaterThan(1e-3);
  });

  test("draws the same numbers again, others in another step and for another seed", () => {
    const noise: Noise = { name: "learned" };
    expect(all(step(noise))).toEqual(all(step(noise)));
    expect(step(noise, undefined, undefined, { at: 1 }).nll).not.toBe(step(noise).nll);
    expect(step(noise, undefined, undefined, { seed: 4 }).nll).not.toBe(step(noise).nll);
  });
});

describe("the sample of the weights", () => {
  const draw = (noisy: readonly NoisyParameter[], params: Params<Tensor>, deviation = 0.5) =>
    sampled(params, noisy, key(5), () => deviation);

  test("is standard normal noise times the deviation", () => {
    const wide = mlp({ input: 100, hidden: [], classes: 100 });
    const params = tensors(wide.init(1).params);
    const [before, after] = [params, draw(noisyParameters(wide, "all"), params)].map((p) => value(p[0]!.weight!));
    const noise = before!.map((w, i) => (after![i]! - w) / 0.5);
    const mean = noise.reduce((a, b) => a + b) / 1e4;
    const square = noise.reduce((a, b) => a + b * b, 0) / 1e4;
    // 5 standard errors of 10,000 draws, which right noise passes once in 1.7 million seeds each: 1 / 100, and √2 / 100 for the square.
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(square - 1)).toBeLessThan(0.071);
  });

  test("in matrices alone has the numbers that all parameters have, and leaves biases as they are", () => {
    const params = tensors(numbers);
    const [all, matrices] = (["all", "matrices"] as const).map((which) => draw(noisyParameters(model, which), params));
    for (const i of [0, 1]) {
      expect(value(matrices![i]!.weight!)).toEqual(value(all![i]!.weight!));
      expect(value(matrices![i]!.bias!)).toEqual([...numbers[i]!.bias!.data]);
      expect(value(all![i]!.bias!)).not.toEqual([...numbers[i]!.bias!.data]);
    }
  });

  test("is the same for weights held by unit as for those held as a matrix", () => {
    const matrix: NoisyParameter = { row: 0, name: "weight", shape: [3, 4], place: 2, byUnit: false };
    const units: NoisyParameter = { ...matrix, shape: [4, 1, 3], byUnit: true };
    const of = (parameter: NoisyParameter) =>
      value(draw([parameter], tensors([{ weight: NdArray.zeros(parameter.shape) }]))[0]!.weight!);
    expect(of(units)).toEqual([...turned(of(matrix), 3, 4)]);
  });

  test("leaves alone what a rule moves: lifts and thresholds of gates", () => {
    const gates = {
      ...{ blocks: 8, gater: { name: "dense" as const, hidden: 4 }, gate: "noisy-rectifier" as const },
      sparsity: { name: "rescue", target: 0.75, decay: 0.5 },
    } as const;
    const gated = gatedMlp({ input: 4, classes: 3, gated: [gates] });
    const all = gated.layers.flatMap(({ parameters }) => parameters.map(({ name }) => name));
    const noisy = noisyParameters(gated, "all").map(({ name }) => name);
    expect(all.filter((name) => !noisy.includes(name))).toEqual(["lift"]);
    expect(noisyParameters(gated, "matrices").some(({ name }) => name === "bias")).toBe(false);
  });

  test("is refused where a rule moves a noisy parameter, which would keep the noise", () => {
    const noisy = noisyParameters(model, "all");
    const train = noisyPass({ per: "batch", seed: 1 }, noisy, () => 0.1);
    const params = tensors(numbers);
    const pass = () => ({
      loss: float64([1]),
      output: float64([1]),
      states: [],
      moved: [{}, params[1]!],
      observed: [],
    });
    const step = constant(new NdArray(Int32Array.of(0), []));
    expect(() => train({ params, logDeviation: [] }, { x: float64(x) }, step, pass)).toThrow(
      "train: weightNoise: a rule moves the parameter weight: declare it with byRule in the rows of its stage",
    );
  });
});
