import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../backends/backend.ts";
import { startBackend } from "../../backends/select.ts";
import { datasetFromArrays } from "../../data/from-arrays.ts";
import type { Estimator } from "../../estimators/estimator.ts";
import { div, log, mul, NdArray, sqrt, sub, type Tensor } from "../../graph/index.ts";
import { values } from "../../models/heads/values.ts";
import { autoencoder } from "../../models/autoencoder.ts";
import { gatedMlp } from "../../models/gated-mlp.ts";
import { convolutional } from "../../models/convolutional.ts";
import { recurrentNetwork } from "../../models/recurrent.ts";
import { type Hidden, mlp } from "../../models/mlp.ts";
import type { Model } from "../../models/model.ts";
import { network } from "../../models/network.ts";
import { dense } from "../../models/stages/dense.ts";
import { Diverged } from "../events.ts";
import type { TrainOptions } from "../options.ts";
import { toyData, toyTable } from "../testing.ts";
import { train } from "../train.ts";

let wasm: Backend;
beforeAll(async () => { wasm = await startBackend("wasm", { threads: 1 }); });
afterAll(() => wasm.close());
const data = toyData();
const net = (...hidden: Hidden[]): Model => mlp({ input: [2, 2], hidden, classes: 3 });
const binary = { units: 6, estimator: "straight-through" } as const;
const options: TrainOptions = { epochs: 4, batch: 30, optimizer: { name: "sgd", rate: 0.1 }, debugNan: true };
const mine = (estimate: Estimator["estimate"], keeps?: string): Hidden => ({
  units: 6,
  estimator: {
    card: {
      ...{ name: "mine", title: "mine", family: "deterministic", summary: "", formula: "", source: "" },
      ...{ unbiased: false, passes: 1, backward: 1, readsPath: true, readsLoss: false },
    },
    unit: { sample: (a) => a, readout: (a) => a, stochastic: false },
    ...(keeps !== undefined && { init: () => ({ [keeps]: NdArray.zeros([]) }) }),
    estimate,
  },
});
const table = toyTable();
const seq = datasetFromArrays({ x: Array.from({ length: 60 }, (_, i) => Array.from({ length: 6 }, (_, t) => [Math.sin(i + t), Math.cos(i * t)])), label: Array.from({ length: 60 }, (_, i) => i % 2) });
const cases: [string, Model, any, any][] = [
  ["rate", net(binary), { optimizer: { name: "sgd", rate: 1e30 } }, data],
  ["rate rectifier", net({ units: 6, estimator: "rectifier" }), { optimizer: { name: "sgd", rate: 1e15 } }, data],
  ["adam", net(binary), { optimizer: { name: "adam", rate: 3.4e38 } }, data],
  ["max norm", net(binary), { maxNorm: 3, optimizer: { name: "sgd", rate: 1e25 } }, data],
  ["max norm every", net({ units: 6, estimator: "rectifier" }), { maxNorm: 3, maxNormEvery: 3, optimizer: { name: "sgd", rate: 1e25 } }, data],
  ["decay", net(binary), { weightDecay: { kind: "decoupled", rate: 1e9 } }, data],
  ["gain", net({ units: 6, estimator: "rectifier", gain: 1e30 }, { units: 6, estimator: "rectifier", gain: 1e30 }), {}, data],
  ["own output", net(mine((a, _, d) => ({ loss: d(mul(a, Number.NaN)), state: {} }))), {}, data],
  ["own loss", net(binary, mine((a, _, d) => ({ loss: mul(d(a), Number.NaN), state: {} }))), {}, data],
  ["sqrt backward", net(binary, mine((a, _, d) => ({ loss: d(sqrt(sub(a, a))), state: {} }))), {}, data],
  ["log of 0", net(mine((a, _, d) => ({ loss: d(log(mul(a, 0))), state: {} }))), {}, data],
  ["regression", network({ input: [3], stages: [dense({ units: 5, estimator: "rectifier" }), dense({})], head: values(2) }), { optimizer: { name: "sgd", rate: 1e4 } }, table],
  ["recurrent", recurrentNetwork({ input: [6, 2], cell: "lstm", units: 5, classes: 2 } as any), { optimizer: { name: "sgd", rate: 1e38 } }, seq],
];
test.each(cases)("%s", async (name, model, more, on) => {
  const e = await train(model, on, { ...options, ...more, backend: wasm }).catch((error) => error);
  console.log(`${name}: ${e.message ?? e}`);
  if (!(e instanceof Diverged)) console.log(e.stack);
});
