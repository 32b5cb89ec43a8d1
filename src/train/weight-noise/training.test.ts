/** Trainings with weight noise: what they keep, report and give, and that a stop changes nothing. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referenceBackend } from "../../backends/reference/reference.ts";
import { streamed } from "../../data/stream.ts";
import { NdArray } from "../../graph/index.ts";
import { autoencoder } from "../../models/autoencoder.ts";
import { gatedMlp } from "../../models/gated-mlp.ts";
import { mlp } from "../../models/mlp.ts";
import { loadModel } from "../../predict/load-model.ts";
import { decodeCheckpoint } from "../checkpoint.ts";
import { Interrupted } from "../events.ts";
import { nameOf } from "../finite.ts";
import type { TrainOptions } from "../options.ts";
import { abortAt, remains, toyData } from "../testing.ts";
import { train } from "../train.ts";
import { prune } from "./prune.ts";
import { pruningTable } from "./pruning.ts";

const backend = referenceBackend();
const data = toyData();
const model = mlp({
  input: [2, 2],
  hidden: [
    { units: 5, estimator: "score-function-minimum-variance" },
    { units: 3, estimator: "straight-through" },
  ],
  classes: 3,
});
const gated = gatedMlp({
  input: [2, 2],
  classes: 3,
  gated: [{ blocks: 6, gate: "straight-through-open", sparsity: { name: "rescue", target: 0.75, decay: 0.5 } }],
});
const options: TrainOptions = { epochs: 2, batch: 20, optimizer: { name: "adam", rate: 0.02 }, seed: 5, backend };

let home: string;
let folders = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "weight-noise-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe("a training with weight noise", () => {
  test.each([
    ["learned", { name: "learned", rate: 3 }],
    ["fixed", { name: "fixed" }],
  ] as const)("that was stopped and resumed is the same, bit for bit: %s", async (_, weightNoise) => {
    const whole = join(home, String(folders++));
    const noisy = { ...options, clip: { norm: 1 }, weightNoise };
    const wanted = await remains(whole, await train(model, data, { ...noisy, runFolder: whole }));
    for (const stop of [2, 8, 12]) {
      const runFolder = join(home, String(folders++));
      const stopped = await train(model, data, { ...noisy, runFolder, signal: abortAt(stop) }).catch((e) => e);
      expect(stopped).toBeInstanceOf(Interrupted);
      const result = await train(model, data, { ...noisy, runFolder, resume: true });
      expect(await remains(runFolder, result), `stop ${stop}`).toEqual(wanted);
    }
  });

  test("of deviation 0 gives what one without gives; of another it does not", async () => {
    const plain = await train(model, data, options);
    const none = await train(model, data, { ...options, weightNoise: { name: "fixed", deviation: 0 } });
    expect(none.params).toEqual(plain.params);
    expect(none.test).toEqual(plain.test);
    const noisy = await train(model, data, { ...options, weightNoise: { name: "fixed" } });
    expect(noisy.params).not.toEqual(plain.params);
  });

  test("works for gates and for an autoencoder, a sample for a batch and for each example", async () => {
    const binary = autoencoder({ mean: [0.5, 0.5, 0.5, 0.5], network: "linear", latents: 3, estimator: "disarm" });
    for (const per of ["batch", "example"] as const) {
      const short = {
        ...options,
        batch: 5,
        steps: 2,
        epochs: undefined,
        weightNoise: { name: "learned", per },
      } as const;
      const results = [await train(gated, data, short), await train(binary, data, short)];
      for (const { weightNoise } of results) expect(Object.values(weightNoise!).every(Number.isFinite)).toBe(true);
    }
  });

  test("keeps weights that are held by unit as matrices, with their deviations, which loadModel gives", async () => {
    const runFolder = join(home, String(folders++));
    const result = await train(gated, data, { ...options, runFolder, weightNoise: { name: "learned" } });
    const bytes = await readFile(join(runFolder, "checkpoint.safetensors"));
    const { arrays } = decodeCheckpoint(bytes, "x");
    for (const [row, { parameters }] of gated.layers.entries())
      for (const { name, stored, byRule } of parameters) {
        const matrix = arrays.get(`state.params.${row}.${name}`)!.shape;
        for (const part of ["state.weightNoise.logDeviation", "state.weightNoise.optimizer.mean", "bestLogDeviation"])
          expect(arrays.get(`${part}.${row}.${name}`)?.shape).toEqual(byRule ? undefined : matrix);
        if (stored) expect(matrix.length).toBe(2);
      }
    const loaded = loadModel(bytes);
    expect(loaded.params).toEqual(result.params);
    expect(loaded.logDeviation).toEqual(result.logDeviation);
  });

  test("reports the divergence in nats and in bits a weight, and the share of weights within a deviation of 0", async () => {
    const learned = { ...options, weightNoise: { name: "learned", prior: { name: "fixed", deviation: 0.5 } } } as const;
    const { params, logDeviation, weightNoise, history, selectedEpoch } = await train(model, data, learned);
    expect(weightNoise).toEqual(history[selectedEpoch - 1]!.weightNoise);
    let [kl, within, count] = [0, 0, 0];
    for (const [row, arrays] of params.entries())
      for (const [name, { data }] of Object.entries(arrays))
        data.forEach((mu, i) => {
          const rho = logDeviation[row]![name]!.data[i]!;
          kl += 0.5 * (Math.log(0.25) - 2 * rho + (Math.exp(2 * rho) + mu * mu) / 0.25 - 1);
          within += Number(Math.abs(mu) < Math.exp(rho));
          count++;
        });
    expect(weightNoise!.kl / kl).toBeCloseTo(1, 5);
    expect(weightNoise!.bitsPerWeight / (kl / Math.LN2 / count)).toBeCloseTo(1, 5);
    expect(weightNoise!.prunable).toBeCloseTo(within / count, 6);
  });

  test("moves its deviations, and counts a divergence less the more examples there are", async () => {
    const long = { ...options, epochs: 3, weightNoise: { name: "learned", deviation: 0.5 } } as const;
    const last = async (examples: number) =>
      (await train(model, toyData({ train: examples }), { ...long, steps: 60, epochs: undefined })).history.at(-1)!;
    expect((await last(2000)).weightNoise!.kl).toBeGreaterThan((await last(20)).weightNoise!.kl);
  });

  test("that is learned needs the number of examples, which a stream may not say", async () => {
    const stream = streamed({ fields: data.fields, batches: () => [] });
    await expect(
      train(model, { ...data, train: stream }, { ...options, steps: 2, epochs: undefined, weightNoise: { name: "learned" } }), // biome-ignore format: one line
    ).rejects.toThrow(
      "train: weightNoise learned divides its cost by the number of training examples: give the stream a size",
    );
  });

  test.each([
    [{ name: "fixed", deviation: -1 }, "train: weightNoise.deviation must be a finite number at least 0, received -1"],
    [{ name: "learned", deviation: 0 }, "train: weightNoise.deviation must be a finite number above 0, received 0"],
    [{ name: "learned", per: "step" }, 'train: weightNoise.per must be one of batch, example, received "step"'],
    [
      { name: "learnt" },
      'train: weightNoise.name must be one of fixed, learned (did you mean learned?), received "learnt"',
    ],
    [
      { name: "learned", prior: { name: "fixed" } },
      "train: weightNoise.prior.deviation must be a finite number above 0",
    ],
  ])("refuses %o", async (weightNoise, message) => {
    await expect(train(model, data, { ...options, weightNoise } as never)).rejects.toThrow(message);
  });

  test("has names for what it keeps, for a training that diverged", () => {
    expect(nameOf("weightNoise.logDeviation.0.weight", model)).toBe("the deviations of the weight of hidden1");
    expect(nameOf("weightNoise.optimizer.mean.1.bias", model)).toBe(
      "the optimizer's mean of the deviations of the bias of hidden2",
    );
    expect(nameOf("weightNoise.optimizer.meanWeight", model)).toBe(
      "the optimizer's meanWeight for the deviations of the weights",
    );
  });
});

describe("prune", () => {
  const array = (...values: number[]) => new NdArray(Float32Array.from(values), [values.length]);
  const learned = {
    params: [{ weight: array(0.5, -0.5, 0.1, 0), bias: array(0.1) }],
    logDeviation: [{ weight: array(Math.log(0.5), Math.log(0.4), 0, 0) }],
  };

  test("sets to 0 what is below the threshold, and nothing else", () => {
    const { params, weights, remaining } = prune(learned, 1);
    expect([...params[0]!.weight!.data]).toEqual([0.5, -0.5, 0, 0]);
    expect([...params[0]!.bias!.data]).toEqual([Math.fround(0.1)]);
    expect([weights, remaining]).toEqual([4, 2]);
    expect(prune(learned, 1.1)).toMatchObject({ remaining: 1 });
    expect([...learned.params[0]!.weight.data][2]).toBe(Math.fround(0.1));
  });

  test("of threshold 0 keeps everything", () => {
    expect(prune(learned, 0)).toEqual({ params: learned.params, weights: 4, remaining: 4 });
  });

  test("refuses weights without deviations, and thresholds below 0", async () => {
    const plain = await train(model, data, { ...options, epochs: 1 });
    expect(() => prune(plain, 1)).toThrow(
      "prune: needs weights with learned deviations, received none: train with weightNoise learned",
    );
    expect(() => prune(learned, -1)).toThrow("prune: the threshold must be a finite number at least 0, received -1");
  });

  test("reports scores before and after, those before being the training's own", async () => {
    const result = await train(model, data, { ...options, weightNoise: { name: "learned" } });
    const rows = await pruningTable(model, data, result, [0, 1, 1e6], { backend, seed: 5 });
    expect(rows[0]).toMatchObject({ valid: result.valid, test: result.test.deterministic });
    expect(rows.map(({ remaining }) => remaining)).toEqual([55, expect.any(Number), 0]);
    // A network whose parameters are all 0 finds all classes equally likely.
    expect(rows[2]!.test.nll).toBeCloseTo(Math.log(3), 6);
  });
});
