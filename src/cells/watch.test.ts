import { expect, test } from "vitest";
import { constant, evaluate, NdArray, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import { type CellConfig, cellFor } from "./index.ts";
import { runCell } from "./run.ts";
import { watchCell } from "./watch.ts";

const [B, T, I, H] = [2, 6, 2, 3];
const double = ({ data, shape }: NdArray): Tensor => constant(new NdArray(Float64Array.from(data), shape));
const x = double(
  new NdArray(
    Float64Array.from({ length: B * T * I }, (_, i) => 2 * Math.sin(3 * i)),
    [B, T, I],
  ),
);
const read = (tensor: Tensor): ArrayLike<number> => evaluate([tensor])[0]!.data;

function watched(config: CellConfig) {
  const cell = cellFor(config, { inputs: I, units: H });
  const params = Object.fromEntries(Object.entries(cell.init(key(3))).map(([name, value]) => [name, double(value)]));
  const { state, neurons, values, output } = watchCell(cell, params, x);
  const all = Object.entries({ ...values, ...neurons, ...state }).map(([name, value]) => [name, read(value)] as const);
  const of = new Map(all);
  return {
    outputs: [read(output), read(runCell(cell, params, x).outputs)] as const,
    at: (name: string, b: number, t: number, j: number): number => (t < 0 ? 0 : of.get(name)![(b * T + t) * H + j]!),
    names: [...of.keys()],
  };
}

/** Calls for every unit of every step of every sequence. */
function everywhere(check: (b: number, t: number, j: number) => void): void {
  for (let b = 0; b < B; b++) for (let t = 0; t < T; t++) for (let j = 0; j < H; j++) check(b, t, j);
}

const cells: readonly CellConfig[] = [
  { name: "lstm", peepholes: true },
  { name: "gru" },
  { name: "leaky", timeConstant: "shared" },
  { name: "alif", threshold: 0.02, tau: 3 },
  { name: "minimal" },
  { name: "closed-form", backbone: 4 },
];
test.each(cells)("$name is watched without a change of its outputs", (config) => {
  const [found, wanted] = watched(config).outputs;
  expect(found).toEqual(wanted);
  expect(Array.from(wanted).some((value) => value !== 0)).toBe(true);
});

test("an LSTM's gates are what comes through their connections, and its memory is what they make of it", () => {
  const { at } = watched({ name: "lstm", peepholes: true });
  const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
  everywhere((b, t, j) => {
    const of = (name: string, step = t): number => at(name, b, step, j);
    for (const gate of ["input", "forget", "output"])
      expect(of(gate)).toBeCloseTo(sigmoid(of(`${gate}.input`) + of(`${gate}.recurrent`) + of(`${gate}.peephole`)), 12);
    expect(of("c")).toBeCloseTo(of("forget") * of("c", t - 1) + of("input") * of("candidate"), 12);
    expect(of("h")).toBeCloseTo(of("output") * Math.tanh(of("c")), 12);
  });
});

test("an adaptive neuron spikes where its voltage is above the threshold that its own spikes raised", () => {
  const { at } = watched({ name: "alif", threshold: 0.02, tau: 3, adaptation: 0.03 });
  let spikes = 0;
  everywhere((b, t, j) => {
    const of = (name: string, step = t): number => at(name, b, step, j);
    expect(of("\\theta_t")).toBeCloseTo(0.02 + 0.03 * of("a", t - 1), 12);
    expect(of("spike")).toBe(Number(of("u_t") > of("\\theta_t")));
    expect(of("V")).toBeCloseTo(of("u_t") - of("spike") * of("\\theta_t"), 12);
    spikes += of("spike");
  });
  expect(spikes).toBeGreaterThan(3);
});

test("a leaky integrator under a constant current is 1 − e^(−t/τ) of it", () => {
  const cell = cellFor({ name: "leaky", tau: 7, recurrent: false, activation: "linear" }, { inputs: 1, units: 1 });
  const one = (value: number): Tensor => constant(new NdArray(Float64Array.of(value), [1]));
  const params = { "current.input": constant(new NdArray(Float64Array.of(1.5), [1, 1])), "current.bias": one(0) };
  const ones = constant(new NdArray(new Float64Array(40).fill(1), [1, 40, 1]));
  const { state, values } = watchCell(cell, params, ones);
  Array.from(read(state.V!)).forEach((V, t) => {
    expect(V).toBeCloseTo(1.5 * -Math.expm1(-(t + 1) / 7), 13);
  });
  expect(Array.from(read(values["\\beta"]!))).toEqual(new Array(40).fill(Math.exp(-1 / 7)));
});
