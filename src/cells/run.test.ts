import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import {
  add,
  array,
  concat,
  constant,
  gradients,
  reshape,
  slice,
  square,
  stack,
  sum,
  type Tensor,
} from "../graph/index.ts";
import { key } from "../random/index.ts";
import type { Cell, Named } from "./cell.ts";
import { readOut, sampled, trainedLocally } from "./decide.ts";
import { cellFor } from "./index.ts";
import { runCell } from "./run.ts";
import { float64, gatedMemory, parametersOf, value } from "./testing/tiny.ts";

const [B, T, I] = [3, 5, 2];
const numbers = (count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(7 * (i + from)));
const tensor = (shape: readonly number[], data: readonly number[]): Tensor =>
  constant(array(Float64Array.from(data), { shape }));
const x = tensor([B, T, I], numbers(B * T * I));
const whole = (...lengths: number[]): Tensor => constant(array(Int32Array.from(lengths)));
const cell = gatedMemory(I, 2, "sigmoid", "sigmoid");
const params = parametersOf(cell, key(1));
const stepAt = (t: number, of = x): Tensor => reshape(slice(of, [0, t], [of.shape[0]!, t + 1]), [of.shape[0]!, I]);

/** The steps one after the other, in plain calls of the cell. */
function byHand(of: Cell, order: readonly number[], inputs = x) {
  let state: Named<Tensor> = {
    memory: tensor([B, 2], Array(2 * B).fill(0)),
    output: tensor([B, 2], Array(2 * B).fill(0)),
  };
  const outputs: Tensor[] = [];
  for (const t of order) {
    const made = of.step(params, state, of.project(params, stepAt(t, inputs)), readOut(constant(t, "int32")));
    state = made.state;
    outputs[t] = made.output;
  }
  return { outputs: stack(outputs, 1), state };
}
const forwards = [0, 1, 2, 3, 4];
const sums = (y: Tensor): Tensor => sum(square(add(y, 0.3)));

describe("a cell is run over sequences", () => {
  test.each([
    ["from the first step", false, forwards],
    ["from the last step", true, forwards.toReversed()],
  ] as const)("%s: outputs, state and gradients are those of its steps", (_, reverse, order) => {
    const [ran, hand] = [runCell(cell, params, x, { reverse }), byHand(cell, order)];
    expect(ran.outputs.shape).toEqual([B, T, 2]);
    expect(value(ran.outputs)).toEqual(value(hand.outputs));
    expect(value(ran.state.memory!)).toEqual(value(hand.state.memory!));
    expect(value(ran.last)).toEqual(value(hand.state.output!));
    const wrt = [x, ...Object.values(params)];
    const [ours, theirs] = [ran, hand].map(({ outputs }) => gradients(sums(outputs), wrt).flatMap(value));
    ours!.forEach((g, i) => expect(g).toBeCloseTo(theirs![i]!, 12));
    expect(ours!.some((g) => Math.abs(g) > 0.1)).toBe(true);
  });

  test("beginning where another run ended, it goes on as if there had been one", () => {
    const part = (from: number, to: number) => slice(x, [0, from], [B, to]);
    const first = runCell(cell, params, part(0, 2));
    const second = runCell(cell, params, part(2, T), { start: first.state });
    expect(value(concat([first.outputs, second.outputs], 1))).toEqual(value(runCell(cell, params, x).outputs));
  });

  test("what doesn't fit is refused, with what was received", () => {
    expect(() => runCell(cell, params, tensor([2, 3], numbers(6)))).toThrow(
      new ShapeError("memory: x must be [sequences, steps, 2], received [2, 3]"),
    );
    expect(() => runCell(cell, params, x, { lengths: whole(1, 2) })).toThrow("memory: lengths must be int32[3], received int32[2]"); // biome-ignore format: one line
    expect(() => runCell(cell, params, x, { start: { memory: x } })).toThrow("memory: start: memory must be [3, 2], received [3, 5, 2]"); // biome-ignore format: one line
  });
});

describe.each([false, true])("sequences of several lengths, reverse %s", (reverse) => {
  const lengths = whole(2, 5, 3);
  const run = (given: Tensor, of = lengths) => runCell(cell, params, given, { lengths: of, reverse });

  test("each is what it would be alone", () => {
    const { outputs, last, state } = run(x);
    [2, 5, 3].forEach((length, i) => {
      const alone = runCell(cell, params, slice(x, [i, 0], [i + 1, length]), { reverse });
      expect(value(slice(outputs, [i, 0], [i + 1, length]))).toEqual(value(alone.outputs));
      expect(value(slice(outputs, [i, length], [i + 1, T])).every((y) => Object.is(y, 0))).toBe(true);
      expect(value(slice(last, i, i + 1))).toEqual(value(alone.last));
      expect(value(slice(state.memory!, i, i + 1))).toEqual(value(alone.state.memory!));
    });
  });

  test("padding changes no bit, of values and of gradients", () => {
    const padded = (fill: (i: number) => number): Tensor =>
      tensor([B, T, I], numbers(B * T * I).map((v, i) => (Math.floor(i / I) % T < [2, 5, 3][Math.floor(i / (I * T))]! ? v : fill(i)))); // biome-ignore format: one line
    const found = [
      padded(() => 0),
      padded((i) => 1e3 * (i + 1)),
      padded((i) => -i),
      padded((i) => [Number.NaN, Number.POSITIVE_INFINITY, 3e38][i % 3]!),
    ].map((given) => {
      const { outputs, last, state } = run(given);
      const loss = add(sums(outputs), add(sums(last), sums(state.memory!)));
      return [loss, ...gradients(loss, Object.values(params)), gradients(loss, [given])[0]!].map(value);
    });
    for (const other of found.slice(1)) expect(other).toEqual(found[0]);
    const longer = run(concat([x, tensor([B, 2, I], numbers(4 * B, 99))], 1));
    expect(value(slice(longer.outputs, [0, 0], [B, T]))).toEqual(value(run(x).outputs));
    expect(value(longer.last)).toEqual(value(run(x).last));
  });

  test("a sequence without steps outputs 0 and keeps its start", () => {
    const start = { memory: tensor([B, 2], numbers(6)), output: tensor([B, 2], numbers(6, 6)) };
    const { last, state, outputs } = runCell(cell, params, x, { lengths: whole(0, 0, 0), reverse, start });
    expect([value(last), value(outputs)].flat().every((y) => y === 0)).toBe(true);
    expect(value(state.memory!)).toEqual(numbers(6));
  });
});

