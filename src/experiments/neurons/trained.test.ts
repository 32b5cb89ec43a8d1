import { expect, test } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { type CellConfig, cellFor } from "../../cells/index.ts";
import { datasetFor } from "../../config/make.ts";
import { floats } from "../../data/dataset.ts";
import { NdArray, sizeOf } from "../../graph/index.ts";
import { dataOf } from "./problems.ts";
import { learnedTrace } from "./trained.ts";

const problem = { task: "adding", length: 8, units: 2, batch: 1, steps: 1, validateEvery: 1, held: 30 } as const;
const data = await datasetFor({ data: dataOf(problem, undefined) });
const softplus = (a: number): number => Math.log1p(Math.exp(a));

/** A cell of two units with these weights, and 0 for all others. */
function looked(cell: CellConfig, weights: Readonly<Record<string, readonly number[]>>) {
  const { parameters } = cellFor(cell, { inputs: 2, units: 2 });
  const params = Object.fromEntries(
    parameters.map(({ name, shape }) => [
      name,
      new NdArray(Float32Array.from(weights[name] ?? new Array<number>(sizeOf(shape)).fill(0)), shape),
    ]),
  );
  return learnedTrace({ cell, units: 2, params, data, backend: referenceBackend() });
}

test("time constants at marked steps and elsewhere are apart, and the unit that is shown is the one that knows the sum", () => {
  // Rows are what a unit sees, value and marker; columns its two units. The second adds the values up, the first sees nothing.
  const found = looked(
    { name: "leaky", timeConstant: "modulated", activation: "linear", recurrent: false },
    { "current.input": [0, 1, 0, 0], "rate.input": [0, 0, 3, 3], "rate.bias": [-1, -1] },
  );
  expect(found.times.elsewhere).toBeCloseTo(1 / softplus(-1), 4);
  expect(found.times.marked).toBeCloseTo(1 / softplus(2), 4);
  expect(found.unit).toBe(1);
  expect(found.correlation).toBeGreaterThan(0.2);
  const x = [...floats(data.test.fields.x!)].slice(0, 16);
  expect(found.values).toEqual(x.filter((_, i) => i % 2 === 0));
  expect(found.marked).toEqual(x.filter((_, i) => i % 2 === 1));
  let v = 0;
  found.values.forEach((value, t) => {
    const kept = Math.exp(-softplus(found.marked[t] === 1 ? 2 : -1));
    v = kept * v + (1 - kept) * value;
    expect(found.trace.kept[t]).toBeCloseTo(kept, 5);
    expect(found.trace.memory[t]).toBeCloseTo(v, 5);
  });
  expect(found.trace.spikes).toEqual([]);
});

test("spikes are listed by their steps; a memory that never changes tells nothing", () => {
  const found = looked({ name: "lif", recurrent: false, tau: 1e6, threshold: 1 }, { "current.bias": [0, 0.51] });
  expect(found.correlation).toBe(0);
  expect([found.unit, found.trace.spikes]).toEqual([0, []]);
  const both = looked({ name: "lif", recurrent: false, tau: 1e6, threshold: 1 }, { "current.bias": [0.51, 0.51] });
  expect(both.trace.spikes).toEqual([1, 3, 5, 7]);
});
