/** Trainings of every kind of network that a config can describe, killed at every step and resumed. */
import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { full, isOtherNode } from "../../test/support/full.ts";
import { folderForAllTests } from "../../test/support/temporary.ts";
import { startBackend } from "../backends/select.ts";
import { remember } from "../backends/testing/remember.ts";
import { cellFamily } from "../cells/index.ts";
import { datasetFor, modelFor, resolveConfig } from "../config/index.ts";
import { augmentationFamily } from "../data/augment/index.ts";
import { isStreamed, partOf, type Split, type TrainingData } from "../data/dataset.ts";
import { datasetFromArrays } from "../data/from-arrays.ts";
import { estimatorFamily } from "../estimators/index.ts";
import { sparsityFamily } from "../gating/sparsity/index.ts";
import type { Backend, StopSignal } from "../index.ts";
import { codingFamily } from "../layers/codings.ts";
import { gaterFamily } from "../layers/gaters/index.ts";
import { heads, modelFamily } from "../models/options.ts";
import { stages } from "../models/stage-options.ts";
import { optimizers, schedules, weightDecays } from "../optimizers/config.ts";
import { namesOf } from "../options/index.ts";
import { isLock } from "../runs/index.ts";
import { remains } from "./testing.ts";
import { train } from "./train.ts";
import { weightNoises } from "./weight-noise/config.ts";

let home: string;
folderForAllTests((folder) => {
  home = folder;
});

const mnist = { name: "mnist", limit: 60 };
const penguins = (target: string) => ({ name: "table", file: "notebooks/penguins.csv", target, limit: 60 });
const characters = { name: "characters", file: "LICENSE", length: 6, valid: 0.1, test: 0.1 };
const rows = { name: "sequential-mnist", by: "row", limit: 60 };
const generated = { examples: 40, valid: 20, test: 20 };

/** Steps of a pen along figures of Lissajous, of 5 to 8 steps: the next step is to be predicted. */
const pens = (): TrainingData => {
  const at = (i: number, t: number) => [Math.sin(0.5 * t + i), Math.cos(0.3 * t * (1 + (i % 3)))];
  const step = (i: number, t: number) => {
    const [[x = 0, y = 0], [u = 0, v = 0]] = [at(i, t), at(i, t + 1)];
    return [u - x, v - y, t % 5 === 4 ? 1 : 0];
  };
  const drawings = (first: number) => Array.from({ length: 8 }, (_, t) => t).map((t) => step(first, t));
  const indices = Array.from({ length: 60 }, (_, i) => i);
  return datasetFromArrays({
    x: indices.map((i) => drawings(i)),
    y: indices.map((i) => drawings(i + 1)),
    lengths: Int32Array.from(indices, (i) => 5 + (i % 4)),
  });
};

/** What is trained, as a config has it; the data may be arrays. */
interface Kind {
  readonly data?: object | (() => TrainingData);
  readonly model: object;
  readonly training?: object;
}

const mlp = (estimator: unknown, more = {}) => ({ name: "mlp", hidden: [{ units: 4, estimator }], ...more });
const gated = (layer: object) => ({
  name: "gated-mlp",
  gated: [{ blocks: 8, gater: { name: "dense", hidden: 4 }, gate: "straight-through", ...layer }],
});
const recurrent = (cell: string, more = {}) => ({ name: "recurrent", cell: { name: cell }, units: 4, ...more });
const network = (given: readonly object[], more = {}) => ({ name: "network", stages: given, ...more });
const dense = { kind: "dense" };
const adam = { name: "adam", rate: 0.01 };

