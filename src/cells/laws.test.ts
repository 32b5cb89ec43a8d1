import { expect, test } from "vitest";
import { evaluate, sigmoid, type Tensor } from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Decide } from "./cell.ts";
import { type CellConfig, type CellName, cellFor, cellNames, cells } from "./index.ts";
import { cases, H, I, sizes } from "./testing/cases.ts";
import { countOf, gradientErrorOf, someInputs, someParameters, unroll } from "./testing/unroll.ts";

/** Cells whose reset passes no gradient: central differences see the reset too. */
const detached: readonly CellConfig[] = [{ name: "leaky", spike: { name: "threshold", slope: "arctan" } }];

/** In the place of decisions, smooth functions: what estimators do with a gradient is their own test. */
const smooth: Decide = (_, a) => sigmoid(a);

test.each(cases)("%j has %i parameters, and the right gradient of every one", (config, parameters) => {
  expect(countOf(cellFor(config, sizes))).toBe(parameters);
  expect(gradientErrorOf(cellFor(config, { inputs: 1, units: 2 }), smooth)).toBeLessThan(1e-8);
});

test("every option of every cell is among the cases, with every choice", () => {
  for (const name of cellNames)
    for (const [option, { kind, ...rule }] of Object.entries(cells[name].options)) {
      const given = [...cases.map(([config]) => config), ...detached].filter((config) => config.name === name);
      const values = new Set(given.map((config) => JSON.stringify((config as Record<string, unknown>)[option])));
      expect(values.size, `${name}: ${option}`).toBeGreaterThan(1);
      if (kind !== "choice" || option === "candidate" || option === "activation" || option === "inputSquash") continue;
      const { choices, default: standard } = rule as { choices: readonly string[]; default: string };
      for (const choice of choices.filter((other) => other !== standard))
        expect(values, `${name}: ${option}`).toContain(JSON.stringify(choice));
    }
});

test.each(cases)("%j: first values, projection and step have the shapes and names that the cell says", (config) => {
  const cell = cellFor(config, sizes);
  const first = cell.init(key(7));
  expect(Object.entries(first).map(([name, { shape }]) => [name, shape])).toEqual(
    cell.parameters.map(({ name, shape }) => [name, shape]),
  );
  expect(new Set(cell.parameters.map(({ name }) => name)).size).toBe(cell.parameters.length);
  expect(new Set(cell.neurons!.map(({ name }) => name)).size).toBe(cell.neurons!.length);
  const asked: string[] = [];
  const { outputs, states } = unroll(cell, someParameters(cell), someInputs(1, [5, I]), (decision, a) => {
    asked.push(decision.name);
    expect(a.shape).toEqual([5, decision.units]);
    return sigmoid(a);
  });
  expect(asked).toEqual(cell.decisions.map(({ name }) => name));
  expect(outputs.shape).toEqual([1, 5, H]);
  expect(Object.entries(states[0]!).map(([name, { shape }]) => [name, shape])).toEqual(
    Object.entries(cell.state).map(([name, width]) => [name, [5, width]]),
  );
  const evaluated = evaluate([outputs, ...Object.values(states[0]!)] as Tensor[]);
  for (const { data } of evaluated) expect([...data].every(Number.isFinite)).toBe(true);
});

test("a cell that is made of another's config is the same cell", () => {
  for (const [config] of cases) {
    const cell = cellFor(config, sizes);
    const again = cellFor(JSON.parse(JSON.stringify(cell.config)) as CellConfig, sizes);
    expect(again.config).toEqual(cell.config);
    expect(again.equations).toEqual(cell.equations);
  }
});

test("matrices are products of one step, and count as multiply-adds", () => {
  const of = (config: CellConfig): number => cellFor(config, sizes).multiplyAdds;
  const both = I * H + H * H;
  expect(of({ name: "lstm" })).toBe(4 * both);
  expect(of({ name: "lstm", peepholes: true })).toBe(4 * both + 3 * H);
  expect(of({ name: "gru" })).toBe(3 * both);
  expect(of({ name: "liquid" })).toBe(I * H + 6 * H * H);
  expect(of({ name: "skip" })).toBe(3 * both + H);
});

test("first weights: identity where it is asked for, Glorot's range elsewhere", () => {
  const first = cellFor({ name: "rnn", estimator: "rectifier", first: "identity" }, sizes).init(key(1));
  expect(first["unit.recurrent"]!.toNested()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const bound = Math.sqrt(6 / (40 + 60));
  const { data } = cellFor({ name: "rnn" }, { inputs: 40, units: 60 }).init(key(1))["unit.input"]!;
  const largest = Math.max(...data.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.98 * bound);
});

test("mistakes name the cell, the rule and what was given", () => {
  const made = (config: unknown) => () => cellFor(config as CellConfig, sizes);
  expect(made({ name: "lstn" })).toThrow(/cell: name must be one of lstm, .*did you mean lstm\?.*received "lstn"/);
  expect(made({ name: "gru", reset: "middle" })).toThrow("cell gru: reset must be one of after, before");
  expect(made({ name: "leaky", method: "euler", tau: 1, dt: 2 })).toThrow("cell leaky: euler needs dt below 2 tau");
  expect(made({ name: "janet", gates: "threshold", beta: 1 })).toThrow("cell janet: beta must be 0");
  expect(made({ name: "skip", cell: { name: "skip" } })).toThrow("cell.name must be one of");
  expect(made({ name: "mgu" })().config.name).toBe("minimal-gated" satisfies CellName);
});
