import type { Backend } from "../../backends/backend.ts";
import { resident } from "../../compile/resident.ts";
import type { TrainingData } from "../../data/dataset.ts";
import type { StopSignal } from "../../errors.ts";
import type { Tensor } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { evaluator } from "../evaluate.ts";
import type { Score } from "../events.ts";
import { type LearnedWeights, prune } from "./prune.ts";

/** A network after one pruning: how many of its noisy weights remain, and how good it is by the readout that selects its epochs. */
export interface PruningRow<M extends string> {
  /** The threshold on |μ| / σ. */
  readonly threshold: number;
  /** Noisy weights in all. */
  readonly weights: number;
  /** Noisy weights that are kept. */
  readonly remaining: number;
  /** The score on the validation set. */
  readonly valid: Score<M>;
  /** The score on the test set. */
  readonly test: Score<M>;
}

/** Where and with which noise the pruned networks are scored. */
export interface PruningOptions {
  /** The backend that scores them. */
  readonly backend: Backend;
  /** Of the noise of a head that is scored with samples. */
  readonly seed: number;
  /** Noise samples for each example (default: 1). */
  readonly samples?: number | undefined;
  /** Stops the scoring; then it rejects with the signal's reason. */
  readonly signal?: StopSignal | undefined;
}

/**
 * What pruning costs, one row for each threshold; a first one of 0 is the network before it. Throws as `prune`; rejects with the signal's reason
 * when it is aborted. Graves, "Practical variational inference for neural networks", 2011.
 */
export async function pruningTable<M extends string>(
  model: Model<M>,
  data: Pick<TrainingData, "valid" | "test">,
  learned: LearnedWeights,
  thresholds: readonly number[],
  { backend, seed, samples = 1, signal }: PruningOptions,
): Promise<readonly PruningRow<M>[]> {
  const { score } = evaluator(model, backend, { seed, samples, signal });
  const { readout } = model.head.select;
  const rows: PruningRow<M>[] = [];
  for (const threshold of thresholds) {
    const { params, weights, remaining } = prune(learned, threshold);
    const there = resident<Params<Tensor>>(params, { backend });
    const [valid, test] = [await score(there, data.valid, readout), await score(there, data.test, readout)];
    rows.push({ threshold, weights, remaining, valid, test });
  }
  return rows;
}
