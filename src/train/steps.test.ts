/** Trainings that are counted in steps: how long, when they are validated, and what is seen of them on the way. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referenceBackend } from "../backends/reference/reference.ts";
import { UserError } from "../errors.ts";
import { mlp } from "../models/mlp.ts";
import { type ClassMetric, type EpochMetrics, Interrupted, type Look, type Progress } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import type { Trained } from "./result.ts";
import { abortAt, remains, toyData } from "./testing.ts";
import { train, trainer } from "./train.ts";

const data = toyData();
const model = mlp({ input: [2, 2], hidden: [{ units: 4, estimator: "score-function-moving-average" }], classes: 3 });
/** Five steps an epoch, the last with ten examples. */
const options: TrainOptions<ClassMetric> = {
  ...{ batch: 20, seed: 9, backend: referenceBackend() },
  optimizer: { name: "adam", rate: 0.02, parameters: { bias: { name: "momentum", rate: 0.05 } } },
};
/** Examples of a step, from 1. */
const sizeOf = (step: number): number => (step % 5 === 0 ? 10 : 20);

let home: string;
let folders = 0;
const newFolder = (): string => join(home, String(folders++));
/** A training that is validated after each of its 13 steps: what is known of each. */
let each: readonly EpochMetrics[];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "steps-"));
  each = (await train(model, data, { ...options, steps: 13, validateEvery: 1 })).history;
});
afterAll(() => rm(home, { recursive: true, force: true }));

const stepsOf = ({ history }: Trained): number[][] => history.map(({ epoch, step }) => [epoch, step]);

describe("validations", () => {
  test.each<[string, TrainOptions<ClassMetric>, number[][], number]>([
    ["at each epoch's end and after the last step", { steps: 7 }, [[1, 5], [2, 7]], 2], // biome-ignore format: rows
    ["every four steps, across epochs", { steps: 13, validateEvery: 4 }, [[1, 4], [2, 8], [3, 12], [3, 13]], 3], // biome-ignore format: rows
    ["every four steps of two epochs", { epochs: 2, validateEvery: 4 }, [[1, 4], [2, 8], [2, 10]], 2], // biome-ignore format: rows
    ["rarer than epochs", { steps: 13, validateEvery: 11 }, [[3, 11], [3, 13]], 3], // biome-ignore format: rows
    ["once, where a training has fewer steps", { steps: 3, validateEvery: 100 }, [[1, 3]], 1],
    ["once, at the last step of an epoch", { steps: 10, validateEvery: 10 }, [[2, 10]], 2],
  ])("%s", async (_, given, expected, epochs) => {
    const progress: Progress[] = [];
    const result = await train(model, data, { ...options, ...given, onProgress: (p) => progress.push(p) });
    expect(stepsOf(result)).toEqual(expected);
    expect(result.epochs).toBe(epochs);
    expect(progress.at(-1)).toMatchObject({ epochs, epoch: epochs, steps: 5, secondsLeft: 0 });
  });

  test("say how it went since the one before, example by example, and change nothing of the training", async () => {
    const { history, params, valid, selectedEpoch } = await train(model, data, {
      ...options,
      steps: 13,
      validateEvery: 4,
    });
    for (const [i, { step, train: since, valid: now }] of history.entries()) {
      const steps = each.slice(history[i - 1]?.step ?? 0, step);
      const examples = steps.reduce((sum, one) => sum + sizeOf(one.step), 0);
      for (const metric of ["nll", "error"] as const)
        expect(since[metric]).toBeCloseTo(steps.reduce((sum, one) => sum + one.train[metric] * sizeOf(one.step), 0) / examples, 9); // biome-ignore format: one line
      expect(now).toEqual(each[step - 1]!.valid);
    }
    // The first of the lowest errors.
    const errors = history.map((one) => one.valid.deterministic.error);
    const best = history[errors.indexOf(Math.min(...errors))]!;
    expect([valid, selectedEpoch]).toEqual([best.valid.deterministic, best.epoch]);
    const short = await train(model, data, { ...options, steps: best.step, validateEvery: best.step });
    expect(params).toEqual(short.params);
  });

  test("are what patience counts", async () => {
    const still: TrainOptions<ClassMetric> = { ...options, optimizer: { name: "sgd", rate: 1e-12 }, patience: 2 };
    const stopped = await train(model, data, { ...still, steps: 40, validateEvery: 3 });
    expect(stepsOf(stopped)).toEqual([[1, 3], [2, 6], [2, 9]]); // biome-ignore format: rows
    expect([stopped.epochs, stopped.selectedEpoch]).toEqual([2, 1]);
    // By the errors of all steps: how often one in a row isn't below all before it.
    const errors = each.map(({ valid }) => valid.deterministic.error);
    for (const patience of [1, 2]) {
      const end = errors.findIndex((_, i) => {
        const best = errors.indexOf(Math.min(...errors.slice(0, i + 1)));
        return i - best >= patience;
      });
      const found = await train(model, data, { ...options, steps: 13, validateEvery: 1, patience });
      expect(found.history.length, `${errors}`).toBe(end === -1 ? 13 : end + 1);
    }
    // A validation in the middle of an epoch is enough to end it; its last step isn't.
    expect(stepsOf(await train(model, data, { ...still, epochs: 9, patience: 1 }))).toEqual([[1, 5], [2, 10]]); // biome-ignore format: rows
  });

  test.each([
    [{ steps: 0 }, "train: steps must be a whole number at least 1, received 0"],
    [{ steps: 2.5 }, "train: steps must be a whole number at least 1, received 2.5"],
    [{ steps: 5, epochs: 2 }, "train: steps: stands in place of epochs: give one of them, received 5"],
    [{ validateEvery: 0 }, "train: validateEvery must be a whole number at least 1, received 0"],
    [{ validateEvery: "5" }, 'train: validateEvery must be a whole number at least 1, received "5"'],
    [{ onLook: 5 }, "train: onLook must be a function, received 5"],
  ])("%o is refused", async (change, message) => {
    const refused = train(model, data, { ...options, ...(change as object) });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UserError);
  });
});

