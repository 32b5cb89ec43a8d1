/** Float targets, heads of other metrics, and stages and heads of the user's own, through the one trainer. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { resident } from "../compile/resident.ts";
import type { Dataset } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import { autoencoder } from "../models/autoencoder.ts";
import { gaussian } from "../models/heads/gaussian.ts";
import { values } from "../models/heads/values.ts";
import type { Params } from "../models/model.ts";
import { network } from "../models/network.ts";
import { dense } from "../models/stages/dense.ts";
import { huber, maxout, residual } from "../models/testing.ts";
import { loadModel } from "../predict/load-model.ts";
import { evaluator } from "./evaluate.ts";
import { Interrupted } from "./events.ts";
import { abortAt, remains, toyTable } from "./testing.ts";
import { train } from "./train.ts";

const data = toyTable();
const backend = referenceBackend();
const options = { backend, batch: 30, optimizer: { name: "adam", rate: 0.03 } } as const;
const stages = [dense({ units: 8, estimator: "straight-through" }), dense({})];
const regression = network({ input: 3, stages, head: values(2) });
const mine = network({
  input: 3,
  stages: [maxout({ units: 4, estimator: "disarm" }), residual({ estimator: "tanh" }), dense({})],
  head: huber({ shape: [2], delta: 0.2 }),
});

let home: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "regression-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** The root mean square of what the mean of the targets leaves. */
const spread = ({ data, shape: [rows] }: NdArray): number => {
  const all = Array.from(data);
  const mean = [0, 1].map((j) => all.reduce((sum, v, i) => (i % 2 === j ? sum + v / rows! : sum), 0));
  return Math.sqrt(all.reduce((sum, v, i) => sum + (v - mean[i % 2]!) ** 2, 0) / all.length);
};

describe("a regression", () => {
  test("learns, selects the validation of the smallest error, and its scores are its head's", async () => {
    const result = await train(regression, data, { ...options, epochs: 20 });
    const errors = result.history.map(({ valid }) => valid.deterministic.rmse);
    expect(result.valid.rmse).toBe(Math.min(...errors));
    expect(result.selectedEpoch).toBe(1 + errors.indexOf(result.valid.rmse));
    for (const { mse, rmse } of [result.train, result.test.stochastic, result.history[3]!.train])
      expect(rmse).toBeCloseTo(Math.sqrt(mse), 6);
    expect(result.valid.rmse).toBeLessThan(0.9 * spread(data.valid.fields.y));
    expect(Object.keys(result.valid)).toEqual(["mse", "rmse"]);
  });

  test("selects by the readout that its head names", async () => {
    const head = { ...values(2), select: { metric: "rmse", readout: "stochastic" } } as const;
    const result = await train(network({ input: 3, stages, head }), data, { ...options, steps: 8, validateEvery: 1 });
    const scores = result.history.map(({ valid }) => valid.stochastic.rmse);
    expect(scores).not.toEqual(result.history.map(({ valid }) => valid.deterministic.rmse));
    const best = result.history[scores.indexOf(Math.min(...scores))]!;
    expect(result.valid).toEqual(best.valid.stochastic);
    // The training score is of the same readout, for the same parameters.
    expect(result.train.rmse).toBeGreaterThan(0);
  });

  test("stopped anywhere and resumed is the same bit for bit, and comes back from its bytes", async () => {
    const runFolder = newFolder();
    const whole = await train(regression, data, { ...options, epochs: 2, runFolder });
    const expected = await remains(runFolder, whole);
    for (const stop of [3, 4]) {
      const folder = newFolder();
      const stopped = train(regression, data, { ...options, epochs: 2, runFolder: folder, signal: abortAt(stop) });
      await expect(stopped).rejects.toThrow(Interrupted);
      const resumed = await train(regression, data, { ...options, epochs: 2, runFolder: folder, resume: true });
      expect(await remains(folder, resumed)).toEqual(expected);
    }
    const loaded = loadModel(await readFile(join(runFolder, "checkpoint.safetensors")));
    expect([loaded.model.config, loaded.params]).toEqual([regression.config, whole.params]);
    expect([loaded.epoch, loaded.valid]).toEqual([whole.selectedEpoch, whole.valid]);
  });

  test("learns the variance of what it can't explain, with an optimizer of its own", async () => {
    const model = network({ input: 3, stages: [dense({})], head: gaussian(2) });
    const optimizer = { ...options.optimizer, parameters: { logVariance: { name: "sgd", rate: 0.3 } } } as const;
    const { params, history, train: scores } = await train(model, data, { ...options, optimizer, epochs: 40 });
    const variances = Array.from(params.at(-1)!.logVariance!.data, Math.exp);
    // Where the gradient of both is 0, the variances are the mean squares of each value's residuals.
    expect((variances[0]! + variances[1]!) / 2 / scores.rmse ** 2).toBeCloseTo(1, 1);
    expect(history.at(-1)!.valid.deterministic.nll).toBeLessThan(history[0]!.valid.deterministic.nll - 0.5);
  });

  test("needs its fields: their name, type, shape and finite numbers", async () => {
    const without: Dataset = { ...data, fields: { x: data.fields.x } };
    await expect(train(regression, without, options)).rejects.toThrow("train: table needs a field y; its fields are x");
    const wide = network({ input: 3, stages: [dense({})], head: values(3) });
    await expect(train(wide, data, options)).rejects.toThrow("train: field y of table must have 3 values [3]");
    const spoiled = toyTable();
    (spoiled.valid.fields.y.data as Float32Array)[5] = Number.NaN;
    await expect(train(regression, spoiled, options)).rejects.toThrow(/the valid split of table: .*y.*row 2.*NaN/);
    await expect(train(regression, spoiled, options)).rejects.toBeInstanceOf(UserError);
  });

  test("is known again by its targets", async () => {
    const runFolder = newFolder();
    await train(regression, data, { ...options, epochs: 1, runFolder });
    const other = toyTable();
    (other.train.fields.y.data as Float32Array)[5]! += 1;
    const resumed = train(regression, other, { ...options, epochs: 2, runFolder, resume: true });
    await expect(resumed).rejects.toThrow("resume: data.checksum must stay");
  });
});

