import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../backends/backend.ts";
import { startBackend } from "../../backends/select.ts";
import { resident } from "../../compile/resident.ts";
import { shuffled } from "../../data/batches.ts";
import type { TrainingData } from "../../data/dataset.ts";
import { datasetFromArrays } from "../../data/from-arrays.ts";
import { charactersOf } from "../../data/sequences/characters.ts";
import { UserError } from "../../errors.ts";
import type { Estimator } from "../../estimators/estimator.ts";
import {
  add,
  constant,
  greater,
  log,
  mul,
  NdArray,
  sqrt,
  stopGradient,
  sub,
  type Tensor,
  where,
} from "../../graph/index.ts";
import { autoencoder } from "../../models/autoencoder.ts";
import { gatedMlp } from "../../models/gated-mlp.ts";
import { bits } from "../../models/heads/bits.ts";
import { classes } from "../../models/heads/classes.ts";
import { gaussian } from "../../models/heads/gaussian.ts";
import { stepClasses } from "../../models/heads/step-classes.ts";
import { values } from "../../models/heads/values.ts";
import { type Hidden, mlp } from "../../models/mlp.ts";
import type { Model } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import { defineStage } from "../../models/own-stage.ts";
import { recurrentNetwork } from "../../models/recurrent.ts";
import { conv } from "../../models/stages/conv.ts";
import { dense } from "../../models/stages/dense.ts";
import { flatten } from "../../models/stages/flatten.ts";
import { perStep } from "../../models/stages/per-step.ts";
import { recurrent } from "../../models/stages/recurrent.ts";
import { updateFor } from "../../optimizers/index.ts";
import { Diverged, type FirstBroken } from "../events.ts";
import type { TrainOptions } from "../options.ts";
import { incomingOf, initialState, type TrainingState, trainingStep } from "../step.ts";
import { toyData, toyTable } from "../testing.ts";
import { train } from "../train.ts";
import { NanDebugger } from "./debugger.ts";

let wasm: Backend;
beforeAll(async () => {
  wasm = await startBackend("wasm", { threads: 1 });
});
afterAll(() => wasm.close());

const data = toyData();
const table = toyTable();
const net = (...hidden: Hidden[]): Model => mlp({ input: [2, 2], hidden, classes: 3 });
const binary = { units: 6, estimator: "straight-through" } as const;
const rectifier = { units: 6, estimator: "rectifier" } as const;
const options: TrainOptions = { epochs: 4, batch: 30, optimizer: { name: "sgd", rate: 0.1 } };
const rate = (of: number): TrainOptions => ({ optimizer: { name: "sgd", rate: of } });

const linear = { sample: (a: Tensor) => a, readout: (a: Tensor) => a, stochastic: false };
/** An estimator of a linear unit that does this in a step; what it keeps starts at 0. */
const mine = (estimate: Estimator["estimate"], keeps?: string): Hidden => ({
  units: 6,
  estimator: {
    card: {
      ...{ name: "mine", title: "mine", family: "deterministic", summary: "", formula: "", source: "" },
      ...{ unbiased: false, passes: 1, backward: 1, readsPath: true, readsLoss: false },
    },
    unit: linear,
    ...(keeps !== undefined && { init: () => ({ [keeps]: NdArray.zeros([]) }) }),
    estimate,
  },
});
/** Linear units whose output is changed on the way to the downstream network. */
const changed = (change: (a: Tensor) => Tensor): Hidden =>
  mine((a, _, downstream) => ({ loss: downstream(change(a)), state: {} }));

async function failure(model: Model, more: TrainOptions = {}, given: TrainingData = data): Promise<Diverged> {
  const found = await train(model, given, { ...options, backend: wasm, debugNan: true, ...more }).catch((e) => e);
  expect(found).toBeInstanceOf(Diverged);
  return found;
}

