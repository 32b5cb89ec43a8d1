import type { Downstream, Estimator, EstimatorState } from "../estimators/estimator.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Key } from "../random/key.ts";

/** Parameters of one layer by name, such as { weight, bias }. */
export type LayerParams<T> = { readonly [name: string]: T };
export type Params<T> = readonly LayerParams<T>[];

/** How a model is read at test: units sample as in training, or send their deterministic readout. */
export type Readout = "stochastic" | "deterministic";

/** What one pass in training gives. */
export interface TrainingPass {
  /** [B]: the value is each example's loss, the gradient is what the estimators say. */
  readonly loss: Tensor;
  /** [B, classes]: the class scores of one sample of the units, the primary one where there is one: for the running error. */
  readonly logits: Tensor;
  /** One state per layer, {} where there is none. */
  readonly states: readonly EstimatorState[];
  /** []: added to the mean loss that is minimised, and to no loss that is reported. */
  readonly penalty?: Tensor;
  /** Parameters that the step sets by rule in place of the optimizer, one record per layer. */
  readonly moved?: Params<Tensor>;
  /** []: the share of gates that were open, for each of the model's layers of gates. */
  readonly open?: readonly Tensor[];
}

/** A threshold of a deterministic readout that is fitted to training examples and not by gradient: a parameter `threshold` []. */
export interface FittedThreshold {
  /** Whose parameter it is. */
  readonly layer: number;
  /** The share of values that shall be above it; "rate": the mean probability that the noise puts them there. */
  readonly share: number | "rate";
  /** x → the values that it parts [B, K], and their mean rate []; earlier layers are read with their thresholds. */
  values(params: Params<Tensor>, x: Tensor): { readonly a: Tensor; readonly rate: Tensor };
}

/** What a layer of gated blocks says about its cost. */
export interface GatesSummary {
  readonly blocks: number;
  readonly width: number;
  /** Whether training works out the blocks of closed gates. */
  readonly closedInTraining: "skip" | "evaluate";
  /** The share of gates that the deterministic readout opens, where it is fitted to one. */
  readonly open: number | undefined;
}

/** A parameter's name and shape in a model's table. */
export interface ParameterSummary {
  readonly name: string;
  readonly shape: Shape;
  /** The axes along which a unit's incoming weights lie, [] for what are none; all but the last of a matrix when left out. */
  readonly incoming?: readonly number[];
}

/** One row of a model's table: a layer, its shapes and its cost. */
export interface LayerSummary {
  readonly name: string; //           "hidden1"
  readonly kind: string; //           "dense + straight-through"
  readonly input: Shape; //           without the batch axis
  readonly output: Shape;
  readonly parameters: readonly ParameterSummary[];
  readonly multiplyAdds: number; //   for one example, forward; of gated blocks all of them
  readonly activation: string; //     the name of what follows the affine map
  readonly estimator?: Estimator;
  readonly gates?: GatesSummary;
}

/** A network that turns inputs into class scores, with any estimator in its hidden layers. */
export interface Model {
  readonly name: string;
  /** What it was made from, as JSON: it goes into run folders and checkpoints, where it tells models apart. */
  readonly config: unknown;
  readonly inputShape: Shape; //      without the batch axis
  readonly classes: number;
  readonly layers: readonly LayerSummary[];
  /** Fresh parameters; the same seed gives the same numbers. */
  init(seed: number): { params: Params<NdArray>; states: readonly { readonly [name: string]: NdArray }[] };
  /** x [B, ...inputShape], labels int32 [B] → the losses to train on. */
  train(params: Params<Tensor>, x: Tensor, labels: Tensor, key: Key, states: readonly EstimatorState[]): TrainingPass;
  /**
   * The network cut before the units of hidden layer `layer`, the earlier ones having sampled: x, labels → that layer's pre-activations
   * [B, H], and the rest of the network as its estimator would call it. Throws UserError for a layer that doesn't exist.
   */
  cut(
    params: Params<Tensor>,
    x: Tensor,
    labels: Tensor,
    layer: number,
    key: Key,
    states: readonly EstimatorState[],
  ): { a: Tensor; downstream: Downstream };
  /** x → class scores (logits) [B, classes]; `key` is only used by the stochastic readout. */
  logits(params: Params<Tensor>, x: Tensor, readout: Readout, key: Key): Tensor;
  /** Which of the hidden layers are gates, by their places in what `hidden` gives; none when left out. */
  readonly gates?: readonly number[];
  /** Thresholds that are fitted after each epoch's steps, first layer first; none when left out. */
  readonly thresholds?: readonly FittedThreshold[];
  /** Hidden layers' outputs and firing rates, for pictures: x → one { output [B, H], rate [H] } per hidden layer. */
  hidden(params: Params<Tensor>, x: Tensor, readout: Readout, key: Key): readonly { output: Tensor; rate: Tensor }[];
}
