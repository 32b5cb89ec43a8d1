import type { NdArray } from "../graph/index.ts";
import { leaves, type Tree } from "../graph/index.ts";
import type { Params } from "../models/model.ts";
import type { EpochMetrics, Score, Scores } from "./events.ts";
import { type Best, type RanOn, sameRanOn } from "./snapshot.ts";

/** A training in a few numbers, as JSON: NLL in nats, errors in per cent, for the parameters of the selected epoch. */
export interface TrainResult {
  /** The run folder, if there is one. */
  readonly run: string | null;
  readonly seed: number;
  /** Epochs trained; the selected one may be earlier. */
  readonly epochs: number;
  /** Numbers in the model's parameters. */
  readonly parameters: number;
  /** All training examples, deterministic readout. */
  readonly train: Score;
  /** Deterministic readout. */
  readonly valid: Score;
  readonly test: Scores;
  /** In training steps. */
  readonly examplesPerSecond: number;
  /** In all, evaluation included. */
  readonly seconds: number;
  /** What its steps ran on, in order: more than one backend, instruction set or precision where it was resumed on another. */
  readonly ranOn: readonly RanOn[];
}

/** What `train` gives: the numbers, and what was learned. As JSON it is the numbers alone. */
export interface Trained extends TrainResult {
  readonly params: Params<NdArray>;
  readonly selectedEpoch: number;
  readonly history: readonly EpochMetrics[];
  toJSON(): TrainResult;
}

export function trained({
  summary: { run, seed, epochs, ...scores },
  best: { params, epoch },
  history,
}: {
  summary: Omit<TrainResult, "parameters" | "ranOn">;
  best: Best;
  history: readonly EpochMetrics[];
}): Trained {
  const parameters = leaves(params as Tree<NdArray>).reduce((total, { value }) => total + value.data.length, 0);
  const kinds = history.flatMap(({ ranOn }) => ranOn);
  const ranOn = kinds.filter((kind, i) => kinds.findIndex((other) => sameRanOn(kind, other)) === i);
  const result: TrainResult = { run, seed, epochs, parameters, ...scores, ranOn };
  return { ...result, params, selectedEpoch: epoch, history, toJSON: () => result };
}
