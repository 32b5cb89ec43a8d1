import type { Backend } from "../backends/backend.ts";
import { compile } from "../compile.ts";
import { batchCount, batches, shuffled } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { constant, evaluate, NdArray, type Tensor, type Tree } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import { rateFor, updateFor } from "../optimizers/index.ts";
import { Resident, resident } from "../resident.ts";
import { backendOf, begin } from "./begin.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import type { TrainingConfig } from "./config.ts";
import { evaluator } from "./evaluate.ts";
import { Diverged, type EpochMetrics, Interrupted, type Score, type TrainEvent } from "./events.ts";
import { thresholdFitter } from "./fit.ts";
import { checkFit, resolveTraining, type TrainOptions } from "./options.ts";
import { pacer, pause } from "./pause.ts";
import { restrainer } from "./restrain.ts";
import { type Trained, trained } from "./result.ts";
import { type Position, toCheckpoint } from "./snapshot.ts";
import { incomingOf, initialState, type TrainingState, trainingStep } from "./step.ts";

/**
 * Trains a model by mini-batch descent on the mean of its examples' losses and keeps the parameters of the epoch with the lowest
 * validation error (deterministic readout; the earliest of equals). The test set decides nothing: it is read at the end, for that epoch.
 *
 * With the same seed, backend and data the result is the same bit for bit, for any number of threads, and also when the run was stopped
 * and resumed at any step.
 *
 * A model's thresholds (of gates that its deterministic readout opens) are fitted after each epoch's steps, to the first 5,000
 * training examples; they are parameters like others, kept with them and selected with them.
 *
 * Rejects with UserError for an option that isn't as it must be, data that don't fit the model, a loss that is no longer a
 * number, or a run folder that can't be used; with Interrupted after the signal was aborted.
 */
export async function train(model: Model, data: Dataset, options: TrainOptions = {}): Promise<Trained> {
  const events = trainer(model, data, options);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
    const { kind, ...event } = value;
    if (kind === "progress") options.onProgress?.(event as Extract<TrainEvent, { kind: "progress" }>);
    else options.onEpoch?.(event as Extract<TrainEvent, { kind: "epoch" }>);
  }
}