/** Every kind by its name. */
const kinds: Readonly<Record<string, Kind>> = {
  "mlp of two estimators, adam and cosine": {
    model: { name: "mlp", hidden: [...mlp("nvil").hidden, ...mlp("disarm").hidden] },
    training: { optimizer: adam, schedule: { name: "cosine", warmup: 0.5 }, clip: { norm: 1 } },
  },
  "mlp, nesterov, step decay, max-norm": {
    model: mlp("straight-through", { preprocess: "standardise", trainingSamples: 2 }),
    training: {
      optimizer: { name: "nesterov", rate: 0.1 },
      schedule: { name: "step-decay", every: 1, factor: 0.5 },
      maxNorm: 1,
      maxNormEvery: 2,
    },
  },
  "mlp, sgd, exponential, decoupled decay": {
    model: mlp("concrete"),
    training: {
      ...{ optimizer: { name: "sgd", rate: 0.1 }, schedule: { name: "exponential", factor: 0.9 } },
      weightDecay: { kind: "decoupled", rate: 0.01 },
    },
  },
  "mlp, momentum, L2, dropout of inputs, stopped early": {
    model: mlp("rebar"),
    training: {
      weightDecay: { kind: "l2", rate: 1e-3 },
      inputDropout: 0.2,
      ...{ patience: 1, validateEvery: 2, epochs: 9, steps: undefined, optimizer: { name: "momentum", rate: 1 } },
    },
  },
  "mlp with fixed noise of weights": { model: mlp("threshold"), training: { weightNoise: { name: "fixed" } } },
  "mlp with learned noise of weights": {
    model: mlp("tanh"),
    training: { weightNoise: { name: "learned" }, test: "epoch", samples: 2, validateEvery: 3 },
  },
  "mlp over changed images": {
    model: mlp("sigmoid"),
    training: {
      augment: [
        { name: "shift", pixels: 2 },
        { name: "flip" },
        { name: "rotate", degrees: 10 },
        { name: "erase", size: 4 },
      ],
    },
  },
  "mlp on a table of classes": { data: penguins("species"), model: mlp("arm") },
  "mlp on a table of values": { data: penguins("body_mass_g"), model: mlp("disarm"), training: { optimizer: adam } },
  "gaussian head": {
    data: penguins("body_mass_g"),
    model: network([{ kind: "dense", units: 4, estimator: "rectifier" }, dense], { head: { kind: "gaussian" } }),
    training: { optimizer: adam },
  },
  "values head of a network": {
    data: penguins("body_mass_g"),
    model: network([{ kind: "dense", units: 4, estimator: "reinmax" }, dense], { head: { kind: "values" } }),
    training: { optimizer: adam },
  },
  autoencoder: { model: { name: "autoencoder", latents: 4, layers: 2 }, training: { optimizer: adam } },
  "nonlinear autoencoder": {
    model: { name: "autoencoder", latents: 4, network: "nonlinear", estimator: "nvil" },
    training: { optimizer: adam },
  },
  "gates under kl": { model: gated({ sparsity: { name: "kl", target: 0.2, weight: 0.01 } }) },
  "gates under quadratic, low-rank": {
    model: gated({ sparsity: { name: "quadratic", target: 0.2, weight: 0.01 }, gater: { name: "low-rank", rank: 2 } }),
  },
  "gates under adaptive-l1": {
    model: gated({ gate: "noisy-rectifier", sparsity: { name: "adaptive-l1", target: 0.2 } }),
  },
  "gates under beta-noise": {
    model: gated({ gate: "smooth-times-stochastic", sparsity: { name: "beta-noise", target: 0.2 } }),
  },
  "gates under balance, a tree": {
    model: gated({ gate: "score-function", sparsity: { name: "balance", target: 0.2 }, gater: { name: "tree" } }),
  },
  "gates that are rescued": { model: gated({ sparsity: { name: "rescue", target: 0.2 } }) },
  "open gates at test": { model: gated({ gate: "straight-through-open", width: 2, open: 0.25 }) },
  "steps taken under quadratic": {
    data: rows,
    model: recurrent("skip", { sparsity: { name: "quadratic", target: 0.5, weight: 0.01 } }),
    training: { optimizer: adam },
  },
  conv: {
    model: {
      name: "conv",
      stages: [
        { kind: "conv", features: 2, size: 5, stride: 2 },
        { kind: "pool", size: 2 },
        { kind: "normalise" },
        { kind: "dropout", rate: 0.3 },
        { kind: "flatten" },
        { kind: "dense", units: 6 },
      ],
    },
  },
  lenet: { model: { name: "lenet" } },
  vgg: { model: { name: "vgg", features: 2, depth: 1 } },
  resnet: { model: { name: "resnet", features: 2, keep: 0.5, recompute: true } },
  "conditional convolutions": {
    model: network([
      { kind: "conv", features: 4, size: 5, stride: 4, estimator: "rectifier" },
      { kind: "gated-conv", features: 4, blocks: 2, gate: "straight-through", normalise: true },
      { kind: "residual", stages: [{ kind: "conv", features: 4 }], gate: "straight-through-slope" },
      { kind: "global-pool" },
      { kind: "gated", blocks: 4, gate: "nvil", output: 10 },
    ]),
  },
  "spike trains of images": {
    model: network([
      { kind: "flatten" },
      { kind: "encode", steps: 4, coding: { name: "rate" } },
      { kind: "recurrent", cell: { name: "lif" }, units: 4, output: "sequence" },
      { kind: "over-time", reduce: "mean" },
      dense,
    ]),
  },
  "both directions, two layers": {
    data: rows,
    model: recurrent("gru", { direction: "both", layers: 2, truncate: 5, recompute: true }),
  },
  "a carried state along a text": {
    data: characters,
    model: network([
      {
        kind: "recurrent",
        cell: { name: "lstm", gates: "straight-through" },
        units: 4,
        output: "sequence",
        carryState: true,
      },
      { kind: "per-step" },
    ]),
    training: { optimizer: adam, batch: 8 },
  },
  "a label at each step": {
    data: { name: "parity", length: 6, ...generated },
    model: recurrent("minimal", { head: { kind: "step-classes" } }),
  },
  "drawings of a pen, a mixture at each step": {
    data: pens,
    model: recurrent("lstm", { head: { kind: "mixture", components: 2 } }),
    training: { optimizer: adam },
  },
  "sums of a stream": { data: { name: "adding", length: 5, ...generated }, model: recurrent("rnn") },
  "points of a plane": { data: { name: "moons", ...generated }, model: mlp("tanh") },
  ...Object.fromEntries(
    (["direct", "latency"] as const).map((coding) => [
      `coded by ${coding}`,
      {
        model: network([
          { kind: "flatten" },
          { kind: "encode", steps: 3, coding: { name: coding } },
          { kind: "recurrent", cell: { name: "alif" }, units: 4 },
          dense,
        ]),
      },
    ]),
  ),
  ...Object.fromEntries(
    namesOf(estimatorFamily).map((estimator) => [`mlp of ${estimator}`, { model: mlp(estimator) }]),
  ),
  ...Object.fromEntries(
    namesOf(cellFamily).map((cell) => [`cell ${cell} over rows`, { data: rows, model: recurrent(cell) }]),
  ),
};

