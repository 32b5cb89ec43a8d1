import type { Resident } from "../compile/resident.ts";
import { UserError } from "../errors.ts";
import type { NdArray, Tensor } from "../graph/index.ts";
import type { Params } from "../models/model.ts";
import type { Best, RanOn } from "./snapshot.ts";
import type { TrainingState } from "./step.ts";
import type { WeightNoiseReport } from "./weight-noise/weight-noise.ts";

/** The metrics of the classes head. */
export type ClassMetric = "nll" | "error";

/**
 * How good a network is on a set of examples: its head's metrics by name, such as the NLL in nats and the error in per cent, and what its stages
 * report, one entry for each stage that does.
 */
export type Score<M extends string = ClassMetric> = { readonly [K in M]: number } & {
  /** How open each gated layer is. */
  readonly gates?: readonly GatesScore[];
  /** Of recurrent stages whose cells spike. */
  readonly spikes?: readonly FiringScore[];
  /** Of recurrent stages whose cells skip steps: the share that is taken. */
  readonly stepsTaken?: readonly FiringScore[];
  /** Of recurrent stages whose cells decide in another way, such as by hard gates. */
  readonly decisions?: readonly FiringScore[];
  /** Of recurrent stages whose cells decide by units that always output something, such as relaxed ones: the mean of what they output. */
  readonly outputs?: readonly FiringScore[];
};

/** How often units of a recurrent stage decided for something while examples were scored. */
export interface FiringScore {
  /**
   * The share of decisions that were not 0, such as spikes per unit and step. Where the deterministic readout of random units is their mean, which never
   * is 0, the share that is expected.
   */
  readonly rate: number;
  /** Units that were 0 at every step of every example, or likely to be; absent in training, whose parameters change meanwhile. */
  readonly silent?: number;
}

/** How a layer's gates stood while examples were scored. */
export interface GatesScore {
  /** The share of gates that were open: not exactly 0. */
  readonly open: number;
  /** Gates that opened for no example; absent in training, whose parameters change meanwhile. */
  readonly dead?: number;
}

/** A model's scores with units that sample and with their deterministic readout. */
export interface Scores<M extends string = ClassMetric> {
  /** Its units sample, as in training. */
  readonly stochastic: Score<M>;
  /** Its units output their deterministic readout. */
  readonly deterministic: Score<M>;
}

/** Where a training stands, about twenty times a second. */
export interface Progress {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Epochs of the whole training. */
  readonly epochs: number;
  /** The step within the epoch, from 1. */
  readonly step: number;
  /** Steps in an epoch; NaN for a stream that does not say. */
  readonly steps: number;
  /** The mean loss over the epoch so far. */
  readonly loss: number;
  /** Speed of the training steps since the last validation, without the first step, which compiles; in examples per second. */
  readonly examplesPerSecond: number;
  /** Time left at the pace so far, in seconds; NaN where the number of steps is not known. */
  readonly secondsLeft: number;
}

/** What is known where a training is validated, at the end of each epoch or every n steps: a line of metrics.jsonl. */
export interface EpochMetrics<M extends string = ClassMetric> {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Steps since the start of the training. */
  readonly step: number;
  /** Mean over the steps since the last validation, with the units' noise, while the parameters changed. */
  readonly train: Score<M>;
  /** Scores on the validation set. */
  readonly valid: Scores<M>;
  /** Only where the config asks for it at every epoch. */
  readonly test?: Scores<M>;
  /** Only where weight noise is learned. */
  readonly weightNoise?: WeightNoiseReport;
  /** What was warned of since the last validation: dead or saturated units, exploding gradients. Absent where there was nothing. */
  readonly warnings?: readonly HealthWarning[];
  /** Speed of the training steps since the last validation, without the first step, which compiles; in examples per second. */
  readonly examplesPerSecond: number;
  /** Seconds since the start of the training, evaluation included, pauses between resumes not. */
  readonly seconds: number;
  /** What these steps ran on; more than one where it was resumed on another backend. */
  readonly ranOn: readonly RanOn[];
}

/** Something that a user must know, although the training continues. */
export interface Warning {
  /** What it is, in a sentence. */
  readonly message: string;
}

