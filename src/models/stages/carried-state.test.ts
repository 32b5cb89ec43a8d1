/** State that a training carries from batch to batch, and networks that are run step by step. */
import { afterAll, describe, expect, test } from "vitest";
import { startBackend } from "../../backends/select.ts";
import type { CellConfig } from "../../cells/index.ts";
import { compile } from "../../compile/compile.ts";
import {
  array,
  constant,
  evaluate,
  gradients,
  leaves,
  NdArray,
  type Shape,
  slice,
  sum,
  type Tensor,
  type Tree,
} from "../../graph/index.ts";
import { key } from "../../random/index.ts";
import { stepClasses } from "../heads/step-classes.ts";
import { values } from "../heads/values.ts";
import type { Model, Params } from "../model.ts";
import { network } from "../network.ts";
import { doubled, value } from "../testing.ts";
import { dense } from "./dense.ts";
import { perStep } from "./per-step.ts";
import { type RecurrentOptions, recurrent } from "./recurrent.ts";

const on = await startBackend("wasm", { threads: 1 });
afterAll(() => on.close());
const [B, K, SEGMENTS, I] = [3, 2, 3, 2];
const T = K * SEGMENTS;
const tensor = (shape: Shape, of = (i: number) => Math.sin(7 * i)): Tensor =>
  constant(
    array(
      Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => of(i)),
      { shape },
    ),
  );
const x = tensor([B, T, I]);
const y = tensor([B, T, 2], (i) => Math.cos(i));
const net = (steps: number, options: Omit<RecurrentOptions, "units" | "output">, more = {}): Model =>
  network({
    input: [steps, I],
    stages: [
      recurrent({ ...options, units: 2, output: "sequence" }),
      recurrent({ ...options, units: 2, output: "sequence" }),
      perStep({ units: 2 }),
    ],
    head: values([steps, 2]),
    ...more,
  });
const zerosOf = (model: Model, rows = B): Params<Tensor> =>
  model.carried!(rows).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, { data, shape }]) => [name, constant(array(Float64Array.from(data), { shape }))]),
    ),
  );
const segmentOf = (all: Tensor, i: number): Tensor => slice(all, [0, i * K], [all.shape[0]!, (i + 1) * K]);
const batchOf = (i: number, rows = B) => ({
  x: slice(segmentOf(x, i), 0, rows),
  y: slice(segmentOf(y, i), 0, rows),
});
const listed = (params: Params<Tensor>): Tensor[] => leaves(params as Tree<Tensor>).map((leaf) => leaf.value);
const numbers = (...tensors: Tensor[]): number[] => evaluate(tensors).flatMap(({ data }) => Array.from(data));
const plain = (carried: Params<Tensor>) =>
  carried.map((row) => Object.fromEntries(Object.entries(row).map(([name, x]) => [name, value(x)])));

