import type { NdArray } from "../graph/index.ts";
import type { Model, Params } from "../models/model.ts";
import type { EpochMetrics, TrainEvent } from "./events.ts";
import type { Trained } from "./result.ts";

/** What a log receives before the first step. */
export interface Logged {
  /** The network. */
  readonly model: Model;
  /** What config.json holds: the options of the training. */
  readonly config: unknown;
  /** The validations that a resumed training has behind it; none of a new one. */
  readonly history: readonly EpochMetrics<string>[];
}

/** Where a training writes its numbers, in a format of another program. Each call is awaited. */
export interface TrainingLog {
  /** Before the first step. Throws UserError where nothing can be written. */
  begin(training: Logged): Promise<void>;
  /**
   * After each validation and its checkpoint.
   * @param params a copy of the parameters as they were validated
   */
  epoch(metrics: EpochMetrics<string>, params: () => Params<NdArray>): Promise<void>;
  /** With the result of the training, where it comes to its end. */
  end(result: Trained<string>): Promise<void>;
}

/** The events of a training, each validation written by a log. */
export async function* withLog<M extends string>(
  events: AsyncGenerator<TrainEvent<M>, Trained<M>, void>,
  log: TrainingLog | undefined,
  { params, ...training }: Logged & { readonly params: () => Params<NdArray> },
): AsyncGenerator<TrainEvent<M>, Trained<M>, void> {
  if (!log) return yield* events;
  await log.begin(training);
  let ended: { readonly result: Trained<M> } | undefined;
  async function* all() {
    ended = { result: yield* events };
  }
  for await (const event of all()) {
    if (event.kind === "epoch") await log.epoch(event, params);
    yield event;
  }
  await log.end(ended!.result as Trained<string>);
  return ended!.result;
}
