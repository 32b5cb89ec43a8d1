import type { TrainingData } from "../data/dataset.ts";
import type { Model } from "../models/model.ts";
import { rateFor, updateFor } from "../optimizers/index.ts";
import { augmentationFor } from "./augment.ts";
import { backendOf, continued, create, reopen } from "./begin.ts";
import type { TrainEvent } from "./events.ts";
import { clockOf, lengthOf } from "./length.ts";
import { withLog } from "./log.ts";
import { checkContinues, checkFit, resolveTraining, type TrainOptions } from "./options.ts";
import { restrainer } from "./restrain.ts";
import type { Trained } from "./result.ts";
import { checkBatch } from "./room.ts";
import { Session } from "./session.ts";
import { withSilence } from "./silence.ts";
import { incomingOf, initialState } from "./step.ts";
import { weightNoiseFor } from "./weight-noise/index.ts";

/**
 * Trains a network by mini-batch descent on the mean of its examples' losses and keeps the parameters of the best validation (by the metric and
 * the readout that its head names; the earliest of equals). The test set decides nothing: it is read at the end, for those parameters.
 *
 * With the same seed, backend and data the result is the same bit for bit, for any number of threads, and also when the run was stopped
 * and resumed at any step.
 *
 * A network's thresholds (of gates that its deterministic readout opens) are fitted before each validation, to the first 5,000
 * training examples; they are parameters like others, kept with them and selected with them.
 *
 * Training examples may be streamed: what is said of them is then the running score of the best validation, and a schedule that counts in epochs
 * needs the stream's size.
 *
 * Rejects with UserError for an option that isn't as it must be, data that lack what the network reads, have a value that isn't finite or a label
 * outside of the classes, or a run folder that can't be used; with Diverged where the loss, a score, a parameter or other state is no
 * longer finite; with Interrupted after the signal was aborted.
 */
export async function train<M extends string>(
  model: Model<M>,
  data: TrainingData,
  options: TrainOptions<NoInfer<M>> = {},
): Promise<Trained<M>> {
  const events = trainer(model, data, options);
  // A warning that nobody asked for must be seen all the same.
  const { onWarning = ({ message }) => console.warn(message) } = options;
  try {
    for (;;) {
      const { done, value: event } = await events.next();
      if (done) return event;
      if (event.kind === "progress") options.onProgress?.(withoutKind(event));
      else if (event.kind === "epoch") options.onEpoch?.(withoutKind(event));
      else if (event.kind === "look") await options.onLook?.(withoutKind(event));
      else onWarning(withoutKind(event));
    }
  } finally {
    // A handler that throws leaves the training, which releases its folder then.
    await events.return(undefined as never);
  }
}

const withoutKind = <E extends { readonly kind: string }>({ kind: _, ...event }: E): Omit<E, "kind"> => event;

/**
 * The same as an async iterator of what happens, whose return value is the result. Leaving it early (a
 * `break` out of `for await`) leaves the training and releases its run folder. Throws UserError as `train`
 * does.
 */
export async function* trainer<M extends string>(
  model: Model<M>,
  data: TrainingData,
  options: TrainOptions<NoInfer<M>> = {},
): AsyncGenerator<TrainEvent<M>, Trained<M>, void> {
  const config = resolveTraining(options);
  checkFit(model, data);
  checkContinues(model, data);
  checkBatch(config, model, data);
  const augmented = augmentationFor(config, model, data);
  const length = lengthOf(data, config);
  const rate = rateFor(config.optimizer.rate, config.schedule, clockOf(length, config));
  const inSteps = restrainer(config) ? { ...config, maxNorm: undefined } : config;
  const optimizer = updateFor(inSteps, incomingOf(model));
  const weightNoise = weightNoiseFor(config, model, data.train.size);
  const fresh = initialState(model, optimizer, config.seed, { weightNoise, batch: config.batch });
  const reopened = options.resume
    ? await reopen(model, data, config, options, fresh)
    : options.from && continued(model, data, config, options, options.from);
  let folder = reopened?.folder;
  let end: (() => Promise<void>) | undefined;
  try {
    const borrowed = await backendOf(options, reopened?.snapshot.ranOn);
    end = borrowed.end;
    const { backend } = borrowed;
    const begun = reopened ?? (await create(model, data, config, options, fresh));
    folder = begun.folder;
    // Most trainings need no debugger, and most pages that train need none of its code.
    const Debugger = options.debugNan ? (await import("./debug-nan/debugger.ts")).NanDebugger : undefined;
    const session = new Session({
      Debugger,
      model,
      data,
      augmented,
      config,
      length,
      backend,
      optimizer,
      rate,
      weightNoise,
      fresh,
      options,
      ...begun,
    });
    const { identity, metrics: history } = begun.snapshot;
    const logged = { model, config: options.config ?? identity, history, params: session.params };
    return yield* withSilence(withLog(session.run(), options.log, logged));
  } finally {
    await end?.();
    await folder?.close();
  }
}