describe("segments of a long sequence, trained one after the other with a carried state", () => {
  test.each<[string, CellConfig]>([
    ["lstm", { name: "lstm", peepholes: true }],
    ["gru", { name: "gru" }],
    ["leaky", { name: "leaky" }],
    ["skip, whose state doesn't start at zeros", { name: "skip" }],
  ])("%s: each has the loss and the gradient that it has within the whole, cut at its start", (_, cell) => {
    const [short, long] = [net(K, { cell, carryState: true }), net(T, { cell, truncate: K })];
    const { params, states } = doubled(short);
    const wrt = listed(params);
    let carried = zerosOf(short);
    const whole = long.train(params, { x, y }, key(1), states).output;
    for (let i = 0; i < SEGMENTS; i++) {
      const pass = short.train(params, batchOf(i), key(1), states, carried);
      const within = short.head.loss!(segmentOf(whole, i), { y: segmentOf(y, i) }, {});
      const [ours, theirs] = [pass.loss, within].map((loss) => numbers(loss, ...gradients(sum(loss), wrt)));
      ours!.forEach((v, j) => expect(v).toBeCloseTo(theirs![j]!, 12));
      expect(ours!.slice(B).some((g) => Math.abs(g) > 1e-3)).toBe(true);
      if (i > 0) {
        const forgetful = short.train(params, batchOf(i), key(1), states).loss;
        expect(value(forgetful)).not.toEqual(value(pass.loss));
      }
      carried = pass.carried!;
    }
  });

  const model = net(K, { cell: { name: "lstm", gates: "straight-through" }, carryState: true });
  const { params, states } = doubled(model);

  test("rows that a batch lacks keep what they carry", () => {
    const first = model.train(params, batchOf(0), key(1), states, zerosOf(model)).carried!;
    const next = model.train(params, batchOf(1, 2), key(2), states, first).carried!;
    plain(next).forEach((row, i) => {
      for (const [name, all] of Object.entries(row)) {
        const before = plain(first)[i]![name]!;
        expect(all.slice(-2)).toEqual(before.slice(-2));
        expect(all.slice(0, 4)).not.toEqual(before.slice(0, 4));
      }
    });
    const alone = model.train(params, batchOf(1, 2), key(2), states, first.map((row) => Object.fromEntries(Object.entries(row).map(([name, all]) => [name, slice(all, 0, 2)])))); // biome-ignore format: one line
    expect(plain(alone.carried!)).toEqual(
      plain(next).map((row) => Object.fromEntries(Object.entries(row).map(([name, all]) => [name, all.slice(0, 4)]))),
    );
  });

  test("each sample of an example carries its own", () => {
    const twice = net(K, { cell: { name: "lstm", gates: "straight-through" }, carryState: true }, { trainingSamples: 2 }); // biome-ignore format: one line
    const zeros = zerosOf(twice);
    expect(zeros[0]!.c!.shape).toEqual([B, 2, 2]);
    const first = twice.train(params, batchOf(0), key(1), states, zeros).carried!;
    const [one, other] = [0, 1].map((sample) => value(slice(first[0]!.c!, [0, sample], [B, sample + 1])));
    expect(one).not.toEqual(other);
    // The first batch alone knows nothing of samples: its noise is that of the first rows.
    const { c } = twice.train(params, batchOf(1), key(2), states, first).carried![0]!;
    const again = twice.train(params, batchOf(1), key(2), states, zeros).carried![0]!;
    expect(value(c!)).not.toEqual(value(again.c!));
  });

  test.each(["straight-through", "score-function", "disarm"] as const)(
    "decisions trained by %s carry the state of the sample that they took",
    (gates) => {
      const own = net(K, { cell: { name: "lstm", inputEstimator: gates }, carryState: true });
      const zeros = zerosOf(own);
      const { params, states } = doubled(own);
      const { carried } = own.train(params, batchOf(0), key(3), states, zeros);
      const { after } = own.stepwise!.output(params, segmentOf(x, 0), {
        ...{ readout: "stochastic", key: key(3), fields: {}, first: constant(0, "int32") },
        before: zeros.map((row) => Object.fromEntries(Object.entries(row).map(([name, all]) => [name, slice(all, [0, 0], [B, 1]).reshape([B, 2])]))), // biome-ignore format: one line
      });
      expect(plain(carried!)).toEqual(plain(after));
    },
  );
});

