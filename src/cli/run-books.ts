import type { Backend } from "../backends/backend.ts";
import type { LabelledDataset } from "../data/index.ts";
import { accountsOf, freshState, type Subject, type Timing, timingOf } from "../experiments/cost/ledger.ts";
import { everythingEvaluated } from "../models/everything-evaluated.ts";
import type { Model } from "../models/model.ts";
import type { Trained, TrainingConfig } from "../train/index.ts";
import { pause } from "../train/pause.ts";
import type { Books } from "./cost-text.ts";

const ROUNDS = 5;
const SECONDS = 0.05;

/**
 * The books of a training that is done, in a second or two: multiply-adds, and times at its own batch size against the same network worked
 * out densely. Undefined for a network without gates. Rejects with the signal's reason when it is aborted.
 */
export async function runBooks(
  model: Model,
  data: LabelledDataset,
  { params }: Pick<Trained, "params">,
  training: TrainingConfig,
  on: Backend,
  signal: AbortSignal,
): Promise<Books | undefined> {
  if (!model.layers.some(({ gates }) => gates)) return undefined;
  const dense = everythingEvaluated(model);
  const subject: Subject = {
    ...{ model, dense, denseState: freshState(dense, training), training },
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
