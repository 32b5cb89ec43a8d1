import type { NdArray } from "../graph/index.ts";
import { leaves, type Tree } from "../graph/index.ts";
import type { FieldMemories } from "../models/feed.ts";
import type { Model, Params } from "../models/model.ts";
import type { ClassMetric, EpochMetrics, Score, Scores } from "./events.ts";
import { type Best, type Identity, type RanOn, sameRanOn } from "./snapshot.ts";
import type { WeightNoiseReport } from "./weight-noise/weight-noise.ts";

/** A training in a few numbers, as JSON: the head's metrics, for the parameters of the selected validation. */
export interface TrainResult<M extends string = ClassMetric> {
  /** The run folder, if there is one. */
  readonly run: string | null;
  /** The seed of the training. */
  readonly seed: number;
  /** Epochs trained; the selected one may be earlier. */
  readonly epochs: number;
  /** Numbers in the model's parameters. */
  readonly parameters: number;
  /** All training examples, with the readout by which the head selects. */
  readonly train: Score<M>;
  /** The same readout. */
  readonly valid: Score<M>;
  /** Scores on the test set. */
  readonly test: Scores<M>;
  /** Of the selected validation; only where weight noise is learned. */
  readonly weightNoise?: WeightNoiseReport;
  /** Speed of the training steps, in examples per second. */
  readonly examplesPerSecond: number;
  /** Seconds in all, evaluation included. */
  readonly seconds: number;
  /** What its steps ran on, in order: more than one backend, instruction set or precision where it was resumed on another. */
  readonly ranOn: readonly RanOn[];
}

/** What `train` gives: the numbers, and what was learned. As JSON it is the numbers alone. */
export interface Trained<M extends string = ClassMetric> extends TrainResult<M> {
  /** The network. */
  readonly model: Model<M>;
  /** What the network remembers of the data: shapes, class names, columns. */
  readonly fields: FieldMemories;
  /** The parameters of the selected validation: one record of arrays for each layer. */
  readonly params: Params<NdArray>;
  /** log σ of each noisy weight, in the form of the parameters; empty where no noise is learned. */
  readonly logDeviation: Params<NdArray>;
  /** The epoch that validation selected, from 1. */
  readonly selectedEpoch: number;
  /** Every validation, in order. */
  readonly history: readonly EpochMetrics<M>[];
  /** What decided its numbers, as JSON: the configs of training and network, and name, sizes and checksum of the data. */
  readonly identity: Identity;
  /** The numbers without the network. */
  toJSON(): TrainResult<M>;
}

export function trained<M extends string>({
  summary: { run, seed, epochs, ...scores },
  best: { params, logDeviation, epoch },
  history,
  model,
  fields,
  identity,
}: {
  summary: Omit<TrainResult<M>, "parameters" | "ranOn">;
  best: Best<M>;
  history: readonly EpochMetrics<M>[];
  model: Model<M>;
  fields: FieldMemories;
  identity: Identity;
}): Trained<M> {
  const parameters = leaves(params as Tree<NdArray>).reduce((total, { value }) => total + value.data.length, 0);
  const kinds = history.flatMap(({ ranOn }) => ranOn);
  const ranOn = kinds.filter((kind, i) => kinds.findIndex((other) => sameRanOn(kind, other)) === i);
  const result: TrainResult<M> = { run, seed, epochs, parameters, ...scores, ranOn };
  return {
    ...result,
    model,
    fields,
    params,
    logDeviation,
    selectedEpoch: epoch,
    history,
    identity,
    toJSON: () => result,
  };
}
