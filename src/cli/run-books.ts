import type { Backend } from "../backends/backend.ts";
import type { Dataset } from "../data/index.ts";
import { accountsOf, type Timing, timingOf } from "../experiments/cost/ledger.ts";
import { everythingEvaluated } from "../models/everything-evaluated.ts";
import type { Model } from "../models/model.ts";
import { updateFor } from "../optimizers/index.ts";
import type { Trained, TrainingConfig } from "../train/index.ts";
import { incomingOf, initialState } from "../train/step.ts";
import type { Books } from "./cost-text.ts";

const ROUNDS = 5;
const SECONDS = 0.05;

/**
 * The books of a training that is done, in a second or two: multiply-adds, and times at its own batch size against the same network worked
 * out densely. Undefined for a network without gates.
 */
export async function runBooks(
  model: Model,
  data: Dataset,
  { params }: Pick<Trained, "params">,
  training: TrainingConfig,
  on: Backend,
): Promise<Books | undefined> {
  if (!model.layers.some(({ gates }) => gates)) return undefined;
  const optimizer = updateFor(training, incomingOf(model));
  const { seed } = training;
  const batch = Math.min(training.batch, data.train.size);
  const state = { ...initialState(model, optimizer, seed), params };
  const subject = { ...{ model, dense: everythingEvaluated(model), state, optimizer }, ...{ seed, batch } };
  const timings: Timing[] = [];
  for (const phase of ["training", "inference"] as const)
    timings.push(await timingOf(subject, data, { phase, batch, backend: on, rounds: ROUNDS, seconds: SECONDS }));
  return { accounts: accountsOf(subject, data, on), timings };
}