describe("a network of stages forward and maps at each step", () => {
  const cell = { name: "lstm", gates: "straight-through" } as const;
  const model = network({
    input: [T, I],
    stages: [recurrent({ cell, units: 3, output: "sequence" }), perStep({ units: 4 })],
    head: stepClasses(T, { classes: 4 }),
  });
  const { params } = doubled(model);

  test("sends step by step what it outputs for the whole sequence, with the same noise", () => {
    for (const readout of ["stochastic", "deterministic"] as const) {
      const whole = value(model.output(params, x, readout, key(4)));
      let before = model.stepwise!.stateFor(B).map((row) => Object.fromEntries(Object.entries(row).map(([name, { shape }]) => [name, tensor(shape, () => 0)]))) as Params<Tensor>; // biome-ignore format: one line
      for (let t = 0; t < T; t++) {
        const row = slice(x, [0, t], [B, t + 1]);
        const found = model.stepwise!.output(params, row, { readout, key: key(4), fields: {}, before, first: constant(t, "int32") }); // biome-ignore format: one line
        value(found.output).forEach((v, i) =>
          expect(v).toBeCloseTo(whole[Math.floor(i / 4) * T * 4 + t * 4 + (i % 4)]!, 12),
        );
        before = found.after;
      }
    }
  });

  test("sends after any number of steps what it outputs for as many, where maps follow the last output", () => {
    const last = network({ input: [T, I], stages: [recurrent({ cell, units: 3 }), dense({ units: 2, estimator: "sigmoid" }), dense({})], head: values([2]) }); // biome-ignore format: one line
    const { params } = doubled(last);
    let before = last.stepwise!.stateFor(B).map((row) => Object.fromEntries(Object.entries(row).map(([name, { shape }]) => [name, tensor(shape, () => 0)]))) as Params<Tensor>; // biome-ignore format: one line
    for (const [from, to] of [
      [0, 2],
      [2, 3],
      [3, T],
    ] as const) {
      // biome-ignore format: one line
      const found = last.stepwise!.output(params, slice(x, [0, from], [B, to]), { readout: "stochastic", key: key(4), before, first: constant(from, "int32") }); // biome-ignore format: one line
      const whole = last.output(params, slice(x, [0, 0], [B, to]), "stochastic", key(4));
      value(found.output).forEach((v, i) => expect(v).toBeCloseTo(value(whole)[i]!, 12));
      before = found.after;
    }
  });

  test("is none where a stage reads a sequence as a whole or backward", () => {
    const of = (options: Partial<RecurrentOptions>, last = perStep({ units: 2 })) =>
      network({ input: [T, I], stages: [recurrent({ cell, units: 2, output: "sequence", ...options }), last], head: values([T, 2]) }).stepwise; // biome-ignore format: one line
    expect(of({})).toBeDefined();
    expect(of({ direction: "backward" })).toBeUndefined();
    expect(of({ direction: "both" })).toBeUndefined();
    expect(of({}, dense({}))).toBeUndefined();
  });
});

describe("recompute", () => {
  test("has the same values, and gradients to rounding", () => {
    const [kept, again] = [false, true].map((recompute) => {
      const model = net(T, { cell: { name: "lstm", gates: "straight-through" }, recompute });
      const { params, states } = doubled(model);
      const { loss } = model.train(params, { x, y }, key(1), states);
      return { loss: value(loss), slopes: numbers(...gradients(sum(loss), listed(params))) };
    });
    expect(again!.loss).toEqual(kept!.loss);
    again!.slopes.forEach((v, i) => expect(v).toBeCloseTo(kept!.slopes[i]!, 12));
  });

  test("takes less memory: the state and the inputs' products of each step stay", () => {
    const [kept, again] = [false, true].map((recompute) => {
      const model = network({ input: [200, I], stages: [recurrent({ cell: { name: "lstm" }, units: 8, recompute }), dense({})], head: values(2) }); // biome-ignore format: one line
      const step = compile(
        (params: Params<Tensor>, x: Tensor, y: Tensor) =>
          gradients(sum(model.train(params, { x, y }, key(1), []).loss), listed(params)),
        { backend: on },
      );
      const plan = step.plan(model.init(1).params, NdArray.zeros([4, 200, I]), NdArray.zeros([4, 2]));
      return Number(/([\d.]+) KiB/.exec(plan)![1]);
    });
    expect(again).toBeLessThan(0.9 * kept!);
  });
});

test("a state that can't be carried is refused", () => {
  const made = (options: object) => () => net(K, { cell: { name: "lstm" }, carryState: true, ...options } as never);
  expect(made({ direction: "both" })).toThrow(
    "network: stages[0].carryState: the next batch begins where a run forward ends, received the direction both: choose forward",
  );
  expect(made({ cell: { name: "lstm", inputEstimator: "exact" } })).toThrow(
    "network: stages[0].carryState: needs an estimator that samples, exact of input enumerates all outcomes",
  );
  expect(made({ carryState: 1 })).toThrow("network: stages[0].carryState must be true or false, received 1");
  expect(made({ recompute: "yes" })).toThrow('network: stages[0].recompute must be true or false, received "yes"');
  expect(made({ carryState: false })().carried).toBeUndefined();
});
