import { describe, expect, test } from "vitest";
import {
  array,
  constant,
  evaluate,
  leaves,
  mapTree,
  mul,
  type NdArray,
  sin,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import type { OptimizerConfig, ScheduleConfig } from "./config.ts";
import { rateFor, updateFor } from "./index.ts";
import { float64 } from "./testing.ts";

const start: Tree<NdArray> = [
  { weight: float64([[3, 0.5], [-1, 2]]), bias: float64([1, -1]) }, // biome-ignore format: rows
  { prior: float64([0.2, -0.3]), weight: float64([[1, 2]]) },
  { prior: float64([0.9]) },
];
const gradientOf = (params: Tree<Tensor>): Tree<Tensor> => mapTree(params, (p) => sin(mul(p, 2)));

/** The parameters by path after `steps` of a config's update, under its schedule with two steps an epoch. */
function trained(
  config: OptimizerConfig,
  schedule: ScheduleConfig,
  steps: number,
  from = start,
): ReadonlyMap<string, readonly number[]> {
  const optimizer = updateFor({ optimizer: config, schedule });
  const rate = rateFor(config.rate, schedule, { epoch: 2, total: steps });
  const evaluated = (tree: Tree<Tensor>) => mapTree(tree, (x) => constant(evaluate([x])[0]!));
  let params = mapTree(from, (x) => constant(x));
  let state = mapTree(optimizer.init(from), (x) => constant(x));
  for (let step = 0; step < steps; step++) {
    const at = rate(constant(array(Int32Array.of(step), { shape: [] })));
    const next = optimizer.update(params, gradientOf(params), state, at.cast("float64"));
    params = evaluated(next.params);
    state = evaluated(next.state);
  }
  return new Map(leaves(params).map(({ path, value }) => [path, Array.from(evaluate([value])[0]!.data)]));
}

const schedules: readonly ScheduleConfig[] = [
  { name: "constant" },
  { name: "constant", warmup: 1 },
  { name: "exponential", factor: 0.5 },
  { name: "cosine", final: 0.1, warmup: 0.5 },
];
const own = { name: "momentum", rate: 0.03, momentum: 0.5 } as const;
const others = { name: "adam", rate: 0.2 } as const;

describe("parameters with an optimizer of their own", () => {
  test.each(schedules)("are where it alone leads them, the others where theirs does, under %j", (schedule) => {
    const both = trained({ ...others, parameters: { prior: own } }, schedule, 5);
    const [mine, theirs] = [trained(own, schedule, 5), trained(others, schedule, 5)];
    expect([...both.keys()].sort()).toEqual(["0.bias", "0.weight", "1.prior", "1.weight", "2.prior"]);
    for (const [path, numbers] of both)
      (path.endsWith("prior") ? mine : theirs)
        .get(path)!
        .forEach((v, i) => expect(numbers[i], `${path} ${i}`).toBeCloseTo(v, 6));
    expect(mine.get("1.prior")).not.toEqual(theirs.get("1.prior"));
  });

  test("several groups keep what each remembers apart", () => {
    const bias = { name: "momentum", rate: 0.1, momentum: 0.8 } as const;
    const all = trained({ ...others, parameters: { prior: own, bias } }, { name: "constant" }, 4);
    const alone = { prior: trained(own, { name: "constant" }, 4), bias: trained(bias, { name: "constant" }, 4) };
    expect(all.get("0.bias")).toEqual(alone.bias.get("0.bias")!.map((v) => expect.closeTo(v, 6)));
    expect(all.get("2.prior")).toEqual(alone.prior.get("2.prior")!.map((v) => expect.closeTo(v, 6)));
    expect(all.get("1.weight")).toEqual(trained(others, { name: "constant" }, 4).get("1.weight"));
  });

  test("a name that no parameter has is refused, with the names that there are", () => {
    expect(() => trained({ ...others, parameters: { gain: own } }, schedules[2]!, 3)).toThrow(
      /parameters\.gain: no parameter is called so; there are .*prior/,
    );
  });

  test("is found where names have dots", () => {
    const cell: Tree<NdArray> = [{ "forget.input": float64([1]), "forget.bias": float64([2]) }];
    const trainedAt = (name: string) => () =>
      trained({ ...others, parameters: { [name]: own } }, { name: "constant" }, 1, cell);
    expect(trainedAt("forget.bias")).not.toThrow();
    expect(trainedAt("bias")).toThrow(
      "parameters.bias: no parameter is called so; there are forget.input, forget.bias",
    );
  });

  test("clipping and decay act on all of them together", () => {
    const optimizer = updateFor({
      optimizer: { name: "sgd", rate: 1, parameters: { prior: { name: "sgd", rate: 1 } } },
      clip: { norm: 1 },
    });
    const params = mapTree([{ weight: float64([0]), prior: float64([0]) }] as Tree<NdArray>, (x) => constant(x));
    const gradients = mapTree([{ weight: float64([3]), prior: float64([4]) }] as Tree<NdArray>, (x) => constant(x));
    const state = mapTree(optimizer.init([{ weight: float64([0]), prior: float64([0]) }]), (x) => constant(x));
    const { params: next } = optimizer.update(params, gradients, state, constant(1, "float64"));
    const found = leaves(next).map(({ path, value }) => [path, evaluate([value])[0]!.item()] as const);
    expect(Object.fromEntries(found)).toEqual({
      "0.weight": expect.closeTo(-0.6, 12),
      "0.prior": expect.closeTo(-0.8, 12),
    });
  });

  test("their options are checked like any optimizer's", () => {
    const made = (parameters: object) => () =>
      updateFor({ optimizer: { name: "sgd", rate: 0.1, parameters } as never });
    expect(made({ prior: { name: "adamm", rate: 0.1 } })).toThrow("name must be one of");
    expect(made({ prior: { name: "sgd", rate: -1 } })).toThrow("rate must be a finite number above 0, received -1");
    expect(made({ prior: { name: "sgd", rate: 0.1, momentum: 0.5 } })).toThrow("momentum");
    expect(made({ prior: { name: "sgd", rate: 0.1, parameters: {} } })).toThrow("parameters");
  });
});
