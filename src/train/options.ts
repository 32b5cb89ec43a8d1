import type { Backend } from "../backends/backend.ts";
import type { Precision } from "../backends/precision.ts";
import type { BackendName } from "../backends/select.ts";
import { checkDataset } from "../data/check.ts";
import { isStreamed, type TrainingData } from "../data/dataset.ts";
import { type StopSignal, UserError } from "../errors.ts";
import { needsOf } from "../models/feed.ts";
import type { Model } from "../models/model.ts";
import { callError, type Mistake, received } from "../options/index.ts";
import { checkNumber, show } from "../rules.ts";
import { type GivenTraining, readTraining, type TrainingConfig } from "./config.ts";
import type { EpochMetrics, Look, Progress, Warning } from "./events.ts";
import type { TrainingLog } from "./log.ts";
import type { Snapshot } from "./snapshot.ts";

/** Options of `train`; everything has a default. */
export type TrainOptions<M extends string = string> = GivenTraining & RunOptions<M>;

/** A function of a method's variance: one that is given less may be given more. */
type Handler<E> = { handle(event: E): void }["handle"];

/** How a training runs and what it reports, without an effect on its numbers (up to rounding, for the backend). */
export interface RunOptions<M extends string = string> {
  /**
   * Where to run. A backend that was started stays as it is. A name starts one for this training, which ends it, however it ends. "auto",
   * the default, is what a resumed training ran on before, where that is there; else the current backend where `backend()` has started one,
   * else the fastest, for this training.
   */
  readonly backend?: Backend | BackendName | undefined;
  /** Threads of a backend that is given by name. */
  readonly threads?: number | undefined;
  /**
   * Of a backend that is given by name: "bfloat16" rounds the operands of large matrix products (default: "float32"), or what a resumed
   * training had.
   */
  readonly precision?: Precision | undefined;
  /** Stops after the current step, with a checkpoint where there is a run folder; `train` then rejects with Interrupted. */
  readonly signal?: StopSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Told of each validation: at the end of each epoch, or every `validateEvery` steps. */
  readonly onEpoch?: Handler<EpochMetrics<M>> | undefined;
  /** Numbers of steps after which `onLook` is called; 0 is before the first. A resumed training has looked already at what lies before. */
  readonly lookAt?: readonly number[] | undefined;
  readonly onLook?: ((look: Look) => void | Promise<void>) | undefined;
  /**
   * Told, before the first step and after each validation, of all that a training needs to resume there. It takes as much memory as the
   * parameters, the optimizer's state and those of a new best validation.
   */
  readonly onSnapshot?: Handler<Snapshot<M>> | undefined;
  /** Continue there, bit for bit as if it had not stopped (on the same backend). What `epochs` and `steps` say may be more than it was. */
  readonly from?: Snapshot<never> | undefined;
  /** Receives what may surprise, such as a resume on another backend (default: `console.warn`). */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
  /** A new or empty folder for config.json, metrics.jsonl and the checkpoint; needs a file system. */
  readonly runFolder?: string | undefined;
  /** Writes each validation in the format of another program, such as `tensorBoard` of heaviside/report. */
  readonly log?: TrainingLog | undefined;
  /** Continue the run of that folder, bit for bit as if it had not stopped (on the same backend). */
  readonly resume?: boolean | undefined;
  /** What config.json holds (default: the resolved options, the model and the data's name). */
  readonly config?: unknown;
  /**
   * Looks at the loss and the state after each step. Where a number isn't finite the step is run again on the reference backend, op by op, and `Diverged`
   * says which op gave the first (default: false). It changes no number of a training, and takes some of its time.
   */
  readonly debugNan?: boolean | undefined;
  /** Seconds between checkpoints within an epoch (default: 60). One is written after each epoch in any case. */
  readonly checkpointSeconds?: number | undefined;
}

