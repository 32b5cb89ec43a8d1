/** Training of gated blocks: what steps move by rule, thresholds fitted to examples, on-rates, and going on after a stop. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { resident } from "../compile/resident.ts";
import { rowsOf } from "../data/dataset.ts";
import {
  constant,
  evaluate,
  gradients,
  leaves,
  mapTree,
  type NdArray,
  type Tensor,
  type Tree,
} from "../graph/index.ts";
import { gatedMlp } from "../models/gated-mlp.ts";
import type { Params } from "../models/model.ts";
import { maxNorm, sgd } from "../optimizers/index.ts";
import { key } from "../random/index.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import { evaluator } from "./evaluate.ts";
import { readoutFitter } from "./fit.ts";
import type { TrainOptions } from "./options.ts";
import { incomingOf, initialState, trainingStep } from "./step.ts";
import { abortAt, toyData } from "./testing.ts";
import { train } from "./train.ts";

const backend = referenceBackend();
const data = toyData();
const gater = { name: "dense", hidden: 4 } as const;
const model = gatedMlp({
  input: [2, 2],
  classes: 3,
  gated: [
    {
      blocks: 8,
      output: 5,
      gater,
      gate: "noisy-rectifier",
      sparsity: [
        { name: "adaptive-l1", target: 0.3, weight: 0.01 },
        { name: "rescue", target: 0.75, decay: 0.5 },
      ],
    },
    {
      blocks: 6,
      width: 2,
      gater,
      gate: "score-function-minimum-variance",
      sparsity: { name: "kl", target: 0.25, weight: 0.1 },
    },
  ],
});
const options: TrainOptions = {
  epochs: 2,
  batch: 20,
  optimizer: { name: "momentum", rate: 0.1 },
  maxNorm: 2,
  seed: 4,
  backend,
};
const tensors = (params: Params<NdArray>) =>
  mapTree(params as Tree<NdArray>, (p) => constant(p)) as unknown as Params<Tensor>;
const inputsOf = (split: typeof data.train) => constant(split.fields.x);
const bits = ({ data }: NdArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");

/** The share of gates of each layer that a readout opens. */
const openOn = (params: Params<NdArray>, split: typeof data.train): number[] =>
  model.hidden(tensors(params), inputsOf(split), "deterministic", key(0)).map(({ output }) => {
    const [gates] = evaluate([output]);
    return gates!.data.filter((g) => g !== 0).length / gates!.data.length;
  });

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "gated-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test("a run that was stopped at any step goes on bit for bit, with controls, biases and thresholds", async () => {
  const remains = async (runFolder: string) => {
    const { arrays, header } = decodeCheckpoint(await readFile(join(runFolder, "checkpoint.safetensors")), "x");
    const { metrics } = header as { metrics: { train: unknown; valid: unknown }[] };
    return {
      arrays: [...arrays].map(([name, array]) => `${name} ${bits(array)}`),
      metrics: metrics.map(({ train, valid }) => ({ train, valid })),
    };
  };
  const whole = join(home, "whole");
  await train(model, data, { ...options, runFolder: whole });
  const expected = await remains(whole);
  const names = expected.arrays.map((line) => line.split(" ")[0]);
  for (const name of ["state.params.2.lift", "state.params.2.threshold", "best.5.threshold"])
    expect(names).toContain(name);
  expect(names).toContain("state.estimators.0.lambda");
  expect(names).toContain("state.estimators.0.firing");
  for (const stop of [1, 3, 5, 6, 8]) {
    const runFolder = join(home, String(stop));
    await expect(train(model, data, { ...options, runFolder, signal: abortAt(stop) })).rejects.toThrow("interrupted");
    await train(model, data, { ...options, runFolder, resume: true });
    expect(await remains(runFolder)).toEqual(expected);
  }
});

