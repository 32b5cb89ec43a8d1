import { describe, expect, test } from "vitest";
import type { CellConfig } from "../cells/index.ts";
import { cellFor } from "../cells/index.ts";
import { decayOf } from "../cells/spiking.ts";
import { simulate } from "../cells/testing/spiking-by-hand.ts";
import { someInputs, someParameters } from "../cells/testing/unroll.ts";
import { UserError } from "../errors.ts";
import { type EstimatorConfig, estimatorFor } from "../estimators/index.ts";
import {
  add,
  array,
  constant,
  evaluate,
  matmul,
  mul,
  reshape,
  square,
  sum,
  type Tensor,
  tanh,
} from "../graph/index.ts";
import { key } from "../random/index.ts";
import { biasOf, biasThroughTime, exactThroughTime, meanThroughTime, type SpikingProblem } from "./through-time.ts";

const [T, H, I] = [3, 2, 2];
const x = reshape(someInputs(1, [T, I], 4)[0]!, [T, I]);
/** Σⱼ vⱼ tanh(Σ w s)ⱼ + 0.8: no spike is linear in it. [R, T, H] → [R] */
const MIX = Array.from({ length: T * H }, (_, i) => [0, 1, 2].map((j) => Math.sin(1 + 2 * i + 5 * j)));
const END = [1.3, -0.7, 0.9];
const matrix = (rows: readonly (readonly number[])[]): Tensor =>
  constant(array(rows as number[][], { dtype: "float64" }));
const curved = (outputs: Tensor): Tensor =>
  add(sum(mul(tanh(matmul(reshape(outputs, [outputs.shape[0]!, T * H]), matrix(MIX))), matrix([END])), 1), 0.8);
const linear = (outputs: Tensor): Tensor => matmul(reshape(outputs, [outputs.shape[0]!, T * H]), matrix(MIX.map(([w]) => [w!]))).reshape([outputs.shape[0]!]); // biome-ignore format: one product

const config = (spike: EstimatorConfig, more: object = {}): CellConfig =>
  ({ name: "lif", tau: 4, threshold: 0.5, resetGradient: false, spike, ...more }) as CellConfig;
const problemOf = (cell: CellConfig, more: Partial<SpikingProblem> = {}): SpikingProblem => ({
  ...{ cell, units: H, x, loss: curved },
  params: someParameters(cellFor(cell, { inputs: I, units: H }), 5),
  ...more,
});
const error = (problem: SpikingProblem): number =>
  biasOf(meanThroughTime(problem), exactThroughTime(problem).gradients).bias;

/** The expected loss in plain numbers: every pattern of spikes forced upon a simulation by hand. */
function expectedByHand(
  params: { readonly [name: string]: Float64Array },
  adaptation?: { strength: number; rho: number },
): number {
  const rows = (name: string, width: number): number[][] =>
    Array.from({ length: params[name]!.length / width }, (_, i) => [
      ...params[name]!.subarray(i * width, (i + 1) * width),
    ]);
  const drive = {
    input: rows("current.input", H),
    recurrent: rows("current.recurrent", H),
    bias: [...params["current.bias"]!],
  };
  const inputs = Array.from({ length: T }, (_, t) => [...evaluate([x])[0]!.data.subarray(t * I, (t + 1) * I)]);
  const beta = decayOf(4, 1);
  let [expected, total] = [0, 0];
  for (let pattern = 0; pattern < 2 ** (T * H); pattern++) {
    const bits = Array.from({ length: T }, (_, t) => Array.from({ length: H }, (_, n) => (pattern >> (t * H + n)) & 1));
    const steps = simulate([drive], inputs, { beta, threshold: 0.5, ...(adaptation && { adaptation }) }, bits);
    const p = steps.flatMap(({ u, limit }, t) => u.map((v, n) => 1 / (1 + Math.exp((bits[t]![n]! ? -1 : 1) * (v - limit[n]!))))).reduce((product, q) => product * q, 1); // biome-ignore format: one product
    const flat = bits.flat();
    const loss = END.reduce((sum, v, j) => sum + v * Math.tanh(flat.reduce((a, s, i) => a + s * MIX[i]![j]!, 0)), 0.8);
    expected += p * loss;
    total += p;
  }
  expect(total).toBeCloseTo(1, 13);
  return expected;
}