const runKeys = [
  "backend",
  "threads",
  "precision",
  "signal",
  "onProgress",
  "onEpoch",
  "lookAt",
  "onLook",
  "onSnapshot",
  "from",
  "onWarning",
  "runFolder",
  "log",
  "resume",
  "config",
  "debugNan",
  "checkpointSeconds",
] as const satisfies readonly (keyof RunOptions)[];

/**
 * The training config that options stand for, with every default in its place.
 * Throws UserError naming the option, the rule and the value for any that isn't as it must be.
 */
export function resolveTraining(options: TrainOptions): TrainingConfig {
  if (typeof options !== "object" || options === null)
    throw callError("train", [{ path: [], text: received("must be given an object of options", options) }]);
  const mistakes: Mistake[] = [];
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const config = readTraining(given, mistakes, { rest: runKeys });
  if (mistakes.length > 0) throw callError("train", mistakes);
  checkRun(options);
  return config;
}

function checkRun({
  runFolder,
  log,
  resume,
  checkpointSeconds,
  threads,
  precision,
  backend,
  lookAt,
  from,
  debugNan,
  ...calls
}: RunOptions): void {
  if (backend === null || !["string", "object", "undefined"].includes(typeof backend))
    throw new UserError(`train: backend must be a backend or its name, received ${show(backend)}`);
  for (const name of ["onProgress", "onEpoch", "onLook", "onSnapshot", "onWarning"] as const)
    if (calls[name] !== undefined && typeof calls[name] !== "function")
      throw new UserError(`train: ${name} must be a function, received ${show(calls[name])}`);
  if (lookAt !== undefined) {
    if (!Array.isArray(lookAt)) throw new UserError(`train: lookAt must be a list of steps, received ${show(lookAt)}`);
    lookAt.forEach((step, i) => checkNumber(`train: lookAt[${i}]`, step, { whole: true, atLeast: 0 }));
  }
  if (runFolder !== undefined && (typeof runFolder !== "string" || runFolder === ""))
    throw new UserError(`train: runFolder must be the path of a folder, received ${show(runFolder)}`);
  if (log !== undefined && typeof log?.begin !== "function")
    throw new UserError(`train: log must be a log, such as tensorBoard("logs/first"), received ${show(log)}`);
  if (from !== undefined && (typeof from !== "object" || from === null || from.position === undefined))
    throw new UserError(`train: from must be a snapshot, as onSnapshot is given it, received ${show(from)}`);
  if (debugNan !== undefined && typeof debugNan !== "boolean")
    throw new UserError(`train: debugNan must be true or false, received ${show(debugNan)}`);
  if (resume && runFolder === undefined) throw new UserError("train: resume needs a runFolder to resume from");
  if (checkpointSeconds !== undefined) checkNumber("train: checkpointSeconds", checkpointSeconds, { atLeast: 0 });
  if (threads !== undefined && typeof backend === "object")
    throw new UserError("train: threads belong to a backend given by name, this one is running already");
  if (precision !== undefined && typeof backend === "object")
    throw new UserError("train: precision belongs to a backend given by name, this one is running already");
}

/** Throws UserError where a stage carries its state from batch to batch, and the batches don't continue each other. */
export function checkContinues({ stages, carried }: Model, { name, train }: TrainingData): void {
  if (!carried || (isStreamed(train) && train.contiguous)) return;
  const which = stages.flatMap(({ config, rows }) => (config.carryState ? [rows[0]!.name] : [])).join(", ");
  throw new UserError(
    `train: carryState of ${which || "a stage"} needs a stream whose batches continue each other, as the data set characters does, received ${name}: omit carryState (--carry-state)`,
  );
}

/** Throws UserError where the model is none, where the data are not as they must be, or lack something that the model reads. */
export function checkFit(model: Model, data: TrainingData): void {
  if (typeof model?.head !== "object" || typeof model.init !== "function") {
    const swapped = typeof (data as unknown as Partial<Model> | undefined)?.init === "function";
    throw new UserError(
      `train: the first argument must be a network, such as mlp and network make, received ${swapped ? "the data: call train(model, data)" : show(model)}`,
    );
  }
  checkDataset("train", data, needsOf(model));
}