/** The same as an async iterator of what happens, whose return value is the result. Leaving it early leaves the training. */
export async function* trainer(
  model: Model,
  data: Dataset,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, Trained, void> {
  const config = resolveTraining(options);
  checkFit(model, data);
  const { backend, end } = await backendOf(options);
  try {
    return yield* training(model, data, config, { ...options, backend });
  } finally {
    await end();
  }
}

async function* training(
  model: Model,
  data: Dataset,
  config: TrainingConfig,
  options: TrainOptions & { readonly backend: Backend },
): AsyncGenerator<TrainEvent, Trained, void> {
  const { backend, signal } = options;
  const steps = batchCount(data.train.size, config.batch, { last: "keep" });
  const restrain = restrainer(model, backend, config);
  const optimizer = updateFor(restrain ? { ...config, maxNorm: undefined } : config, incomingOf(model));
  const rate = rateFor(config.optimizer.rate, config.schedule, { epoch: steps, total: steps * config.epochs });
  const fresh = initialState(model, optimizer, config.seed);
  const { folder, snapshot } = await begin(model, data, config, options, fresh);
  const { identity, position } = snapshot;
  const metrics = [...snapshot.metrics];
  let best = snapshot.best;

  const state = resident<TrainingState<Tensor>>(snapshot.state as never, { backend });
  const params = new Resident<Params<Tensor>>((state.tree as unknown as { params: Tree<never> }).params, backend);
  const step = compile(trainingStep(model, optimizer, rate, config), { backend });
  const evaluation = evaluator(model, backend, { seed: config.seed, samples: config.samples, signal });

  const fitThresholds = thresholdFitter(model, backend);

  const clock = stopwatch(position.seconds);
  const pace = stopwatch(0);
  const saveDue = pacer(1000 * (options.checkpointSeconds ?? 60));
  const pauseDue = pacer(50);
  let stepsHere = 0;

  const save = async (): Promise<void> => {
    if (!folder) return;
    position.seconds = clock();
    const now = { identity, position, metrics, best, state: state.read() as unknown as TrainingState<NdArray> };
    await folder.save(encodeCheckpoint(toCheckpoint(now)));
  };
  const stopped = (): Interrupted => new Interrupted(position.epoch, position.batch, folder?.path);
  const stale = (): number => metrics.length - (best?.epoch ?? 0);
  const finished = (): boolean =>
    position.epoch > config.epochs || (config.patience !== undefined && stale() >= config.patience);

  if (!options.resume) await save();

  while (!finished()) {
    const order = shuffled(data.train.size, config.seed, position.epoch).subarray(position.batch * config.batch);
    for (const batch of batches(data.train, config.batch, order, { last: "keep" })) {
      const before = performance.now();
      const x = new NdArray(batch.inputs, [batch.size, ...model.inputShape]);
      const { loss, wrong, open } = step(state as never, x as never, batch.labels as never) as {
        loss: NdArray;
        wrong: NdArray;
        open: readonly NdArray[];
      };
      position.stepSeconds += (performance.now() - before) / 1000;
      if (!Number.isFinite(loss.item())) throw diverged(position, loss.item(), steps, rate);
      position.batch++;
      restrain?.(params, (position.epoch - 1) * steps + position.batch);
      position.loss += loss.item() * batch.size;
      position.wrong += wrong.item();
      position.open = open.map((share, i) => (position.open[i] ?? 0) + share.item() * batch.size);
      position.examples += batch.size;
      position.trained += batch.size;
      stepsHere++;

      if (pauseDue() || position.batch === steps) {
        const left = (config.epochs - position.epoch) * steps + steps - position.batch;
        yield {
          kind: "progress",
          epoch: position.epoch,
          epochs: config.epochs,
          step: position.batch,
          steps,
          loss: position.loss / position.examples,
          examplesPerSecond: position.trained / position.stepSeconds,
          secondsLeft: (pace() / stepsHere) * left,
        };
        await pause();
      }
      if (signal?.aborted) {
        await save();
        throw stopped();
      }
      if (saveDue()) await save();
    }

    let valid: EpochMetrics["valid"];
    let test: EpochMetrics["test"];
    fitThresholds(params, data.train);
    try {
      valid = await evaluation.scores(params, data.valid);
      test = config.test === "epoch" ? await evaluation.scores(params, data.test) : undefined;
    } catch (error) {
      if (!signal?.aborted) throw error;
      await save();
      throw stopped();
    }
    if (best === undefined || valid.deterministic.error < best.valid.error)
      best = { epoch: position.epoch, valid: valid.deterministic, params: params.read() as unknown as Params<NdArray> };
    const epoch: EpochMetrics = {
      epoch: position.epoch,
      step: position.epoch * steps,
      train: runningScore(position),
      valid,
      ...(test && { test }),
      examplesPerSecond: position.trained / position.stepSeconds,
      seconds: clock(),
    };
    metrics.push(epoch);
    Object.assign(position, { epoch: position.epoch + 1, batch: 0, loss: 0, wrong: 0, examples: 0, open: [] });
    await folder?.append(epoch);
    await save();
    yield { kind: "epoch", ...epoch };
  }

  const chosen = best!;
  const selected = resident<Params<Tensor>>(chosen.params as never, { backend });
  try {
    const train = await evaluation.score(selected, data.train, "deterministic");
    const test = await evaluation.scores(selected, data.test);
    return trained({
      summary: {
        run: folder?.path ?? null,
        seed: config.seed,
        epochs: metrics.length,
        train,
        valid: chosen.valid,
        test,
        examplesPerSecond: position.trained / position.stepSeconds,
        seconds: clock(),
      },
      best: chosen,
      history: metrics,
    });
  } catch (error) {
    throw signal?.aborted ? stopped() : error;
  }
}

/** The epoch so far, as it went. */
function runningScore({ loss, wrong, open, examples }: Position): Score {
  return {
    nll: loss / examples,
    error: (100 * wrong) / examples,
    ...(open.length > 0 && { gates: open.map((total) => ({ open: total / examples })) }),
  };
}

/** Seconds since it was made, on top of those given. */
function stopwatch(before: number): () => number {
  const start = performance.now();
  return () => before + (performance.now() - start) / 1000;
}

function diverged({ epoch, batch }: Position, loss: number, steps: number, rate: (step: Tensor) => Tensor): Diverged {
  const total = (epoch - 1) * steps + batch;
  // The rate is a float32: six digits are what it holds for sure.
  const at = Number(
    evaluate([rate(constant(total, "int32"))])[0]!
      .item()
      .toPrecision(6),
  );
  return new Diverged(
    `train: the loss is ${loss} in epoch ${epoch} at step ${batch + 1}, with a learning rate of ${at}: try a rate ten times lower, or clip: { norm: 1 }`,
  );
}