const loaded = remember<Promise<TrainingData>>();

/** The first 60 training examples, and 20 of the others. */
async function dataOf(data: object | (() => TrainingData)): Promise<TrainingData> {
  if (typeof data === "function") return data();
  const all = await loaded(JSON.stringify(data), () => datasetFor(resolveConfig({ data }, "kinds")));
  const few = (split: Split, most: number) => partOf(split, 0, Math.min(most, split.size));
  return {
    ...all,
    train: isStreamed(all.train) ? all.train : few(all.train, 60),
    ...{ valid: few(all.valid, 20), test: few(all.test, 20) },
  } as TrainingData;
}

/** A signal that is never sent, and tells of each look after a step. */
const watched = (look: () => void): StopSignal => ({
  get aborted() {
    look();
    return false;
  },
  throwIfAborted() {},
});

const machines = [
  ["native", 1],
  ["wasm", 2],
  ["native", 2],
  ["wasm", 1],
] as const;
const backends: Backend[] = [];
beforeAll(async () => {
  for (const [name, threads] of machines) backends.push((await startBackend(name, { threads }))!);
});
afterAll(() => Promise.all(backends.map((backend) => backend.close())));

/** Trains on the machine with `checkpointSeconds`, keeps what lies on the disk at steps, which is what a kill leaves, and resumes from there. */
async function check(kind: Kind, backend: Backend, checkpointSeconds: number, isPlace: (step: number) => boolean) {
  const { data = mnist, model: asked, training } = kind;
  const machine = typeof data === "function" ? {} : { data };
  const usual = { batch: 20, steps: 5, validateEvery: 2, seed: 3 };
  const config = resolveConfig({ ...machine, model: asked, training: { ...usual, ...training } }, "kinds");
  const examples = await dataOf(data);
  const model = modelFor(config, examples);
  const root = join(home, crypto.randomUUID());
  const options = { ...config.training, backend, checkpointSeconds };
  const whole = join(root, "whole");
  const found: { readonly step: number; readonly runFolder: string }[] = [];
  let step = 0;
  const signal = watched(() => {
    step++;
    if (!isPlace(step)) return;
    const runFolder = join(root, `${step}`);
    cpSync(whole, runFolder, { recursive: true, filter: (path) => !isLock(basename(path)) });
    found.push({ step, runFolder });
  });
  const result = await train(model, examples, { ...options, runFolder: whole, signal });
  const wanted = await remains(whole, result);
  for (const { step, runFolder } of found) {
    const resumed = await train(model, examples, { ...options, runFolder, resume: true });
    expect(await remains(runFolder, resumed), `killed at step ${step}`).toEqual(wanted);
  }
  return step;
}

const names = Object.keys(kinds);

describe("a training that is killed at any step and resumed is the same, bit for bit:", () => {
  // On another Node, which a training that is resumed compares with itself, one of each machine.
  const few = names.filter((_, i) => i % (isOtherNode ? 23 : 24) === 0);
  test.each(full && !isOtherNode ? names : few)("%s", async (name) => {
    const i = names.indexOf(name);
    const backend = backends[i % backends.length]!;
    // With a checkpoint at each step, and with those of the validations alone.
    const steps = await check(kinds[name]!, backend, 0, (step) => full || step === 3);
    expect(steps).toBeGreaterThanOrEqual(3);
    if (full && i % 3 === 0) await check(kinds[name]!, backend, 60, (step) => step === 3);
  });
});

test("the kinds are all that a config can name", () => {
  const text = JSON.stringify(Object.values(kinds));
  const families = {
    modelFamily,
    heads,
    stages,
    estimatorFamily,
    cellFamily,
    gaterFamily,
    sparsityFamily,
    codingFamily,
  };
  const ofTraining = { optimizers, schedules, weightDecays, weightNoises, augmentationFamily };
  const missing = Object.entries({ ...families, ...ofTraining }).flatMap(([family, members]) =>
    namesOf(members)
      .filter((name) => !text.includes(`"${name}"`))
      .map((name) => `${family}: ${name}`),
  );
  // A network's head is that of its data where none is named; a constant rate is the default.
  expect(missing).toEqual(["heads: classes", "heads: bits", "schedules: constant"]);
});