/** A warning of units or gradients that hardly learn any more; each is given once in a training. */
export interface HealthWarning extends Warning {
  /** Units that fire for no example or for all, probabilities near 0 or 1, or a gradient that grew. */
  readonly kind: "dead units" | "constant units" | "saturated units" | "exploding gradient";
  /** The layer, or the neuron of a cell; absent of gradients. */
  readonly where?: string;
}

/** The training after one of the steps that the option `lookAt` names, before anything else moves it. */
export interface Look {
  /** Steps since the start of the training. */
  readonly step: number;
  /** The parameters where they lie; they change with the next step. */
  readonly params: Resident<Params<Tensor>>;
  /** A copy of everything that a step changes. */
  read(): TrainingState<NdArray>;
  /** Mean loss of the steps since the start, or since the last `restart`; NaN where there was none. */
  readonly loss: number;
  /** Begins that mean anew. */
  restart(): void;
}

/** What `trainer` gives, one at a time: progress, a validation, a look at the parameters, or a warning. */
export type TrainEvent<M extends string = ClassMetric> =
  | ({ readonly kind: "progress" } & Progress)
  | ({ readonly kind: "epoch" } & EpochMetrics<M>)
  | ({ readonly kind: "look" } & Look)
  | ({ readonly kind: "warning" } & Warning);

/** The first number of a step that wasn't finite, as `debugNan` finds it. */
export interface FirstBroken {
  /** In words: the op with its operands, where it belongs, the example, and what float64 has in its place. */
  readonly text: string;
  /** The op that gave it; undefined where it came from outside, or where the step stays finite on the reference backend. */
  readonly op: string | undefined;
  /** The layer, the head or the update that the op belongs to. */
  readonly part?: string;
  /** The op whose derivative it is part of; absent forward. */
  readonly derivativeOf?: string;
  /** The number of the example in its batch, from 0; absent where it belongs to none. */
  readonly example?: number;
  /** The row of that example among the training examples, from 0. */
  readonly row?: number;
  /** What float64 has in its place. */
  readonly float64?: number;
}

/** What is known of a training that diverged. */
export interface Divergence {
  /** From 1; 0 where there was no step yet. */
  readonly epoch: number;
  /** The step within the epoch, from 1, after which it was found. */
  readonly step: number;
  /** What was found not to be finite, in words: the loss, or the first array, as in "the weight of hidden1". */
  readonly what: string;
  /** The best validation before that; undefined where none was completed. */
  readonly best?: Best<string> | undefined;
  /** The run folder, whose checkpoint is the last one that was finite; undefined where there is none. */
  readonly runFolder?: string | undefined;
  /** Where it began; only with `debugNan`. */
  readonly first?: FirstBroken | undefined;
}

/** A training whose loss, scores, parameters or other state are no longer finite. What was learned before that is in `best`. */
export class Diverged extends UserError implements Divergence {
  override name = "Diverged";
  /** From 1; 0 where there was no step yet. */
  readonly epoch: number;
  /** The step within the epoch, from 1, after which it was found. */
  readonly step: number;
  /** What was not finite, in words: the loss, or the first array, as in "the weight of hidden1". */
  readonly what: string;
  /** The best validation before that; undefined where none was completed. */
  readonly best: Best<string> | undefined;
  /** The run folder, whose checkpoint is the last one that was finite; undefined where there is none. */
  readonly runFolder: string | undefined;
  /** Where it began; only with `debugNan`. */
  readonly first: FirstBroken | undefined;

  constructor(message: string, { epoch, step, what, best, runFolder, first }: Divergence) {
    super(message);
    this.epoch = epoch;
    this.step = step;
    this.what = what;
    this.best = best;
    this.runFolder = runFolder;
    this.first = first;
  }
}

/** A training that its AbortSignal stopped, after a whole step. */
export class Interrupted extends UserError {
  override name = "Interrupted";
  /** The epoch in which it stopped, from 1. */
  readonly epoch: number;
  /** The last step that was done, within the epoch, from 1. */
  readonly step: number;
  /** The run folder to resume from; undefined where there is none and the training is lost. */
  readonly runFolder: string | undefined;

  constructor(epoch: number, step: number, runFolder: string | undefined) {
    const next = runFolder === undefined ? "" : `; resume from ${runFolder}`;
    super(`train: interrupted in epoch ${epoch} after step ${step}${next}`);
    this.epoch = epoch;
    this.step = step;
    this.runFolder = runFolder;
  }
}
