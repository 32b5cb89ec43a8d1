import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Key } from "../random/key.ts";

/**
 * The rest of the network: what the units sent [B, H] to the loss of each example [B].
 * A "live" call (the default) carries gradient; a "detached" call gives a value only and costs one plain pass, however
 * many stochastic layers follow.
 */
export type Downstream = (h: Tensor, mode?: "live" | "detached") => Tensor;

/** Running quantities of an estimator, such as the averages of a baseline: kept with the parameters, never differentiated. */
export type EstimatorState = { readonly [name: string]: Tensor };
export type EstimatorStateArrays = { readonly [name: string]: NdArray };

/** What a member of the table says about itself; it feeds the docs, the command line and the tests. */
export interface Card {
  /** Its name in configs, on the command line and in tables. */
  readonly name: string;
  /** A short title for plots and reports, such as "straight-through × σ′". */
  readonly title: string;
  readonly family:
    | "deterministic"
    | "score function"
    | "decomposition"
    | "noise injection"
    | "straight-through"
    | "exact";
  /** One sentence: what it approximates and how. */
  readonly summary: string;
  /** The gradient with respect to a pre-activation, in TeX. */
  readonly formula: string;
  /** Authors, year, title and address. */
  readonly source: string;
  /** True where the mean of the estimate over the noise is the gradient of the expected loss. */
  readonly unbiased: boolean;
  /** Passes through the rest of the network in one step, backward passes not counted. */
  readonly passes: number | "2^H";
  /** Whether a step needs ∂loss/∂h, hence a rest of the network that can be differentiated. */
  readonly readsPath: boolean;
  /** Whether it needs the loss of each example as a number. */
  readonly readsLoss: boolean;
}

/** How a layer's pre-activations become what is sent on. */
export interface Unit {
  /** What the units send in training. a [B, H] → [B, H] */
  sample(a: Tensor, key: Key): Tensor;
  /** The deterministic readout used at test: the mean of `sample`, or the noise-free unit. a [B, H] → [B, H] */
  readout(a: Tensor): Tensor;
  /** The probability that a unit is not 0, for firing rates; left out where every unit always sends something. a [B, H] → [B, H] */
  rate?(a: Tensor): Tensor;
  /** Whether `sample` draws anything: a deterministic unit's readout is its sample. */
  readonly stochastic: boolean;
}

/** One way to train through a layer of units. One file each; see the table in index.ts. */
export interface Estimator {
  readonly card: Card;
  readonly unit: Unit;
  /** The state at the start, for a layer of `units` (a shape without the batch axis). Left out: no state. */
  init?(units: Shape): EstimatorStateArrays;
  /**
   * Sends the units' output to `downstream` as often as it needs and gives a loss [B] for each example: its value is the primary
   * sample's loss, its gradient with respect to `a` is the estimate.
   * @param a [B, H] pre-activations
   */
  estimate(a: Tensor, key: Key, downstream: Downstream, state: EstimatorState): { loss: Tensor; state: EstimatorState };
}
