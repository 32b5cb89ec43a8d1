import { UserError } from "../errors.ts";
import type { NdArray, Shape } from "../graph/ndarray.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Key } from "../random/key.ts";

/**
 * How the downstream network is called. live: gradient flows to h and to what the rest is made of. path: to h alone; the rest
 * learns nothing from the call, and its estimators' states stay. mean: the same where later layers output their units' readouts, a
 * mean-field pass without noise; without stochastic layers behind, it is path. detached: a value only, which costs one plain pass,
 * however many stochastic layers follow.
 */
export type Mode = "live" | "path" | "mean" | "detached";

/**
 * The downstream network: what the units sent to the loss of each example, live when no mode is given.
 * h is [B, H], or [K·B, H] for K copies of the batch one after another (row k·B + i belongs to example i), and the losses [B] or
 * [K·B]. Copies, and all calls of one step, meet the same noise in later layers: what differs between two losses is due to h alone.
 * A later layer's own further samples are independent all the same.
 */
export type Downstream = (h: Tensor, mode?: Mode) => Tensor;

/** Running quantities of an estimator, such as the averages of a baseline: kept with the parameters, never differentiated. */
export type EstimatorState = { readonly [name: string]: Tensor };
export type EstimatorStateArrays = { readonly [name: string]: NdArray };

/** A number of passes, as it depends on K samples and H units, or on N variables of C classes. */
export type Count = number | "K" | "2K" | "K + 1" | "K + 2" | "H" | "H + 1" | "2^H" | "C^N";

/** What a member of the table says about itself; it feeds the docs, the command line and the tests. */
export interface Card {
  /** Its name in configs, on the command line and in tables. */
  readonly name: string;
  /** A short title for plots and reports, such as "straight-through × σ′". */
  readonly title: string;
  /** The idea that it belongs to; pages and tables are sorted by it. */
  readonly family:
    | "deterministic"
    | "score function"
    | "antithetic"
    | "local expectation"
    | "control variate"
    | "relaxation"
    | "decomposition"
    | "noise injection"
    | "straight-through"
    | "selection"
    | "exact";
  /** One sentence: what it approximates and how. */
  readonly summary: string;
  /** The gradient with respect to a pre-activation, in TeX. */
  readonly formula: string;
  /** Authors, year, title and address. */
  readonly source: string;
  /** What is minimised, in TeX, where it isn't the expected loss of what the units output. */
  readonly objective?: string;
  /** True where the mean of the estimate over the noise is the gradient of the objective; "up to scale" where it is a positive multiple of it. */
  readonly unbiased: boolean | "up to scale";
  /** Forward passes through the downstream network in one step. */
  readonly passes: Count;
  /** How many of them are differentiated, the one that trains the rest included. */
  readonly backward: Count;
  /** Whether a step needs ∂loss/∂h, hence a downstream network that can be differentiated. */
  readonly readsPath: boolean;
  /** Whether it needs the loss of each example as a number. */
  readonly readsLoss: boolean;
  /**
   * Whether its estimate depends on ∂loss/∂h of units that sent exactly 0. As a gate, it can skip what closed units stand for while it trains
   * only where it does not. Omitted, it counts as true for what reads derivatives at all: see `readsClosedGates`.
   */
  readonly readsClosedGates?: boolean;
  /** True for one-hot units: variables of several classes each, instead of bits. */
  readonly categorical?: true;
  /** Of what kind the error of the mean is, and when it is zero. This and the next two are there for every row of the table. */
  readonly bias?: string;
  /** When to use it. */
  readonly use?: string;
  /** When not to. */
  readonly avoid?: string;
}

/** How a layer's pre-activations become what is sent on. */
export interface Unit {
  /** What the units output in training. a [B, H] → [B, H] */
  sample(a: Tensor, key: Key): Tensor;
  /** The deterministic readout used at test: the mean of `sample`, or the noise-free unit. a [B, H] → [B, H] */
  readout(a: Tensor): Tensor;
  /** The probability that a unit is not 0, for firing rates; omitted where every unit always outputs something. a [B, H] → [B, H] */
  rate?(a: Tensor): Tensor;
  /** The same units with a bias [H] that takes part in the choice of which of them output something and not in what those send. */
  biased?(bias: Tensor): Unit;
  /** Whether `sample` draws anything: a deterministic unit's readout is its sample. */
  readonly stochastic: boolean;
  /** What `sample` gives, on paper: in a, and u, uniform in [0, 1), or z, other noise: "1[u < σ(a)]". */
  readonly formula?: string;
  /** Of one-hot units: the classes of each variable; a layer of H units is H / classes variables. */
  readonly classes?: number;
}

/** One way to train through a layer of units. One file each; see the table in index.ts. */
export interface Estimator {
  /** Its name, formula, cost and source. */
  readonly card: Card;
  /** What its units output, in training and at test. */
  readonly unit: Unit;
  /** The state at the start, for a layer of `units` (a shape without the batch axis); `key` for what starts at random. Left out: no state. */
  init?(units: Shape, key: Key): EstimatorStateArrays;
  /** Throws UserError for a number of units H that it can't train; a network asks when it is made (default: it can train any number). */
  checkUnits?(units: number): void;
  /**
   * Outputs the units' output to `downstream` as often as it needs and gives a loss [B] for each example: its value is the primary
   * sample's loss (or the mean of those of all samples that train the rest), its gradient with respect to `a` is the estimate.
   * The primary sample is `unit.sample(a, key)`; further noise comes from key.fold(1), key.fold(2) and so on.
   *
   * A draw has an axis over the rows of `a`: [B, H], [B, 1] for one number an example, or [K·B, H] for K samples in one go (row k·B + i
   * is sample k of example i), which are independent. Behind a layer that makes copies of the batch, B counts the copies, and they meet
   * the same numbers. A draw without such an axis, such as [1, H], is one that all examples share. Where the shape can be read in two
   * ways there, the key throws a UserError.
   * @param a [B, H] pre-activations
   */
  estimate(a: Tensor, key: Key, downstream: Downstream, state: EstimatorState): { loss: Tensor; state: EstimatorState };
}

/** Throws UserError where an estimator can't train a layer of `units` units. */
export function checkUnits(estimator: Estimator, units: number): void {
  const { classes } = estimator.unit;
  if (classes !== undefined) checkClasses(units, classes);
  estimator.checkUnits?.(units);
}

/** Throws UserError where H units aren't variables of C classes each. */
export function checkClasses(units: number, classes: number): void {
  if (units % classes !== 0)
    throw new UserError(
      `categorical units: a layer's units must be a multiple of classes (${classes}), received a layer of ${units}`,
    );
}

/** Whether a step of this estimator needs ∂loss/∂h of units that sent exactly 0. */
export const readsClosedGates = ({ card }: Pick<Estimator, "card">): boolean => card.readsClosedGates ?? card.readsPath;
