/** What the station asks: one neuron, a loss and some estimators. */
export interface NeuronQuestion {
  /** Pre-activation. */
  readonly a: number;
  /** The loss is (h − t)². */
  readonly t: number;
  /** The draw that the staircase is drawn for. */
  readonly u: number;
  readonly seed: number;
  /** Names in the table of estimators. */
  readonly estimators: readonly string[];
}

/** What an estimator says of dh/da for one draw u, at each pre-activation of `grid`. */
export interface Slope {
  readonly name: string;
  readonly values: readonly number[];
}

/** What is known at once, from a few passes. */
export interface NeuronPicture {
  readonly kind: "picture";
  readonly question: NeuronQuestion;
  /** Pre-activations. */
  readonly grid: readonly number[];
  /** What the neuron outputs at each of them, for the draw u. */
  readonly outputs: readonly number[];
  /** Of those estimators for which u is the only draw. */
  readonly slopes: readonly Slope[];
  /** The first draws, and what the neuron outputs for each. */
  readonly coins: { readonly u: readonly number[]; readonly h: readonly number[] };
  /** dE/da, by enumeration. */
  readonly exact: number;
}

/** The mean of an estimator's first n estimates, at some n. */
export interface RunningMean {
  readonly name: string;
  readonly n: readonly number[];
  readonly mean: readonly number[];
  /** Standard deviation of one estimate. */
  readonly deviation: number;
}

/** The running means so far. */
export interface NeuronMeans {
  readonly kind: "means";
  readonly question: NeuronQuestion;
  readonly means: readonly RunningMean[];
  /** Whether all estimates are made. */
  readonly done: boolean;
}

export interface NeuronError {
  readonly kind: "error";
  readonly message: string;
}

export type NeuronAnswer = NeuronPicture | NeuronMeans | NeuronError;

/** Estimates that each estimator makes. */
export const ESTIMATES = 2 ** 14;
/** Of these, in one call of the program. */
export const COPIES = 256;
/** Draws that are shown as coins. */
export const COINS = 100;