describe("after training", () => {
  test("thresholds open the share that is asked for on the examples that they were fitted to, layer by layer", async () => {
    const { params, train: score } = await train(model, data, options);
    const [first, second] = openOn(params, data.train);
    // To the nearest of 720 and 540 gates; no two scores of trained gates are equal.
    expect(first).toBeCloseTo(0.3, 10);
    expect(second).toBeCloseTo(0.25, 10);
    expect(score.gates!.map(({ open }) => open)).toEqual([first, second].map((open) => expect.closeTo(open!, 12)));
  });

  test("scores say how many gates were open, and how many for no example", async () => {
    const { params, history } = await train(model, data, options);
    const evaluation = evaluator(model, backend, { seed: 1, samples: 1 });
    const onBackend = resident<Params<Tensor>>(params as never, { backend });
    const { gates } = await evaluation.score(onBackend, data.valid, "deterministic");
    const outputs = model.hidden(tensors(params), inputsOf(data.valid), "deterministic", key(0));
    const values = evaluate(outputs.map(({ output }) => output));
    gates!.forEach(({ open, dead }, layer) => {
      const { data: sent, shape } = values[layer]!;
      const firing = Array.from({ length: shape[1]! }, (_, k) => sent.filter((g, i) => i % shape[1]! === k && g !== 0));
      expect(open).toBeCloseTo(firing.flatMap((f) => [...f]).length / sent.length, 12);
      expect(dead).toBe(firing.filter((f) => f.length === 0).length);
    });
    const [epoch] = history;
    expect(epoch!.train.gates!.length).toBe(2);
    expect(epoch!.valid.stochastic.gates).not.toEqual(epoch!.valid.deterministic.gates);
  });
});

test("a threshold without a target opens as many as the noise does on average", async () => {
  const plain = gatedMlp({ input: [2, 2], classes: 3, gated: [{ blocks: 40, gater, gate: "straight-through" }] });
  const { params } = plain.init(3);
  const onBackend = resident<Params<Tensor>>(params as never, { backend });
  readoutFitter(plain, backend)(onBackend, data.train);
  const fitted = onBackend.read() as unknown as Params<NdArray>;
  const [gates] = plain.hidden(tensors(fitted), inputsOf(data.train), "deterministic", key(0));
  const { rate } = plain.thresholds![0]!.values(tensors(fitted), inputsOf(data.train));
  const [open, mean] = evaluate([gates!.output.mean(), rate]);
  expect(open!.item()).toBeCloseTo(mean!.item(), 3);
  expect(fitted[2]!.threshold!.item()).not.toBe(0);
});

test("fitting and scoring take every example once where the last batch is not whole", async () => {
  const many = toyData({ train: 730, valid: 730 });
  const plain = gatedMlp({
    input: [2, 2],
    classes: 3,
    gated: [{ blocks: 3, gater, gate: "straight-through", open: 0.8 }],
  });
  const onBackend = resident<Params<Tensor>>(plain.init(3).params as never, { backend });
  readoutFitter(plain, backend)(onBackend, many.train);
  const fitted = onBackend.read() as unknown as Params<NdArray>;
  const openIn = (split: typeof many.train): number => {
    const [gates] = evaluate([plain.hidden(tensors(fitted), inputsOf(split), "deterministic", key(0))[0]!.output]);
    return gates!.data.filter((g) => g === 1).length;
  };
  expect(openIn(many.train)).toBe(Math.round(0.8 * 3 * 730));
  const { score } = evaluator(plain, backend, { seed: 1, samples: 1 });
  const { gates } = await score(onBackend, many.valid, "deterministic");
  expect(gates![0]!.open).toBeCloseTo(openIn(many.valid) / (3 * 730), 12);
});

