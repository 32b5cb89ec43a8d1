import type { Dataset } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { rateFor, updateFor } from "../optimizers/index.ts";
import { show } from "../rules.ts";
import { backendOf, create, reopen } from "./begin.ts";
import { lengthOf, type TrainingConfig } from "./config.ts";
import type { TrainEvent } from "./events.ts";
import { checkFit, resolveTraining, type TrainOptions } from "./options.ts";
import { restrainer } from "./restrain.ts";
import type { Trained } from "./result.ts";
import { Session, stepsIn } from "./session.ts";
import { incomingOf, initialState } from "./step.ts";

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
 * Rejects with UserError for an option that isn't as it must be, data with a value that isn't finite or a label outside of the classes,
 * data that don't fit the model, or a run folder that can't be used; with Diverged where the loss, a score, a parameter or other state is no
 * longer finite; with Interrupted after the signal was aborted.
 */
export async function train(model: Model, data: Dataset, options: TrainOptions = {}): Promise<Trained> {
  const events = trainer(model, data, options);
  // A warning that nobody asked for must be seen all the same.
  const { onWarning = ({ message }) => console.warn(message) } = options;
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
      const { kind, ...event } = value;
      if (kind === "progress") options.onProgress?.(event as Extract<TrainEvent, { kind: "progress" }>);
      else if (kind === "warning") onWarning(event as Extract<TrainEvent, { kind: "warning" }>);
      else options.onEpoch?.(event as Extract<TrainEvent, { kind: "epoch" }>);
    }
  } finally {
    // A handler that throws leaves the training, which releases its folder then.
    await events.return(undefined as never);
  }
}

/** Throws UserError for what a config can say and no training does yet. */
function refuseUntrained({ steps, validateEvery, optimizer: { parameters } }: TrainingConfig): void {
  for (const [option, value] of Object.entries({ steps, validateEvery, "optimizer.parameters": parameters }))
    if (value !== undefined) throw new UserError(`train: no training has ${option} yet, received ${show(value)}`);
}

/**
 * The same as an async iterator of what happens, whose return value is the result. Leaving it early (a `break` out of `for await`) leaves
 * the training and releases its run folder.
 */
export async function* trainer(
  model: Model,
  data: Dataset,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, Trained, void> {
  const config = resolveTraining(options);
  checkFit(model, data);
  const steps = stepsIn(data, config);
  refuseUntrained(config);
  const total = lengthOf(config, steps).steps;
  const rate = rateFor(config.optimizer.rate, config.schedule, { epoch: steps, total });
  const inSteps = restrainer(config) ? { ...config, maxNorm: undefined } : config;
  const optimizer = updateFor(inSteps, incomingOf(model));
  const fresh = initialState(model, optimizer, config.seed);
  const reopened = options.resume ? await reopen(model, data, config, options, fresh) : undefined;
  let folder = reopened?.folder;
  let end: (() => Promise<void>) | undefined;
  try {
    const borrowed = await backendOf(options, reopened?.snapshot.ranOn);
    end = borrowed.end;
    const { backend } = borrowed;
    const begun = reopened ?? (await create(model, data, config, options, fresh));
    folder = begun.folder;
    return yield* new Session({ model, data, config, backend, optimizer, rate, fresh, options, ...begun }).run();
  } finally {
    await end?.();
    await folder?.close();
  }
}
