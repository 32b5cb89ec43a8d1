import type { Backend } from "../backends/backend.ts";
import type { Dataset } from "../data/index.ts";
import { everythingEvaluated } from "../models/everything-evaluated.ts";
import type { Model } from "../models/model.ts";
import type { Trained, TrainingConfig } from "../train/index.ts";
import { pause } from "../train/pause.ts";
import type { Account } from "./account.ts";
import type { Match } from "./match.ts";
import { accountsOf, freshState, type Phase, type Subject, type Timing, timingOf } from "./timings.ts";

const ROUNDS = 5;
const SECONDS = 0.05;

/** What a trained network costs: multiply-adds of an example, and latency. */
export interface Cost {
  readonly accounts: Record<Phase, Account>;
  readonly timings: readonly Timing[];
  readonly match?: Match | undefined;
}

/** Whether multiply-adds were counted that something can skip: blocks behind gates, steps, or products with spikes. */
export const countsSkipped = (accounts: Record<Phase, Account>): boolean =>
  Object.values(accounts).some(({ open }) => open.length > 0);

/** Whether it has blocks that gates can close, so that skipping them can save something. */
export const skips = ({ layers }: Pick<Model, "layers">): boolean => layers.some(({ gates }) => gates);

/**
 * What a network costs whose training is done, measured in a second or two: multiply-adds, and times at its own batch size, against the same
 * network with nothing skipped where it has gates. Rejects with the signal's reason when it is aborted.
 */
export async function costOf(
  model: Model,
  data: Dataset,
  { params }: Pick<Trained, "params">,
  training: TrainingConfig,
  on: Backend,
  signal: AbortSignal,
): Promise<Cost> {
  const dense = skips(model) ? everythingEvaluated(model) : undefined;
  const subject: Subject = {
    ...{ model, dense, denseState: dense && freshState(dense, training), training },
    state: { ...freshState(model, training), params },
  };
  const batch = Math.min(training.batch, data.train.size);
  const timings: Timing[] = [];
  for (const phase of ["training", "inference"] as const)
    timings.push(
      await timingOf(subject, data, {
        ...{ phase, batch, backend: on, rounds: ROUNDS, seconds: SECONDS },
        async onRound() {
          await pause();
          signal.throwIfAborted();
        },
      }),
    );
  return { accounts: accountsOf(subject, data, on), timings };
}