describe("the gradient of a spiking cell with escape noise, by enumeration", () => {
  test.each([
    ["lif", undefined],
    ["alif", { strength: 0.4, rho: decayOf(3, 1) }],
  ] as const)(
    "%s: is that of the expected loss by hand, for every parameter, by central differences",
    (name, adaptation) => {
      const cell = config("score-function", { name, ...(adaptation && { adaptation: 0.4, adaptationTau: 3 }) });
      const problem = problemOf(cell);
      const names = Object.keys(problem.params);
      const values = Object.fromEntries(
        names.map((own) => [own, Float64Array.from(evaluate([problem.params[own] as Tensor])[0]!.data)]),
      );
      const { loss, gradients } = exactThroughTime(problem);
      expect(loss).toBeCloseTo(expectedByHand(values, adaptation), 12);
      for (const own of names)
        values[own]!.forEach((value, i) => {
          const at = (moved: number): number => {
            const changed = Float64Array.from(values[own]!);
            changed[i] = value + moved;
            return expectedByHand({ ...values, [own]: changed }, adaptation);
          };
          const difference = (8 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3;
          expect(gradients[own]![i], `${own}[${i}]`).toBeCloseTo(difference, 9);
        });
    },
  );
});

describe("bias through time", () => {
  const cells: object[] = [
    {},
    { reset: "zero", sharpness: 2.5 },
    { synapse: "current", timeConstant: "per-unit" },
    { synapse: "conductance", recurrent: false },
    { name: "alif", timeConstant: "modulated" },
  ];
  test.each(cells)("of the score function and of enumeration is 0: %j", (more) => {
    for (const spike of ["score-function", "exact"] as const)
      expect(error(problemOf(config(spike, more))), spike).toBeLessThan(1e-9);
  });

  test("of straight-through × σ′ is 0 in one step where the loss is linear, and is not where it bends or in time", () => {
    const cell = config("straight-through-slope");
    const one = { x: reshape(someInputs(1, [1, I], 4)[0]!, [1, I]) };
    const first = (outputs: Tensor): Tensor => sum(mul(outputs.reshape([outputs.shape[0]!, H]), matrix([[1, -2]])), 1);
    expect(error(problemOf(cell, { ...one, loss: first }))).toBeLessThan(1e-9);
    expect(error(problemOf(cell, { ...one, loss: (y) => square(first(y)) }))).toBeGreaterThan(0.05);
    expect(error(problemOf(cell, { loss: linear }))).toBeGreaterThan(0.01);
  });

  test("of each surrogate slope is another one, and a dampened slope is as long as it is dampened where there is one step", () => {
    const slopes = ["sigmoid", "fast-sigmoid", "arctan", "triangle"] as const;
    const found = slopes.map((slope) => error(problemOf(config({ name: "straight-through-slope", slope }))));
    expect(new Set(found.map((bias) => bias.toFixed(6))).size).toBe(4);
    const one = { x: reshape(someInputs(1, [1, I], 4)[0]!, [1, I]), loss: (y: Tensor) => sum(mul(y.reshape([y.shape[0]!, H]), matrix([[1, -2]])), 1) }; // biome-ignore format: one problem
    const problem = problemOf(config({ name: "straight-through-slope", dampening: 0.3 }), one);
    const bias = biasOf(meanThroughTime(problem), exactThroughTime(problem).gradients);
    [bias.bias, bias.cosine, bias.scale].forEach((value, i) => expect(value).toBeCloseTo([0.7, 1, 0.3][i]!, 12));
  });

  test("of a threshold that draws nothing is measured against the gradient with escape noise", () => {
    const { bias, cosine } = biasOf(
      meanThroughTime(problemOf(config("threshold"))),
      exactThroughTime(problemOf(config("threshold"))).gradients,
    );
    expect(Number.isFinite(bias) && Math.abs(cosine) <= 1).toBe(true);
    expect(bias).toBeGreaterThan(0.01);
  });

  test("is refused where it can't be enumerated", () => {
    expect(() => meanThroughTime(problemOf(config("arm")))).toThrow(
      /draws each spike once, with probability σ\(a\), received arm/,
    );
    expect(() => meanThroughTime(problemOf(config("concrete")))).toThrow(/received concrete/);
    const long = problemOf(config("score-function"), { x: someInputs(1, [7, I], 4)[0]! });
    expect(() => exactThroughTime(long)).toThrow(/at most 12 spikes are enumerated, received 7 steps of 2 neurons/);
    expect(() => exactThroughTime({ ...problemOf(config("threshold")), cell: { name: "lstm" } })).toThrow(
      /one kind of neuron that decides, received lstm with 0/,
    );
    expect(estimatorFor("threshold").unit.stochastic).toBe(false);
  });

  test("of a gradient that is 0 is a length, and no ratio to rounding errors", () => {
    const problem = problemOf(config("straight-through-slope"));
    const constantLoss = biasThroughTime({ ...problem, loss: (y) => mul(sum(y, [1, 2]), 0) });
    expect(constantLoss).toEqual({ bias: NaN, absolute: 0, cosine: NaN, scale: NaN });
    const even = biasThroughTime({ ...problem, loss: (y) => add(mul(sum(y, [1, 2]), 0), 0.7) });
    expect([even.bias, even.cosine, even.scale]).toEqual([NaN, NaN, NaN]);
    expect(even.absolute).toBeLessThan(1e-12);
    const { bias, absolute } = biasThroughTime({ ...problem, loss: (y) => mul(curved(y), 1e-9) });
    expect(bias).toBeCloseTo(error(problem), 9);
    expect(absolute).toBeGreaterThan(0);
  });

  test("takes rows of numbers and arrays, float32 as well, and gives the same", () => {
    const problem = problemOf(config("straight-through-slope"));
    const rows = evaluate([x])[0]!.toNested() as number[][];
    const params = Object.fromEntries(
      Object.entries(problem.params).map(([name, value]) => [name, evaluate([value as Tensor])[0]!]),
    );
    expect(biasThroughTime({ ...problem, x: rows, params })).toEqual(biasThroughTime(problem));
    const first = cellFor(problem.cell as CellConfig, { inputs: I, units: H }).init(key(3));
    expect(biasThroughTime({ ...problem, params: first }).bias).toBeGreaterThan(0);
  });

  test.each<[string, Partial<Record<keyof SpikingProblem, unknown>>, RegExp]>([
    [
      "a loss of one number",
      { loss: (y: Tensor) => sum(y) },
      /loss must give one number for each row, \[R\].* here \[64\]; received \[\]/,
    ],
    ["a loss of a column", { loss: (y: Tensor) => curved(y).reshape([-1, 1]) }, /received \[64, 1\]/],
    ["a loss of no tensor", { loss: () => 3 }, /received 3/],
    ["x of one row", { x: [1, 2] }, /x must be \[steps, inputs\], received \[2\]/],
    ["x of nothing", { x: undefined }, /x must be an array of numbers or a float64 constant/],
    ["x in float32", { x: constant(array([[1, 2]])) }, /x must be .*float64.*received float32/],
    ["no parameters", { params: {} }, /params\["current\.input"\] must be an array of numbers/],
    [
      "parameters in float32",
      {
        params: {
          "current.input": constant(
            array([
              [1, 2],
              [3, 4],
            ]),
          ),
        },
      },
      /params\["current\.input"\] must be .*float64/,
    ],
    [
      "a parameter of another shape",
      { params: { "current.input": [[1, 2]] } },
      /params\["current\.input"\] must be \[2, 2\], received \[1, 2\]/,
    ],
  ])("refuses %s", (_, more, message) => {
    const problem = { ...problemOf(config("straight-through-slope")), ...more } as SpikingProblem;
    expect(() => biasThroughTime(problem)).toThrow(message);
    expect(() => meanThroughTime({ ...problem, cell: config("threshold") })).toThrow(UserError);
  });
});
