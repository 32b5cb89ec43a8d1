/** Products with spikes: they skip weights of silent units, and are the products that they were in all else. */
import { afterAll, describe, expect, test } from "vitest";
import { wasmBackend } from "../backends/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import { array, evaluate, gradients, greater, mul, type NdArray, sum, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { trainedLocally } from "./decide.ts";
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

/** The same cell with dense products. */
function densely(cell: Cell): Cell {
  const { description } = cell as DescribedCell;
  const neurons = description.neurons.map((neuron) => ({
    ...neuron,
    sees: neuron.sees.map(({ sparse: _, ...connection }) => connection),
  }));
  return described(cell.config, { inputs: I, units: H }, { ...description, neurons });
}
