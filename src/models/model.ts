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
}

/** One row of a model's table: a layer, its shapes and its cost. */
export interface LayerSummary {
  readonly name: string; //           "hidden1"
  readonly kind: string; //           "dense + straight-through"
  readonly input: Shape; //           without the batch axis
  readonly output: Shape;
  readonly parameters: readonly { readonly name: string; readonly shape: Shape }[];
  readonly multiplyAdds: number; //   for one example, forward
  readonly activation: string; //     the name of what follows the affine map
  readonly estimator?: Estimator;
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
  /** Hidden layers' outputs and firing rates, for pictures: x → one { output [B, H], rate [H] } per hidden layer. */
  hidden(params: Params<Tensor>, x: Tensor, readout: Readout, key: Key): readonly { output: Tensor; rate: Tensor }[];
}
