import { expect, it } from "vitest";
import { type DescribedCell, described, type Meeting } from "../../cells/described.ts";
import { type CellConfig, cellFor, type Named } from "../../cells/index.ts";
import { squashes } from "../../cells/neuron.ts";
import { cases } from "../../cells/testing/cases.ts";
import { constant, evaluate, gradients, mul, NdArray, sigmoid, sum, type Tensor } from "../../graph/index.ts";
import { readable } from "../readable.ts";
import { deltaOf, lossBy, slopesOf } from "./slopes.ts";
import { traceStep } from "./trace.ts";
import { unfold } from "./unfolded.ts";

/** A number for each name, none like another and none too large. */
const some = (i: number): number => 0.3 + 0.5 * Math.sin(1 + 2.3 * i);
const scalar = (x: number): Tensor => constant(new NdArray(Float64Array.of(x), [1, 1]));
const flat = (x: number): Tensor => constant(new NdArray(Float64Array.of(x), [1]));

/** Evaluates a formula of scalars as it is written, with what its names stand for. */
function evaluated(formula: string, meaning: (name: string) => number, names: readonly string[]): number {
  let rest = formula.replace(/ᵀ/gu, "");
  const skip = (): void => {
    rest = rest.trimStart();
  };
  const take = (text: string): boolean => {
    skip();
    const found = rest.startsWith(text);
    if (found) rest = rest.slice(text.length);
    return found;
  };
  const functions: Readonly<Record<string, (x: number) => number>> = {
    "tanh²": (x) => Math.tanh(x) ** 2,
    tanh: Math.tanh,
    "σ′": (x) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2,
    σ: (x) => 1 / (1 + Math.exp(-x)),
    exp: Math.exp,
    log: Math.log,
    relu: (x) => Math.max(0, x),
  };
  const pair = (name: "min" | "max"): number => {
    const [a] = [sums(), take(",")];
    const b = sums();
    take(")");
    return Math[name](a, b);
  };
  const atom = (): number => {
    if (take("−")) return -atom();
    if (take("1[")) {
      const a = sums();
      const less = take("<") || !take(">");
      const b = sums();
      take("]");
      return Number(less ? a < b : a > b);
    }
    if (take("min(")) return pair("min");
    if (take("max(")) return pair("max");
    skip();
    const name = names.find((other) => rest.startsWith(other));
    if (name !== undefined) {
      rest = rest.slice(name.length);
      const value = meaning(name);
      return take("²") ? value ** 2 : value;
    }
    const f = Object.keys(functions).find((other) => rest.startsWith(`${other}(`));
    if (f !== undefined) rest = rest.slice(f.length);
    if (take("(")) {
      const value = sums();
      if (!take(")")) throw new Error(`no ) in ${formula}`);
      return f === undefined ? value : functions[f]!(value);
    }
    if (take("⅔")) return 2 / 3;
    const number = /^[\d.]+/u.exec(rest)?.[0];
    if (number === undefined) throw new Error(`what is "${rest}" of ${formula}?`);
    rest = rest.slice(number.length);
    return Number(number);
  };
  const product = (): number => {
    let value = atom();
    for (;;) {
      if (take("/")) value /= atom();
      else if (take("⊙")) value *= atom();
      else {
        skip();
        if (rest === "" || /^[+−)\],<>]/u.test(rest)) return value;
        value *= atom();
      }
    }
  };
  const sums = (): number => {
    let value = product();
    for (;;) {
      if (take("+")) value += product();
      else if (take("−")) value -= product();
      else return value;
    }
  };
  const value = sums();
  if (rest.trim() !== "") throw new Error(`"${rest}" is left of ${formula}`);
  return value;
}

