import { describe, expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import type { LabelledDataset } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import { mlp } from "../models/mlp.ts";
import type { Classifier } from "../models/model.ts";
import { type ClassMetric, Diverged, type EpochMetrics, type Progress } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { abortAt, toyData } from "./testing.ts";
import { train, trainer } from "./train.ts";

const data = toyData();
const backend = referenceBackend();
const net = (estimator: "tanh" | "straight-through" = "tanh", units = 8): Classifier =>
  mlp({ input: [2, 2], hidden: [{ units, estimator }], classes: 3 });
const options: TrainOptions<ClassMetric> = { backend, epochs: 4, batch: 30, optimizer: { name: "adam", rate: 0.02 } };

describe("train", () => {
  test("learns, and its numbers are those of the selected epoch", async () => {
    const result = await train(net("straight-through", 16), data, { ...options, epochs: 40, test: "epoch" });
    const chosen = result.history[result.selectedEpoch - 1]!;
    expect(result.valid).toEqual(chosen.valid.deterministic);
    expect(result.test).toEqual(chosen.test);
    expect(result.valid.error).toBe(Math.min(...result.history.map((m) => m.valid.deterministic.error)));
    expect(result.selectedEpoch).toBe(
      1 + result.history.findIndex((m) => m.valid.deterministic.error === result.valid.error),
    );
    expect(result.test.deterministic.error).toBeLessThan(30); // one class always: about 50
    expect(result.test.stochastic).not.toEqual(result.test.deterministic);
  });

  test("gives the JSON object of the command line", async () => {
    const { params, ...result } = await train(net(), data, options);
    const json = JSON.parse(JSON.stringify(result));
    expect(Object.keys(json)).toEqual([
      "run",
      "seed",
      "epochs",
      "parameters",
      "train",
      "valid",
      "test",
      "examplesPerSecond",
      "seconds",
      "ranOn",
    ]);
    expect(json).toMatchObject({ run: null, seed: 1, epochs: 4, parameters: 4 * 8 + 8 + 8 * 3 + 3 });
    expect(Object.keys(json.test)).toEqual(["stochastic", "deterministic"]);
    expect(json.test.stochastic).toEqual(json.test.deterministic);
    expect(params.map(({ weight }) => weight!.shape)).toEqual([
      [4, 8],
      [8, 3],
    ]);
  });

  test("gives the same numbers for the same seed, others for another", async () => {
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map((seed) => train(net("straight-through"), data, { ...options, seed })),
    );
    expect(a!.params).toEqual(b!.params);
    expect(a!.test).toEqual(b!.test);
    expect(a!.params).not.toEqual(c!.params);
  });

  test("stops after `patience` epochs without a lower validation error", async () => {
    // A rate that changes nothing to speak of: the first epoch stays the best.
    const still: TrainOptions<ClassMetric> = { ...options, epochs: 20, optimizer: { name: "sgd", rate: 1e-9 } };
    const stopped = await train(net(), data, { ...still, patience: 3 });
    expect([stopped.epochs, stopped.selectedEpoch]).toEqual([4, 1]);
    expect((await train(net(), data, { ...still, epochs: 6 })).epochs).toBe(6);
  });

  test("never lets the test set decide", async () => {
    const swapped: LabelledDataset = { ...data, test: toyData({ test: 70 }).train };
    const [a, b] = [await train(net(), data, options), await train(net(), swapped, options)];
    expect(a.params).toEqual(b.params);
    expect(a.test).not.toEqual(b.test);
  });

  test("tells of progress and of epochs, by callbacks and as an iterator", async () => {
    const progress: Progress[] = [];
    const epochs: EpochMetrics[] = [];
    await train(net(), data, { ...options, onProgress: (p) => progress.push(p), onEpoch: (m) => epochs.push(m) });
    expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 3],
      [2, 6],
      [3, 9],
      [4, 12],
    ]);
    const ends = progress.filter(({ step, steps }) => step === steps);
    expect(ends.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    for (const { epochs, steps, loss, examplesPerSecond, secondsLeft } of progress) {
      expect([epochs, steps]).toEqual([4, 3]);
      expect(loss).toBeGreaterThan(0);
      expect(examplesPerSecond).toBeGreaterThan(0);
      expect(secondsLeft).toBeGreaterThanOrEqual(0);
    }
    expect(progress.at(-1)!.secondsLeft).toBe(0);
    expect(ends.map(({ loss }) => loss)).toEqual(epochs.map((m) => m.train.nll));
    expect(epochs.every((m) => m.test === undefined)).toBe(true);

    const kinds: string[] = [];
    for await (const event of trainer(net(), data, options)) kinds.push(event.kind);
    expect(kinds.filter((kind) => kind === "epoch").length).toBe(4);
  });

  test("gives the mean over the epoch's examples while it trains, the smaller last batch by its size", async () => {
    // A rate so small that nothing moves: the running score is the plain one of the first weights, over all 90 examples.
    const still: TrainOptions<ClassMetric> = {
      ...options,
      epochs: 1,
      batch: 40,
      optimizer: { name: "sgd", rate: 1e-12 },
    };
    const result = await train(net(), data, still);
    expect(result.history[0]!.train.nll).toBeCloseTo(result.train.nll, 6);
    expect(result.history[0]!.train.error).toBeCloseTo(result.train.error, 12);
  });

  test("enforces max-norm after every n-th step, on what n free steps have led to", async () => {
    const steps = 4;
    const short = {
      ...options,
      epochs: 1,
      batch: Math.ceil(data.train.size / steps),
      optimizer: { name: "sgd", rate: 3 },
    } as const;
    const run = async (more: TrainOptions) => (await train(net(), data, { ...short, ...more })).params;
    const free = await run({});
    const at = async (maxNormEvery: number) => run({ maxNorm: 0.5, maxNormEvery });
    expect(await at(steps + 1)).toEqual(free);
    expect(await at(1)).toEqual(await run({ maxNorm: 0.5 }));
    const last = await at(steps);
    let shortened = 0;
    for (const [layer, { weight, bias }] of last.entries()) {
      expect(bias).toEqual(free[layer]!.bias);
      const [rows, columns] = weight!.shape as [number, number];
      for (let unit = 0; unit < columns; unit++) {
        const column = (w: Float32Array): number[] => Array.from({ length: rows }, (_, i) => w[i * columns + unit]!);
        const before = column(free[layer]!.weight!.data as Float32Array);
        const factor = Math.min(1, 0.5 / Math.hypot(...before));
        shortened += Number(factor < 1);
        column(weight!.data as Float32Array).forEach((w, i) => expect(w).toBeCloseTo(factor * before[i]!, 5));
      }
    }
    expect(shortened).toBeGreaterThan(3);
    expect(await at(2)).not.toEqual(last);
  });

  test("says where a loss is no longer a number, at which rate, and what to try", async () => {
    const linear = mlp({ input: 4, hidden: [], classes: 3 });
    const wild: TrainOptions = { ...options, optimizer: { name: "sgd", rate: 3e38 } };
    await expect(train(linear, data, wild)).rejects.toThrow(
      /^train: the loss is NaN in epoch 1 at step [23], with a learning rate of 3e\+38: try a rate ten times lower, or clip/,
    );
    await expect(train(linear, data, wild)).rejects.toThrow(UserError);
    await expect(train(linear, data, wild)).rejects.toThrow(Diverged);
  });

  test("stops after the step in which the signal came, saying what is lost", async () => {
    await expect(train(net(), data, { ...options, signal: abortAt(2) })).rejects.toThrow(
      "train: interrupted in epoch 1 after step 2",
    );
    const controller = new AbortController();
    const stopped = train(net(), data, {
      ...options,
      epochs: 1_000_000,
      signal: controller.signal,
      onEpoch: () => setTimeout(() => controller.abort(), 0),
    });
    await expect(stopped).rejects.toMatchObject({ name: "Interrupted", runFolder: undefined });
  });
});