describe("the gradient cut every k steps", () => {
  const at = (list: readonly Tensor[], k: number | undefined, reverse = false) => {
    const given = stack(list, 1);
    const { last } = runCell(cell, params, given, { reverse, truncate: k });
    return gradients(sums(last), list).map((g) => value(g).some((v) => v !== 0));
  };
  const steps = forwards.map((t) => stepAt(t));
  test.each([
    [2, false, [false, false, false, false, true]],
    [3, false, [false, false, false, true, true]],
    [3, true, [true, true, false, false, false]],
    [5, false, [true, true, true, true, true]],
  ] as const)("reaches for k = %i, reverse %s, the steps after the last cut", (k, reverse, reached) => {
    expect(at(steps, k, reverse)).toEqual(reached);
    expect(at(steps, undefined, reverse)).toEqual(forwards.map(() => true));
    expect(value(runCell(cell, params, x, { truncate: k }).outputs)).toEqual(value(runCell(cell, params, x).outputs));
  });
});

test("a cut gradient still reaches the start of the first k steps", () => {
  const start = { memory: tensor([B, 2], numbers(6)), output: tensor([B, 2], numbers(6, 6)) };
  const { outputs } = runCell(cell, params, x, { start, truncate: 2 });
  expect(value(gradients(sums(outputs), [start.memory])[0]!).every((g) => g !== 0)).toBe(true);
});

describe("decisions", () => {
  const noisy = gatedMemory(I, 2, "straight-through", "straight-through-slope");
  const run = (seed: number, decide = trainedLocally) =>
    runCell(noisy, params, x, { decide: decide({ key: key(seed), rows: B }) });

  test("of local estimators output the samples of their units, which a readout of samples gives as well", () => {
    expect(value(run(3).outputs)).toEqual(value(run(3, sampled).outputs));
    expect(value(run(3).outputs)).not.toEqual(value(run(4).outputs));
  });

  test("meet a noise of their own at every step and in every decision", () => {
    const seen: number[][] = [];
    for (const t of [0, 1, 2]) {
      const decide = sampled({ key: key(3), rows: 64 })(constant(t, "int32"));
      const half = tensor([64, 2], Array(128).fill(0));
      for (const decision of noisy.decisions) seen.push(value(decide(decision, half)));
    }
    expect(new Set(seen.map(String)).size).toBe(6);
  });

  test("of copies of the batch meet the same noise", () => {
    const twice = runCell(noisy, params, concat([x, x], 0), { decide: sampled({ key: key(3), rows: B }) });
    const once = value(run(3).outputs);
    expect(value(twice.outputs)).toEqual([...once, ...once]);
  });

  test("are read without noise where nothing is said", () => {
    expect(value(runCell(noisy, params, x).outputs)).toEqual(value(runCell(cell, params, x).outputs));
  });

  test("are trained by the estimator's gradient: straight-through is the identity, with σ′ the deterministic slope", () => {
    const pair = float64([[0.3, -0.2]]);
    const decide = trainedLocally({ key: key(1), rows: 1 })(constant(0, "int32"));
    const [keep, read] = noisy.decisions.map((decision) => value(gradients(sum(decide(decision, pair)), [pair])[0]!));
    expect(keep).toEqual([1, 1]);
    const slope = [0.3, -0.2].map((a) => 1 / (1 + Math.exp(-a)) / (1 + Math.exp(a)));
    read!.forEach((g, i) => expect(g).toBeCloseTo(slope[i]!, 12));
  });
});

test("a start of some of the state: the rest begins as the cell's own start says, or at 0", () => {
  const skip = cellFor("skip", { inputs: I, units: 2 });
  const own = parametersOf(skip, key(1));
  const outputs = (start?: Named<Tensor>) => value(runCell(skip, own, x, { start }).outputs);
  expect(outputs({ h: tensor([B, 2], numbers(6).fill(0)) })).toEqual(outputs());
  expect(outputs({ h: tensor([B, 2], numbers(6)) })).not.toEqual(outputs());
  expect(() => outputs({ nonsense: x })).toThrow(/^skip: start: its state has .*, received nonsense/);
});
