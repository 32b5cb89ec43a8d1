import type { Downstream, Estimator, EstimatorState, EstimatorStateArrays } from "../estimators/estimator.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Key } from "../random/key.ts";
import type { Batch, FieldNeed, Head } from "./head.ts";
import type { Observation } from "./stage.ts";

/** Parameters of one layer by name, such as { weight, bias }. */
export type LayerParams<T> = { readonly [name: string]: T };
/** A network's parameters: one record of arrays for each of its layers, by name. */
export type Params<T> = readonly LayerParams<T>[];

/** How a network is read at test: units sample as in training, or output their deterministic readout. */
export type Readout = "stochastic" | "deterministic";

/** What a stage reads: what the one before it sent, and what earlier ones keep for stages behind it. */
export type Flow<T = Tensor> = {
  /** [R, …] */
  readonly h: T;
  /**
   * What residual stages around it keep, the innermost last: what the stage read [R, …]; where it has a gate, that [R, 1], by which what its stages
   * output is multiplied; and the gate again where nothing is computed for images that it closes.
   */
  readonly kept: readonly (readonly T[])[];
};

/** What one pass in training gives. */
export interface TrainingPass {
  /** [B]: the value is each example's loss, the gradient is what the estimators say. */
  readonly loss: Tensor;
  /** [B, …]: what the last stage sent for one sample of the units, the primary one where there is one. */
  readonly output: Tensor;
  /** One state for each row, {} where there is none. */
  readonly states: readonly EstimatorState[];
  /** []: added to the mean loss that is minimised, and to no loss that is reported. */
  readonly penalty?: Tensor;
  /** Parameters that the step sets by rule in place of the optimizer, one record for each row. */
  readonly moved: Params<Tensor>;
  /** Means over the batch, [] each: one record for each of the network's observations. */
  readonly observed: readonly { readonly [name: string]: Tensor }[];
  /** What the next batch begins with, in the form of what this one began with. */
  readonly carried?: Params<Tensor>;
}

/** How a network reads sequences step by step. */
export interface StepReading {
  readonly readout: Readout;
  readonly key: Key;
  /** Fields that stages read beside x, such as lengths (default: none). */
  readonly fields?: Batch<Tensor> | undefined;
  /** What the steps before left; the form is that of `stateFor`. */
  readonly before: Params<Tensor>;
  /** int32 []: the number of the first step. */
  readonly first: Tensor;
}

/** A network of stages that read step by step. */
export interface StepwiseNetwork {
  /** Before the first step, for a number of sequences: one record for each row, {} where there is none. */
  stateFor(sequences: number): Params<NdArray>;
  /**
   * x [B, n, I], any number of steps → what the last stage outputs, for each of them or after the last one, as the network does for whole sequences; and
   * what they leave for later ones.
   */
  output(
    params: Params<Tensor>,
    x: Tensor,
    at: StepReading,
  ): { readonly output: Tensor; readonly after: Params<Tensor> };
}

/** A layer of units that an estimator trains through. */
export interface UnitLayer {
  /** Its row in the network's table, and that row's name. */
  readonly row: number;
  readonly name: string;
  readonly estimator: Estimator;
  /** H */
  readonly units: number;
  /** Whether something behind its units reads again what the layer read, or what stages before it keep. */
  readonly readsInput: boolean;
  /** Whether a stage behind it draws without being a layer of units, such as spikes at each step or a random coding. */
  readonly noiseBehind: boolean;
}

/** A threshold that is fitted to training examples and not by gradient: a parameter [] of a row. */
export interface FittedThreshold {
  readonly row: number;
  readonly name: string;
  /** The share of values that shall be above it; "rate": the mean probability that the noise puts them there. */
  readonly share: number | "rate";
  /** x → the values that it parts [B, K], and their mean rate []; earlier stages are read with their thresholds. */
  values(params: Params<Tensor>, x: Tensor, fields?: Batch<Tensor>): { readonly a: Tensor; readonly rate: Tensor };
}

/** The mean and variance of each channel [C] over what a batch has of it: `count` values of each, [C] or for all alike []. */
export interface BatchMoments {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly count: Tensor;
}

/** The mean and variance of a batch normalisation in the deterministic readout, which are fitted to training examples: parameters [C] of a row. */
export interface FittedMoments {
  readonly row: number;
  readonly mean: string;
  readonly variance: string;
}

