/** Products with spikes: they skip weights of silent units, and are the products that they were in all else. */
import { afterAll, describe, expect, test } from "vitest";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { array, evaluate, gradients, greater, mul, type NdArray, sum, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { type DecideAt, readOut, trainedLocally } from "./decide.ts";
import { type DescribedCell, described } from "./described.ts";
import { type Cell, type CellConfig, cellFor, type Named } from "./index.ts";
import { runCell } from "./run.ts";

const [B, T, I, H] = [3, 5, 7, 20];
const backend = await wasmBackend({ threads: 1 });
afterAll(() => backend.close());

const drawn = (seed: number, shape: readonly number[], scale: number): NdArray =>
  evaluate([mul(key(seed).normal(shape), scale)])[0]!;
/** [B, T, I] spikes, a fifth of them 1. */
const spikes = evaluate([mul(greater(key(5).uniform([B, T, I]), 0.8), 1)])[0]!;

const cells: readonly CellConfig[] = [
  { name: "lif", threshold: 0.5 },
  { name: "lif", threshold: 0.5, synapse: "conductance" },
  { name: "alif", threshold: 0.5 },
  { name: "leaky", tau: 2, spike: "straight-through" },
  { name: "lif", spike: "rectifier", threshold: 0.5 },
];
const weightsOf = (cell: Cell): NdArray[] =>
  cell.parameters.map(({ shape }, i) => drawn(40 + i, shape, shape.length > 1 ? 0.6 : 0.1));
const named = (cell: Cell, values: readonly Tensor[]): Named<Tensor> =>
  Object.fromEntries(cell.parameters.map(({ name }, i) => [name, values[i]!]));

/** Outputs, and the gradient of a sum of them with respect to each parameter and to x. */
const trained =
  (cell: Cell) =>
  (x: Tensor, ...weights: Tensor[]) => {
    const { outputs } = runCell(cell, named(cell, weights), x, { decide: trainedLocally({ key: key(1), rows: B }) });
    return [outputs, ...gradients(sum(mul(outputs, drawn(9, [B, T, H], 1))), [...weights, x])];
  };

describe.each(cells)("%j", (config) => {
  const cell = cellFor(config, { inputs: I, units: H, readsSpikes: true });
  const given = [array(spikes.data, { shape: [B, T, I] }), ...weightsOf(cell)];

  test("its values and gradients are those of dense products", () => {
    const dense = densely(cell);
    const [received, wanted] = [cell, dense].map((of) =>
      compile(trained(of), { backend })(given[0]!, ...given.slice(1)),
    );
    received!.forEach((value, i) =>
      value.data.forEach((x: number, at: number) => expect(x).toBeCloseTo(wanted![i]!.data[at]!, 5)),
    );
    const fired = received![0]!.data.filter((x: number) => x !== 0).length;
    expect(fired).toBeGreaterThan(0);
    expect(fired).toBeLessThan(received![0]!.data.length / 2);
  });

  test("in a loop each row of the batch runs by itself, and spikes alone are multiplied", () => {
    const plan = compile(trained(cell), { backend }).plan(given[0]!, ...given.slice(1));
    const loops = plan.split("\n").filter((line) => line.includes(`loop of ${T} steps`));
    expect(loops).toHaveLength(2);
    for (const loop of loops) expect(loop).toMatch(new RegExp(`for each of ${B} rows`));
    expect(plan).toMatch(new RegExp(`k = ${H} where not 0`));
    expect(plan).toMatch(new RegExp(`products \\[${B * T}, k\\].*k = ${I} where not 0`));
  });
});

test("weights of silent units and inputs are not read", () => {
  const config: CellConfig = { name: "lif", threshold: 1.5 };
  const cell = cellFor(config, { inputs: I, units: H, readsSpikes: true });
  // One spike for each example and step, never of input 0.
  const x = array(
    Float32Array.from({ length: B * T * I }, (_, i) => Number(i % I === 1 + (Math.floor(i / I) % (I - 1)))),
    { shape: [B, T, I] },
  );
  const weights = weightsOf(cell);
  const of = (name: string): NdArray["data"] => weights[cell.parameters.findIndex((p) => p.name === name)]!.data;
  const run = (): NdArray =>
    compile((given: Tensor, ...w: Tensor[]) => runCell(cell, named(cell, w), given).outputs, { backend })(
      x,
      ...weights,
    );
  of("current.bias").fill(-100, 0, 1);
  const before = run();
  expect(before.data.some((spike: number) => spike !== 0)).toBe(true);
  of("current.recurrent").fill(Number.NaN, 0, H);
  of("current.input").fill(Number.NaN, 0, H);
  expect(run().data).toEqual(before.data);
});

test("units that always output something are multiplied as any others", () => {
  const given = [array(spikes.data, { shape: [B, T, I] })];
  const cell = cellFor({ name: "lif", spike: "sigmoid" }, { inputs: I, units: H });
  expect(cell.spikes).toBeUndefined();
  expect(compile(trained(cell), { backend }).plan(given[0]!, ...weightsOf(cell))).not.toMatch(/where not 0/);
});

describe("a skip cell multiplies the state of examples that take the step alone", () => {
  const made = (estimator: EstimatorConfig) => cellFor({ name: "skip", estimator }, { inputs: I, units: H });
  const x = array(spikes.data, { shape: [B, T, I] });
  /** Increments that differ between examples and are often below a half, so that some skip. */
  const weights = (cell: Cell) =>
    cell.parameters.map(({ name, shape }, i) =>
      drawn(20 + i, shape, name === "increment.bias" ? 0 : name.startsWith("increment") ? 1.5 : 0.4),
    );

  test("at test, where the values are those of all products", () => {
    const cell = made("threshold");
    const run =
      (of: Cell, decide: DecideAt) =>
      (given: Tensor, ...w: Tensor[]) => {
        const { outputs, decided } = runCell(of, named(of, w), given, { decide, watch: true });
        return [outputs, decided.step!.output];
      };
    const compiled = (decide: DecideAt) => compile(run(cell, decide), { backend });
    const [skipping, whole] = [compiled(readOut), compiled(trainedLocally({ key: key(1), rows: B }))];
    const given = [x, ...weights(cell)] as const;
    const [[outputs, taken], [wanted]] = [skipping(...given), whole(...given)] as [NdArray[], NdArray[]];
    outputs!.data.forEach((value: number, i) => expect(value).toBeCloseTo(wanted!.data[i]!, 6));
    const share = [...taken!.data].reduce((sum, u) => sum + u, 0) / taken!.data.length;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.9);
    expect(skipping.plan(...given)).toMatch(
      /3 products .* of rows that are not 0, 20 of rows that are not 0, 20 of rows that are not 0/,
    );
    expect(skipping.plan(...given)).toMatch(/for each of 3 rows/);
    expect(whole.plan(...given)).not.toMatch(/of rows that are not 0/);
  });

  test("in training where the estimator reads nothing of closed units, with the gradient of all products", () => {
    const cell = made("straight-through-open");
    const { description } = cell as DescribedCell;
    const whole = described(
      cell.config,
      { inputs: I, units: H },
      {
        ...description,
        meet: (step) => description.meet({ ...step, within: () => step }),
      },
    );
    const given = [x, ...weights(cell)] as const;
    const [one, other] = [cell, whole].map((of) => compile(trained(of), { backend }));
    expect(one!.plan(...given)).toMatch(/of rows that are not 0/);
    expect(other!.plan(...given)).not.toMatch(/of rows that are not 0/);
    const [received, wanted] = [one!(...given), other!(...given)];
    received.forEach((value, i) =>
      value.data.forEach((g: number, at: number) => expect(g).toBeCloseTo(wanted[i]!.data[at]!, 5)),
    );
  });
});

/** The same cell with dense products. */
function densely(cell: Cell): Cell {
  const { description } = cell as DescribedCell;
  const neurons = description.neurons.map((neuron) => ({
    ...neuron,
    sees: neuron.sees.map(({ sparse: _, ...connection }) => connection),
  }));
  return described(cell.config, { inputs: I, units: H }, { ...description, neurons });
}