describe("a step", () => {
  const optimizer = maxNorm(sgd(), 0.8, incomingOf(model));
  const start = initialState(model, optimizer, 4);
  const x = constant(rowsOf(data.train.fields.x, 0, 20));
  const labels = constant(rowsOf(data.train.fields.label, 0, 20));
  const state = mapTree(start as unknown as Tree<NdArray>, (p) => constant(p)) as never;
  const result = trainingStep(model, optimizer, () => constant(0.1), { seed: 4 })(state, x, labels);
  const after = new Map(leaves(result.state.params as Tree<Tensor>).map(({ path, value }) => [path, value]));
  const numbers = (path: string) => evaluate([after.get(path)!])[0]!;

  test("keeps the incoming weights of every unit within max-norm: a row of a block's weights, a column over all blocks", () => {
    const { data: weight, shape } = numbers("5.weight"); // [6, 2, 5]
    const { data: out } = numbers("5.out"); // [6, 2, 3]
    const norm = (of: readonly number[]) => Math.hypot(...of);
    const rows = Array.from({ length: 12 }, (_, unit) => norm([...weight.subarray(unit * 5, unit * 5 + 5)]));
    const columns = [0, 1, 2].map((c) => norm([...out].filter((_, i) => i % 3 === c)));
    expect(shape).toEqual([6, 2, 5]);
    for (const norms of [rows, columns]) {
      for (const n of norms) expect(n).toBeLessThan(0.8 + 1e-6);
      expect(Math.max(...norms)).toBeCloseTo(0.8, 5);
    }
    // Few units reach the limit by themselves: the others stay as they were but for their step.
    expect(Math.min(...rows)).toBeLessThan(0.79);
  });

  test("descends the mean loss and what the controls add to it", () => {
    const { params } = state as { params: Params<Tensor> };
    const pass = model.train(
      params,
      { x, label: labels },
      key(4).fold(0x545241).fold(0),
      (state as { estimators: never }).estimators,
    );
    const moved = trainingStep(model, sgd(), () => constant(0.1), { seed: 4 })(state, x, labels).state.params;
    for (const [layer, name] of [
      [1, "weight"],
      [4, "bias"],
    ] as const) {
      const before = params[layer]![name]!;
      const [from, to, gradient, withoutPenalty] = evaluate([
        before,
        moved[layer]![name]!,
        gradients(pass.loss.mean().add(pass.penalty!), [before])[0]!,
        gradients(pass.loss.mean(), [before])[0]!,
      ]);
      to!.data.forEach((after, i) => expect(after).toBeCloseTo(from!.data[i]! - 0.1 * gradient!.data[i]!, 6));
      expect(gradient!.data.some((g, i) => Math.abs(g - withoutPenalty!.data[i]!) > 1e-4)).toBe(true);
    }
  });

  test("reports the loss without what the controls add", () => {
    const noise = key(4).fold(0x545241).fold(0);
    const pass = model.train(
      (state as { params: Params<Tensor> }).params,
      { x, label: labels },
      noise,
      (state as { estimators: never }).estimators,
    );
    const [loss, plain, penalty] = evaluate([result.loss, pass.loss.mean(), pass.penalty!]);
    expect(loss!.item()).toBe(plain!.item());
    expect(penalty!.item()).toBeGreaterThan(0.1);
  });

  test("moves controls' biases by their rule and thresholds not at all", () => {
    const gates = model.hidden(
      (state as { params: Params<Tensor> }).params,
      x,
      "stochastic",
      key(4).fold(0x545241).fold(0),
    );
    const [sent] = evaluate([gates[0]!.output]);
    const lift = Array.from(numbers("2.lift").data);
    lift.forEach((bias, k) => {
      const share = sent!.data.filter((g, i) => i % 8 === k && g !== 0).length / 20;
      expect(bias).toBeCloseTo(0.5 + 0.5 * share < 0.75 ? 0.01 : 0, 7);
    });
    expect(new Set(lift).size).toBe(2);
    const open = sent!.data.filter((g) => g !== 0).length / 160;
    const { lambda, firing } = result.state.estimators[0]!;
    expect(evaluate([lambda!])[0]!.item()).toBeCloseTo(0.01 * (open > 0.31 ? 1.1 : open < 0.29 ? 0.9 : 1), 7);
    expect(Math.abs(open - 0.3)).toBeGreaterThan(0.01);
    expect(Math.max(...evaluate([firing!])[0]!.data)).toBeLessThan(1);
    expect(numbers("2.threshold").item()).toBe(0);
  });
});