/** What is said of the first number, and how the sentence reads. */
type Case = readonly [string, Model, TrainOptions, Partial<FirstBroken>, RegExp];
const cases: readonly Case[] = [
  [
    "a learning rate that is too high for weights",
    net(binary),
    rate(1e30),
    { op: "mul", part: "the update" },
    /^1e\+30 · \S+ \(a gradient\) is -?Infinity in the update of the weight of hidden1: it overflows float32, which ends at 3.4e\+38; float64 has -?\d\S+e\+\d\d$/,
  ],
  [
    "a learning rate after which a product overflows",
    net(rectifier),
    { ...rate(1e25), maxNorm: 3, maxNormEvery: 3 },
    { op: "matmul", part: "output", example: 0 },
    /^matmul of an array of hidden1 \[30, 6\] with numbers up to \S+ and the weight of output \[6, 3\] with numbers up to \S+ is -?Infinity in output, of example 0 of the batch \(row \d+ of the training examples\), counted from 0: it overflows float32/,
  ],
  [
    "first weights that are too large",
    net({ ...rectifier, gain: 1e30 }, { ...rectifier, gain: 1e30 }),
    {},
    { op: "matmul", part: "hidden2" },
    /the weight of hidden2 \[6, 6\] with numbers up to \d\S+e\+29 is -?Infinity in hidden2.*float64 has -?\d\S+e\+5\d$/,
  ],
  [
    "NaN of an estimator of one's own",
    net(changed((a) => mul(a, Number.NaN))),
    {},
    { op: "mul", part: "hidden1", float64: Number.NaN },
    /^-?\d\S* · NaN is NaN in hidden1, .*; it isn't finite in float64 either$/,
  ],
  [
    "NaN of the loss that such an estimator gives",
    net(
      binary,
      mine((a, _, downstream) => ({ loss: mul(downstream(a), Number.NaN), state: {} })),
    ),
    {},
    { op: "mul", part: "hidden2" },
    /· NaN is NaN in hidden2/,
  ],
  [
    "a log of 0",
    net(changed((a) => log(mul(a, 0)))),
    {},
    { op: "log", part: "hidden1" },
    /^log of -?0 is -Infinity in hidden1/,
  ],
  [
    "a log of what is 0 in float32 alone",
    net(changed((a) => add(a, log(mul(add(mul(a, 0), 1e-30), 1e-30))))),
    {},
    { op: "log", part: "hidden1" },
    /^log of 0 is -Infinity in hidden1, .*; float64 has -138, where a number is too small for float32 and became 0$/,
  ],
  [
    "a derivative alone, behind a loss that stays finite",
    net(
      binary,
      changed((a) => sqrt(sub(a, a))),
    ),
    {},
    { op: "div", part: "hidden2", derivativeOf: "sqrt" },
    /^-?\S+ \/ 0 is -?Infinity in the derivative of sqrt in hidden2, of example 0/,
  ],
  [
    "a NaN that a choice passes on, and not the one that it leaves",
    net(
      changed((a) => {
        const left = where(greater(a, 1e9), stopGradient(sqrt(sub(-1, mul(a, a)))), a);
        return where(greater(a, -1e9), add(left, log(sub(a, a))), Number.NaN);
      }),
    ),
    {},
    { op: "log", part: "hidden1" },
    /^log of 0 is -Infinity/,
  ],
  [
    "a NaN that a choice leaves, and whose derivative meets 0",
    net(changed((a) => where(greater(a, 1e9), sqrt(sub(-1, mul(a, a))), a))),
    {},
    { op: "sqrt", part: "hidden1" },
    /^sqrt of -\S+ is NaN in hidden1/,
  ],
  [
    "a known NaN that is chosen",
    net(changed((a) => where(greater(a, 1e9), a, Number.NaN))),
    {},
    { op: "where", part: "hidden1" },
    /^where of 0, -?\d\S*, NaN is NaN in hidden1/,
  ],
];