/** All values of one step with one input and one unit, and the derivatives of a loss of the state after it, by what the graph computes. */
function ran(cell: DescribedCell) {
  const trace = traceStep(cell);
  const { description } = cell;
  const values = new Map<string, Tensor>();
  const named = { ...description, meet: (step: Meeting) => (description.part ?? description.meet)(watched(step)) };
  function watched(step: Meeting): Meeting {
    const more = (given: Named<Tensor> = {}): void => {
      for (const [name, x] of Object.entries(given)) if (!(name in step.state)) values.set(trace.symbol(name), x);
    };
    return {
      ...step,
      within: (open) => watched(step.within(open)),
      neuron(name, given) {
        more(given);
        const x = step.neuron(name, given);
        values.set(trace.symbol(name), x);
        return x;
      },
      preactivation(name, given) {
        const x = step.preactivation(name, given);
        values.set(trace.sums.find(({ neuron }) => neuron!.name === name)!.symbol, x);
        return x;
      },
      called(tex, x) {
        values.set(readable(tex), typeof x === "number" ? scalar(x) : x);
        return x;
      },
    };
  }
  const params = Object.fromEntries(
    cell.parameters.map(({ name, shape }, i) => [name, shape.length === 1 ? flat(some(i)) : scalar(some(i))]),
  );
  const state = Object.fromEntries(Object.keys(cell.state).map((name, i) => [name, scalar(0.4 + 0.11 * i)]));
  const x = scalar(0.7);
  const same = described(cell.config, { inputs: 1, units: 1 }, named);
  const step = same.step(params, state, same.project(params, x), (_, a) => sigmoid(a));
  for (const [i, { symbol }] of trace.before.entries()) values.set(symbol, Object.values(state)[i]!);
  const after = Object.values(step.state);
  for (const [i, { symbol }] of trace.after.entries()) values.set(symbol, after[i]!);
  values.set(trace.symbol("x"), squashes[description.inputSquash ?? "linear"](x));
  const outside = new Map<string, number>();
  const parts = trace.after.map(({ symbol }, i) => {
    outside.set(symbol, some(20 + i));
    return mul(after[i]!, some(20 + i));
  });
  if (!outside.has(trace.output.symbol)) {
    outside.set(trace.output.symbol, some(40));
    values.set(trace.output.symbol, step.output);
    parts.push(mul(step.output, some(40)));
  }
  const loss = sum(parts.reduce((a, b) => a.add(b)));
  return { trace, values, params, state, x, loss, outside };
}

const configs = cases.map(([config]) => config);

it.each(configs)("%j: every derivative that is written is the one that the graph computes", (config: CellConfig) => {
  const cell = cellFor(config, { inputs: 1, units: 1 });
  const { trace, values, params, state, x, loss, outside } = ran(cell);
  const slopes = slopesOf(trace);
  const { neurons } = unfold(cell, String);
  const wanted = [...Object.values(params), ...Object.values(state), x];
  const known = [...values.values()];
  const found = evaluate([...known, ...gradients(loss, wanted)]).map(({ data }) => Number(data[0]));
  const numbers = new Map([...values.keys()].map((name, i) => [name, found[i]!]));
  const arrows = neurons.flatMap((neuron) => neuron.arrows);
  for (const { parameter, weight } of arrows)
    if (parameter) numbers.set(weight, Number(evaluate([params[parameter]!])[0]!.data[0]));
  const lines = new Map<string, string>();
  for (const value of [...trace.before, ...trace.seen, ...trace.after, ...trace.neurons]) {
    const line = slopes.of(value);
    if (line) lines.set(lossBy(value.symbol), line.replace(/^.*? \+?= /u, ""));
  }
  for (const line of slopes.ofInput()) lines.set(line.replace(/ \+?= .*$/u, ""), line.replace(/^.*? \+?= /u, ""));
  for (const { neuron, symbol } of trace.neurons) {
    const [line] = slopes.delta(neuron!);
    const smooth = `${lossBy(symbol)} ⊙ ${symbol} ⊙ (1 − ${symbol})`;
    lines.set(deltaOf(neuron!), typeof neuron!.squash === "string" ? line!.replace(/^.*? = /u, "") : smooth);
  }
  const outer = new Map([...outside].map(([symbol, value]) => [lossBy(symbol), value]));
  const names = [...numbers.keys(), ...lines.keys(), ...outer.keys()].sort((a, b) => b.length - a.length);
  const done = new Map<string, number>();
  const meaning = (name: string): number => {
    if (numbers.has(name)) return numbers.get(name)!;
    if (!done.has(name)) done.set(name, (outer.get(name) ?? 0) + (lines.has(name) ? of(lines.get(name)!) : 0));
    return done.get(name)!;
  };
  const of = (formula: string): number => evaluated(formula, meaning, names);
  const gradientsOf = found.slice(known.length);
  cell.parameters.forEach(({ name }, i) => {
    const { slope } = arrows.find(({ parameter }) => parameter === name)!;
    expect(of(slope!.replace(/^.*? = /u, "")), `${name}: ${slope}`).toBeCloseTo(gradientsOf[i]!, 9);
  });
  const before = trace.before.map(({ symbol }) => symbol);
  before.forEach((symbol, i) => {
    const line = lines.get(lossBy(symbol));
    expect(line ? of(line) : 0, `${symbol}: ${line}`).toBeCloseTo(gradientsOf[cell.parameters.length + i]!, 9);
  });
  expect(of(lines.get("∂L/∂xₜ")!)).toBeCloseTo(gradientsOf.at(-1)!, 9);
});