describe("a network of the user's own stages and head", () => {
  test("is trained, selected by what is better when higher, resumed and loaded", async () => {
    const runFolder = newFolder();
    const whole = await train(mine, data, { ...options, epochs: 6, runFolder });
    const near = whole.history.map(({ valid }) => valid.deterministic.near);
    expect(new Set(near).size).toBeGreaterThan(2);
    expect([whole.valid.near, whole.selectedEpoch]).toEqual([Math.max(...near), 1 + near.indexOf(Math.max(...near))]);
    const folder = newFolder();
    const stopped = train(mine, data, { ...options, epochs: 6, runFolder: folder, signal: abortAt(8) });
    await expect(stopped).rejects.toThrow(Interrupted);
    const resumed = await train(mine, data, { ...options, epochs: 6, runFolder: folder, resume: true });
    expect(await remains(folder, resumed)).toEqual(await remains(runFolder, whole));

    const bytes = await readFile(join(runFolder, "checkpoint.safetensors"));
    expect(() => loadModel(bytes, { name: "mine" })).toThrow(
      "mine: its model can't be made: network: stages[0]: kind must be one of dense, conv, pool, ",
    );
    expect(() => loadModel(bytes, { stages: { maxout, residual } })).toThrow("network: head: kind must be one of");
    const { model, params, valid } = loadModel(bytes, { stages: { maxout, residual }, heads: { huber } });
    expect([model.config, params, valid]).toEqual([mine.config, whole.params, whole.valid]);
    const scores = evaluator(model, backend, { seed: 1, samples: 1 });
    const again = await scores.scores(resident<Params<Tensor>>(params as never, { backend }), data.test);
    expect(again).toEqual(whole.test);
  });

  test("an autoencoder selects by its evidence, whose targets are its inputs", async () => {
    const bits = toyTable();
    for (const name of ["train", "valid", "test"] as const) {
      const { data: x } = bits[name].fields.x;
      x.forEach((v, i) => (x[i] = Number(v > 0)));
    }
    const model = autoencoder({ mean: [0.5, 0.5, 0.5], network: "linear", latents: 2, estimator: "disarm" });
    const result = await train(model, bits, { ...options, steps: 12, validateEvery: 3 });
    const elbos = result.history.map(({ valid }) => valid.stochastic.elbo);
    expect(new Set(elbos).size).toBe(4);
    expect([result.valid.elbo, result.history.map(({ valid }) => valid.deterministic.elbo)]).toEqual([Math.max(...elbos), elbos]); // biome-ignore format: one line
    expect(result.train.elbo).toBeLessThan(0);
  });
});