/** What a layer of gated blocks says about its cost. */
export interface GatesSummary {
  readonly blocks: number;
  readonly width: number;
  /** Whether training computes the blocks of closed gates. */
  readonly closedInTraining: "skip" | "evaluate";
  /** The share of gates that the deterministic readout opens, where it is fitted to one. */
  readonly open: number | undefined;
}

/** A parameter's name and shape in a model's table. */
export interface ParameterSummary {
  readonly name: string;
  readonly shape: Shape;
  /** The axes along which a unit's incoming weights lie, [] for what are none(default: all but the last of a matrix). */
  readonly incoming?: readonly number[];
  /** "by input": held as [K, 1, in], in checkpoints [in, K] like the weights of a dense layer. */
  readonly stored?: "by input";
  /** Whether a rule moves it, and no gradient: weight noise leaves it alone. */
  readonly byRule?: true;
}

/** One row of a model's table: a layer, its shapes and its cost. */
export interface LayerSummary {
  readonly name: string; //           "hidden1"
  readonly kind: string; //           "dense + straight-through"
  readonly map?: string; //           "conv 5×5": what it does without its units, where that isn't the stage's kind
  readonly input: Shape; //           without the batch axis
  readonly output: Shape;
  readonly parameters: readonly ParameterSummary[];
  readonly multiplyAdds: number; //   for one example, forward; of gated blocks all of them
  readonly activation: string; //     the name of what follows the affine map
  readonly estimator?: Estimator;
  readonly gates?: GatesSummary;
}

/** A stage as tables and diagrams show it. */
export interface StageSummary {
  readonly kind: string;
  /** What it was made from, as JSON. */
  readonly config: { readonly kind: string; readonly [option: string]: unknown };
  /** Its rows of the network's table. */
  readonly rows: readonly LayerSummary[];
  /** Shape of its output, without the batch axis. */
  readonly output: Shape;
  /** Whether it adds a loss of its own to the head's. */
  readonly addsLoss: boolean;
  /** Whether it keeps what it reads for the stage behind it that joins it, as a residual stage does: it has no rows. */
  readonly keeps?: true;
  readonly joins?: true;
}