describe("debugNan names the first number of the step that isn't finite:", () => {
  test.each(cases)("%s", async (_, model, more, first, text) => {
    const error = await failure(model, more);
    expect(error.first).toMatchObject(first);
    expect(error.first!.text).toMatch(text);
    expect(error.message).toMatch(/^train: .* (in epoch|before).*\. Where it began: /);
    expect(error.message.endsWith(`. Where it began: ${error.first!.text}`)).toBe(true);
    expect(first.derivativeOf ?? "forward").toBe(error.first!.derivativeOf ?? "forward");
  });

  test("the example of the batch, and its row among the training examples", async () => {
    const logs = defineStage("logs", (_: object, { input }) => ({ units: input, apply: (_own, x) => log(x) }));
    const x = Array.from({ length: 60 }, (_, i) => [1 + i, 2]);
    const all = datasetFromArrays({ x, y: x.map(([a]) => a!) });
    all.train.fields.x!.data[2 * 11 + 1] = 0;
    const model = network({ input: 2, stages: [logs({}), dense({})], head: values(1) });
    const { first } = await failure(model, { batch: 8, epochs: 2 }, all);
    expect(first).toMatchObject({ op: "log", part: "logs1", row: 11 });
    expect(shuffled(all.train.size, 1, 1).indexOf(11) % 8).toBe(first!.example);
    expect(first!.text).toContain(`of example ${first!.example} of the batch (row ${first!.row} of the training`);
  });

  test("the step of a sequence", async () => {
    const x = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 12 }, (_, t) => (t < 4 ? [i % 5, 1] : [1e38, 1e38])),
    );
    const model = recurrentNetwork({
      ...{ input: [12, 2], units: 5, classes: 2 },
      cell: { name: "rnn", estimator: "rectifier", first: "identity" },
    });
    const given = datasetFromArrays({ x, label: x.map((_, i) => i % 2) });
    const { first } = await failure(model, { batch: 10 }, given);
    expect(first!.part).toBe("recurrent1");
    expect(first!.text).toMatch(/^\S+ [+] \S+ is Infinity in recurrent1, at step \d+ of the sequence, of example \d/);
    expect(first!.text).toMatch(/overflows float32/);
  });

  test("a NaN that a unit which decides hides from the loss, at the step where it appears", async () => {
    // Far more steps than there are between two looks without it.
    const spoils = mine((a, _, downstream, { n }) => {
      const nan = where(greater(n!, 140), log(sub(0, n!)), 0);
      return { loss: downstream(add(a, nan)), state: { n: add(n!, 1) } };
    }, "n");
    const model = net(spoils, { units: 6, estimator: "disarm" });
    const error = await failure(model, { steps: 400, epochs: undefined, validateEvery: 400, ...rate(1e-3) });
    expect(error.first).toMatchObject({ op: "log", part: "hidden1" });
    expect(3 * (error.epoch - 1) + error.step).toBe(142);
  });

  test("a field of the data that isn't finite", () => {
    const { debugged, state, given } = stepOf(net(rectifier));
    given[0]!.data[4 * 3 + 1] = Number.NaN;
    debugged.before(
      state,
      given,
      Int32Array.from({ length: 5 }, (_, i) => 100 + i),
    );
    expect(debugged.explain()).toEqual({
      text: "the field x is NaN, of example 3 of the batch (row 103 of the training examples), counted from 0",
      ...{ op: undefined, example: 3, row: 103, float64: Number.NaN },
    });
  });

  test("nothing where the step stays finite on the reference, but its largest number, and nothing before a step", () => {
    const { debugged, state, given } = stepOf(net(rectifier));
    expect(debugged.explain()).toBeUndefined();
    given[0]!.data[2] = 1e20;
    debugged.before(state, given, new Int32Array(5));
    const { op, text } = debugged.explain()!;
    expect(op).toBeUndefined();
    expect(text).toMatch(
      /^the step stays finite on the reference backend, where its largest number is 1e\+20 \(.*\): look at what wasm rounds/,
    );
  });
});

/** A debugger of a network's step, and what a step begins with. */
function stepOf(model: Model) {
  const optimizer = updateFor({ optimizer: { name: "sgd", rate: 0.1 } }, incomingOf(model));
  const fresh = initialState(model, optimizer, 1);
  const step = trainingStep(model, optimizer, () => constant(0.1), { seed: 1 });
  const x = new NdArray(
    Float32Array.from({ length: 20 }, (_, i) => (i % 7) / 7),
    [5, 2, 2],
  );
  return {
    debugged: new NanDebugger({ model, backend: wasm, step, fresh }),
    state: resident<TrainingState<Tensor>>(fresh, { backend: wasm }),
    given: [x, new NdArray(Int32Array.of(0, 1, 2, 0, 1), [5])],
  };
}

const sequences = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: 6 }, (_, t) => [Math.sin(i + t), Math.cos(i * t)]),
);
const inSequence = datasetFromArrays({ x: sequences, label: sequences.map((_, i) => i % 2) });
const pixels = datasetFromArrays({ x: Array.from({ length: 90 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1, 1]) });

