import type { Figure } from "../../../src/statistics/figure.ts";

/** An estimator by its name in the table, and its τ where it has one. */
export interface AskedEstimator {
  readonly name: string;
  readonly temperature?: number;
}

/** What the station asks: two neurons, the network behind them, and some estimators. */
export interface GradientQuestion {
  /** Pre-activations. */
  readonly a: readonly [number, number];
  /** How strongly the output neuron listens. */
  readonly w: number;
  /** Estimates that a step averages. */
  readonly samples: number;
  readonly seed: number;
  readonly estimators: readonly AskedEstimator[];
}

/** What is known of one estimator. */
export interface Measured {
  readonly name: string;
  /** Steps, each the mean of `samples` estimates: x and y in turn. */
  readonly cloud: Float32Array;
  /** The mean of all estimates. */
  readonly mean: readonly [number, number];
  /** √(variance / estimates): how far the mean is from that of infinitely many, as a root of the mean square. */
  readonly standardError: number;
  /** ‖mean − exact‖ */
  readonly bias: Figure;
  /** The sum of both components' variance, of one estimate. */
  readonly variance: Figure;
  /** Between the mean and the exact gradient. */
  readonly cosine: Figure;
  /** Evaluations of the loss that one estimate takes. */
  readonly evaluations: number;
  /** √E‖step − exact‖² of a step with the number of evaluations in `EVALUATIONS`; NaN where they don't suffice for one estimate. */
  readonly errors: readonly number[];
  /** The same of a step of `samples` estimates. */
  readonly error: number;
}

/** The exact gradient, and the estimators beside it. */
export interface GradientPicture {
  readonly kind: "picture";
  readonly question: GradientQuestion;
  readonly exact: readonly [number, number];
  /** The length of the exact gradient. */
  readonly norm: number;
  readonly measured: readonly Measured[];
}

/** The expected loss over the plane of both pre-activations. */
export interface GradientPlane {
  readonly kind: "plane";
  readonly w: number;
  /** [SIDE·SIDE], a₁ fastest, both from −REACH to REACH. */
  readonly losses: Float32Array;
}

/** How long one estimate takes. */
export interface GradientTimes {
  readonly kind: "times";
  readonly seconds: Readonly<Record<string, number>>;
}

export interface GradientError {
  readonly kind: "error";
  readonly message: string;
}

export type GradientAnswer = GradientPicture | GradientPlane | GradientTimes | GradientError;

/** Estimates that each estimator makes: 7 in each of 20 groups, 256 at a time. */
export const ESTIMATES = 35_840;
/** Most steps of a cloud. */
export const STEPS = 560;
/** Of the plane. */
export const REACH = 4;
export const SIDE = 41;
/** Evaluations of the loss in a step, for the curves of the error. */
export const EVALUATIONS: readonly number[] = [
  ...new Set(Array.from({ length: 49 }, (_, i) => Math.round(2 ** (i / 4)))),
];