/** A network: stages that turn an example into an output, and a head that says what the output means. */
export interface Model<M extends string = string> {
  /** Its name in tables, such as "mlp". */
  readonly name: string;
  /** What it was made from, as JSON: it goes into run folders and checkpoints, where it tells networks apart. */
  readonly config: unknown;
  /** The field of the data that the first stage reads, and the shape of one example of it. */
  readonly input: string;
  /** The shape of one example, without the batch axis. */
  readonly inputShape: Shape;
  /** What its last output means. */
  readonly head: Head<M>;
  /** First to last. */
  readonly stages: readonly StageSummary[];
  /** The rows of its table: one for each record of parameters. */
  readonly layers: readonly LayerSummary[];
  /** The layers of units among them, first to last. */
  readonly unitLayers: readonly UnitLayer[];
  /** Fields of the data that stages read beside their input, such as the lengths of sequences. Functions of x alone take them as `fields`. */
  readonly fields: { readonly [name: string]: FieldNeed };
  /** What its stages report of themselves while examples are scored, first to last. */
  readonly observations: readonly Observation[];
  /** Whether any of its units draws noise. */
  readonly stochastic: boolean;
  /** Thresholds that are fitted after each epoch's steps, first stage first. */
  readonly thresholds: readonly FittedThreshold[];
  /** Means and variances that are fitted then, too. */
  readonly moments: readonly FittedMoments[];
  /** x → what a batch of the deterministic readout has for each of `moments`. */
  batchMoments(params: Params<Tensor>, x: Tensor, fields?: Batch<Tensor>): readonly BatchMoments[];
  /** The same network with other estimators in its layers of units, and nothing that controls the units beside the loss. */
  remade(choose: (own: Estimator, layer: number) => Estimator): Model<M>;
  /** Fresh parameters; the same seed gives the same numbers. */
  init(seed: number): { params: Params<NdArray>; states: readonly EstimatorStateArrays[] };
  /**
   * What a training keeps from one batch to the next beside parameters, for batches of `examples` examples: one record for each row, [B, samples, width]
   * each, zeros before the first batch. Absent where no stage carries a state.
   */
  carried?(examples: number): Params<NdArray>;
  /** Absent where a stage reads a sequence as a whole. */
  readonly stepwise?: StepwiseNetwork;
  /**
   * A batch [B, …] → the losses to train on. `carried` is what the batch before left, whose rows these continue; it may be of more rows. Without it
   * the batch is the first one.
   */
  train(
    params: Params<Tensor>,
    batch: Batch<Tensor>,
    key: Key,
    states: readonly EstimatorState[],
    carried?: Params<Tensor>,
  ): TrainingPass;
  /**
   * Layer `layer` of the network's units, the earlier ones having sampled: x → what its stage reads, and its pre-activations [B, H].
   * Throws UserError for a layer that doesn't exist.
   */
  cut(
    params: Params<Tensor>,
    x: Tensor,
    layer: number,
    key: Key,
    fields?: Batch<Tensor>,
  ): { readonly read: Flow; readonly a: Tensor };
  /**
   * The downstream network behind the units of layer `layer`, as its estimator calls it. `read` is what the layer's stage read; it is needed
   * where the layer's `readsInput` says so. Normalisations use the statistics of the batch, as in training, or those of test (default: "batch").
   */
  behind(
    params: Params<Tensor>,
    batch: Batch<Tensor>,
    layer: number,
    read: Flow | undefined,
    key: Key,
    states: readonly EstimatorState[],
    statistics?: "batch" | "test",
  ): Downstream;
  /**
   * What can be looked at in each stage, with shapes without the batch axis: what its units receive, "a" [H]; what it outputs, "sent"; and of a recurrent
   * stage what its neurons add up ("forget:a"), what they output ("forget"), and its state, [T, width] each.
   */
  readonly insides: readonly { readonly [name: string]: Shape }[];
  /** x → these values of each stage, [B, …]. */
  inside(
    params: Params<Tensor>,
    x: Tensor,
    readout: Readout,
    key: Key,
    fields?: Batch<Tensor>,
  ): readonly LayerParams<Tensor>[];
  /**
   * A batch → the losses of a training step on it [B], in which normalisations have their statistics of test. `nudges` are added to these values, [1, …] each:
   * the gradient with respect to a nudge of zeros is that with respect to the value, as the estimators say. Names that it lacks are not nudged.
   */
  nudgedLosses(
    params: Params<Tensor>,
    batch: Batch<Tensor>,
    key: Key,
    states: readonly EstimatorState[],
    nudges: readonly LayerParams<Tensor>[],
  ): Tensor;
  /** x → what the last stage outputs, [B, …]; the deterministic readout draws nothing from `key`. */
  output(params: Params<Tensor>, x: Tensor, readout: Readout, key: Key, fields?: Batch<Tensor>): Tensor;
  /** x → what the head predicts, by name, [B, …] each, and what each of `observations` sees, [B, H]. */
  predict(
    params: Params<Tensor>,
    x: Tensor,
    readout: Readout,
    key: Key,
    fields?: Batch<Tensor>,
  ): { readonly predicted: { readonly [name: string]: Tensor }; readonly observed: readonly Tensor[] };
  /** A batch → what the head's metrics are means of, [B] each. */
  score(params: Params<Tensor>, batch: Batch<Tensor>, readout: Readout, key: Key): { readonly [K in M]: Tensor };
  /** The same beside what each of `observations` sees, [B, H]. */
  examine(
    params: Params<Tensor>,
    batch: Batch<Tensor>,
    readout: Readout,
    key: Key,
  ): { readonly scores: { readonly [K in M]: Tensor }; readonly observed: readonly Tensor[] };
  /**
   * A batch → the sum of the stages' own losses and the head's, for `copies` draws of the units (default: 1), [copies·B]; of an autoencoder that is
   * its negative ELBO.
   */
  losses(params: Params<Tensor>, batch: Batch<Tensor>, readout: Readout, key: Key, copies?: number): Tensor;
  /** The unit layers' outputs and firing rates, for pictures: x → one { output [B, H], rate [H] } for each of `unitLayers`. */
  hidden(
    params: Params<Tensor>,
    x: Tensor,
    readout: Readout,
    key: Key,
    fields?: Batch<Tensor>,
  ): readonly { output: Tensor; rate: Tensor }[];
}

/** A network that says which class an example belongs to. */
export type Classifier = Model<"nll" | "error">;