describe("the options of train", () => {
  test.each([
    [{ epochs: 0 }, "train: epochs must be a whole number at least 1, received 0"],
    [{ batch: 2.5 }, "train: batch must be a whole number at least 1, received 2.5"],
    [{ batch: "100" }, 'train: batch must be a whole number at least 1, received "100"'],
    [{ seed: -1 }, "train: seed must be a whole number at least 0 and below 4294967296, received -1"],
    [{ patience: 0 }, "train: patience must be a whole number at least 1, received 0"],
    [{ samples: 0 }, "train: samples must be a whole number at least 1, received 0"],
    [{ test: "never" }, 'train: test must be one of end, epoch, received "never"'],
    [{ optimizer: "adam" }, 'train: optimizer must be an object with a name, received "adam"'],
    [{ optimizer: { name: "adam", rate: 0.1, beta2: 1 } }, "train: optimizer.beta2 must be"],
    [{ schedule: { name: "cosine", final: 2 } }, "train: schedule.final must be"],
    [{ clip: null }, "train: clip must be an object, received null"],
    [{ inputDropout: 1 }, "train: inputDropout must be a finite number at least 0 and below 1, received 1"],
    [{ maxNormEvery: 0 }, "train: maxNormEvery must be a whole number at least 1, received 0"],
    [{ maxNorm: -1 }, "train: maxNorm must be a finite number above 0, received -1"],
    [{ runFolder: "" }, 'train: runFolder must be the path of a folder, received ""'],
    [{ checkpointSeconds: -1 }, "train: checkpointSeconds must be"],
    [{ threads: 2 }, "train: threads belong to a backend given by name"],
    [{ precision: "float32" }, "train: precision belongs to a backend given by name"],
    [{ backend: "wasm", precision: "bfloat16" }, 'wasm: precision must be one of float32, received "bfloat16"'],
    [{ backend: null }, "train: backend must be a backend or its name, received null"],
    [{ backend: "cuda" }, 'received "cuda"'],
    [{ onProgress: true }, "train: onProgress must be a function, received true"],
    [{ steps: 3 }, "train: steps: stands in place of epochs: give one of them, received 3"],
    [{ epoch: 3 }, "train: epoch: there is no such option, did you mean epochs?"],
    [{ learningRate: 3 }, "train: learningRate: there is no such option, did you mean optimizer.rate?"],
    [{ batch_size: 3 }, "train: batch_size: there is no such option, did you mean batch?"],
    [
      { optimizer: { name: "adam", lr: 3, rate: 1 } },
      "train: optimizer.lr: there is no such option, did you mean rate?",
    ],
    [
      { optimizer: "adam" },
      'train: optimizer must be an object with a name, received "adam": write { name: "adam", … }',
    ],
    [
      { zzz: 3 },
      /^train: zzz: there is no such option, the options are epochs, steps, batch, .{0,120}, … \(34 in all\)$/,
    ],
  ])("are refused as %o", async (change, message) => {
    await expect(train(net(), data, { ...options, ...(change as object) })).rejects.toThrow(message);
    await expect(train(net(), data, { ...options, ...(change as object) })).rejects.toBeInstanceOf(UserError);
  });

  test("come after a network and its data", async () => {
    await expect(train(data as never, net() as never)).rejects.toThrow("received the data: call train(model, data)");
    await expect(train(undefined as never, data)).rejects.toThrow("train: the first argument must be a network");
  });

  test("may be omitted or undefined", async () => {
    const result = await train(net(), data, { backend, epochs: undefined, seed: undefined, clip: undefined });
    expect([result.epochs, result.seed]).toEqual([10, 1]);
  });

  test.each([
    [
      mlp({ input: 5, hidden: [], classes: 3 }),
      data,
      "train: field x of toy must have 5 values [5] an example, it has 4 [2, 2]",
    ],
    [mlp({ input: 4, hidden: [], classes: 4 }), data, "train: field label of toy must have 4 classes, it has 3"],
    [net(), toyData({ valid: 0 }), "train: the valid split of toy must not be empty"],
  ])("must fit the data", async (model, data, message) => {
    await expect(train(model, data, options)).rejects.toThrow(message);
  });
});