describe("a training that diverges stops with advice, and debugNan says where it began:", () => {
  const kinds: readonly (readonly [string, Model, TrainingData, number, RegExp])[] = [
    ["dense", net(rectifier), data, 1e20, /hidden1|output/],
    [
      "gated",
      gatedMlp({ input: [2, 2], classes: 3, gated: [{ blocks: 4, width: 3, gate: "noisy-rectifier" }] }),
      data,
      1e20,
      /blocks1|gates|output/,
    ],
    [
      "convolutional",
      network({
        input: [2, 2],
        stages: [conv({ features: 3, size: 2, estimator: "rectifier" }), flatten(), dense({})],
        head: classes(3),
      }),
      data,
      1e20,
      /conv|output|dense/,
    ],
    [
      "recurrent",
      recurrentNetwork({ input: [6, 2], cell: { name: "lstm" }, units: 5, classes: 2 }),
      inSequence,
      1e38,
      /lstm|recurrent|dense|output|loss|update/,
    ],
    [
      "autoencoder",
      autoencoder({ mean: Float32Array.of(0.5, 0.5, 0.5, 1), network: "linear", latents: 3, estimator: "disarm" }),
      pixels,
      1e38,
      /latent|update|loss/,
    ],
    [
      "bits",
      network({ input: 4, stages: [dense(rectifier), dense({})], head: bits([4], { field: "x" }) }),
      pixels,
      1e20,
      /dense|update|head bits/,
    ],
    [
      "regression",
      network({ input: 3, stages: [dense(rectifier), dense({})], head: values(2) }),
      table,
      1e4,
      /dense|update|head values/,
    ],
    [
      "a density of values",
      network({ input: 3, stages: [dense(rectifier), dense({})], head: gaussian(2) }),
      table,
      1e10,
      /dense|update|head gaussian/,
    ],
  ];
  test.each(kinds)("%s", async (_, model, given, of, part) => {
    const more = { ...rate(of), epochs: 20 };
    const error = await failure(model, more, given);
    expect(error.message).toMatch(/(try a rate ten times lower|look for an estimator)/);
    expect(error.first!.text).toMatch(/overflows float32|isn't finite in float64 either|; float64 has/);
    expect(`${error.first!.part} ${error.first!.text}`).toMatch(part);
    const without = await failure(model, { ...more, debugNan: false }, given);
    expect([without.first, without.message.includes("Where it began")]).toEqual([undefined, false]);
  });
});

describe("debugNan changes no bit of a training that stays finite", () => {
  const text = charactersOf(Array.from({ length: 200 }, (_, i) => "abc"[(i * i + (i >> 2)) % 3]).join(""), "a.txt", {
    length: 4,
    valid: 0.1,
    test: 0.1,
  });
  const carrying = network({
    input: [4, 3],
    stages: [
      recurrent({ cell: { name: "lstm" }, units: 4, output: "sequence", carryState: true }),
      perStep({ units: 3 }),
    ],
    head: stepClasses(4, { classes: 3 }),
  });
  const trainings: readonly (readonly [string, Model, TrainingData, TrainOptions])[] = [
    [
      "with what estimators keep, momentum and max-norm",
      net({ units: 6, estimator: "nvil" }, binary),
      data,
      { maxNorm: 2, maxNormEvery: 2, optimizer: { name: "momentum", rate: 0.1 } },
    ],
    ["with weight noise that is learned", net(binary), data, { weightNoise: { name: "learned" } }],
    ["with a state that is carried", carrying, text, { batch: 3, epochs: 2, optimizer: { name: "adam", rate: 0.01 } }],
  ];
  test.each(trainings)("%s", async (_, model, given, more) => {
    const run = async (debugNan: boolean) => {
      const {
        params,
        history,
        logDeviation,
        test: score,
      } = await train(model, given, {
        ...{ ...options, backend: wasm, debugNan },
        ...more,
      });
      const measured = history.map(({ seconds: _s, examplesPerSecond: _e, ...rest }) => rest);
      return { params, measured, logDeviation, score };
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test("and is true or false", async () => {
    const wrong = train(net(binary), data, { debugNan: "yes" } as never);
    await expect(wrong).rejects.toThrow(new UserError('train: debugNan must be true or false, received "yes"'));
  });
});