describe("stopped anywhere and resumed it is the same, bit for bit:", () => {
  test("after each step, that of an epoch's end and those before a validation among them, and in each evaluation", async () => {
    const plain = mlp({ input: [2, 2], hidden: [{ units: 4, estimator: "tanh" }], classes: 3 });
    // Two steps an epoch, of 60 and 30 examples.
    const all = {
      ...options,
      batch: 60,
      steps: 5,
      validateEvery: 3,
      schedule: { name: "cosine", warmup: 0.4 },
    } as const;
    const straight = newFolder();
    const expected = await remains(straight, await train(plain, data, { ...all, runFolder: straight }));
    expect(expected.metrics.map(({ epoch, step }) => [epoch, step])).toEqual([[2, 3], [3, 5]]); // biome-ignore format: rows
    const seen: string[] = [];
    for (let stop = 1; ; stop++) {
      const runFolder = newFolder();
      const stopped = await train(plain, data, { ...all, runFolder, signal: abortAt(stop) }).catch((error) => error);
      if (!(stopped instanceof Error)) break;
      expect(stopped).toBeInstanceOf(Interrupted);
      seen.push(`${(stopped as Interrupted).epoch} ${(stopped as Interrupted).step}`);
      const resumed = await train(plain, data, { ...all, runFolder, resume: true });
      expect(await remains(runFolder, resumed), `stop ${stop}`).toEqual(expected);
    }
    // After the last step: before its validation, in that, and in both readings of the best parameters at the end.
    expect(seen).toEqual(["1 1", "1 2", "2 1", "2 1", "2 2", "3 1", "3 1", "3 1", "3 1"]);
  });

  test("with more steps than before, where no schedule's length depends on them", async () => {
    const runFolder = newFolder();
    await train(model, data, { ...options, runFolder, steps: 6, validateEvery: 3 });
    const more = { ...options, steps: 9, validateEvery: 3 } as const;
    const longer = await train(model, data, { ...more, runFolder, resume: true });
    const other = newFolder();
    const atOnce = await train(model, data, { ...more, runFolder: other });
    expect({ ...(await remains(runFolder, longer)) }).toEqual(await remains(other, atOnce));
    await expect(train(model, data, { ...more, validateEvery: 4, runFolder, resume: true })).rejects.toThrow("training.validateEvery must stay"); // biome-ignore format: one line
    const cosine = { ...options, schedule: { name: "cosine" }, runFolder: newFolder() } as const;
    await train(model, data, { ...cosine, steps: 2 });
    await expect(train(model, data, { ...cosine, steps: 3, resume: true })).rejects.toThrow("training.steps must stay");
  });
});

describe("looks", () => {
  const lookAt = [0, 3, 7, 99];
  /** What a look says, with the loss of the steps that it is a mean of. */
  const meanOf = (from: number, to: number): number =>
    each.slice(from, to).reduce((sum, { train: { nll } }) => sum + nll, 0) / (to - from);
  const looked = async (given: Partial<TrainOptions<ClassMetric>>, restart = true) => {
    const seen: { step: number; loss: number; state: ReturnType<Look["read"]>; params: unknown }[] = [];
    const onLook = async (look: Look) => {
      // What awaits something is awaited: the training doesn't move meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push({ step: look.step, loss: look.loss, state: look.read(), params: look.params.read() });
      if (restart && look.step === 3) look.restart();
    };
    const ended = await train(model, data, { ...options, steps: 10, lookAt, onLook, ...given }).catch((error) => error);
    return { seen, ended };
  };

  test("show the training after the steps asked for, the first before any, and the mean loss of the steps since a restart", async () => {
    const { seen } = await looked({});
    expect(seen.map(({ step, state }) => [step, state.step.item()])).toEqual([[0, 0], [3, 3], [7, 7]]); // biome-ignore format: rows
    const [first, second, third] = seen;
    expect(first!.loss).toBeNaN();
    expect(first!.state.params).toEqual(model.init(9).params);
    for (const { state, params } of seen) expect(params).toEqual(state.params);
    expect(second!.loss).toBeCloseTo(meanOf(0, 3), 12);
    expect(third!.loss).toBeCloseTo(meanOf(3, 7), 12);
    expect((await looked({}, false)).seen[2]!.loss).toBeCloseTo(meanOf(0, 7), 12);
    expect(third!.state.params).toEqual((await train(model, data, { ...options, steps: 7, validateEvery: 7 })).params);
  });

  test("are events of the iterator, before the validation after the same step", async () => {
    const kinds: string[] = [];
    for await (const event of trainer(model, data, { ...options, steps: 3, lookAt: [0, 3] }))
      if (event.kind !== "progress") kinds.push(event.kind);
    expect(kinds).toEqual(["look", "look", "epoch"]);
  });

  test("are not repeated by a resume for what lies before, and come again for what was lost", async () => {
    const { seen: straight } = await looked({});
    for (const stop of [2, 3, 5]) {
      const runFolder = newFolder();
      const { seen: before, ended } = await looked({ runFolder, signal: abortAt(stop) });
      expect(ended).toBeInstanceOf(Interrupted);
      expect(before.map(({ step }) => step)).toEqual(stop < 3 ? [0] : [0, 3]);
      const { seen: after } = await looked({ runFolder, resume: true });
      expect([...before, ...after]).toEqual(straight);
    }
    // A handler that fails ends the training and leaves its folder to be resumed, from the last checkpoint before it.
    const runFolder = newFolder();
    const failing = { runFolder, onLook: ({ step }: Look) => { if (step === 7) throw new Error("no more room"); } }; // biome-ignore format: one line
    expect(((await looked(failing)).ended as Error).message).toBe("no more room");
    expect((await looked({ runFolder, resume: true })).seen.slice(-1)).toEqual([
      { ...straight[2]!, loss: expect.any(Number) },
    ]);
  });
});
