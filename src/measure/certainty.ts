import { GROUPS } from "../statistics/jackknife.ts";
import type { Problem } from "./problem.ts";
import { factors } from "./truth.ts";

/** What n estimates can say about the bias of units that are nearly certain. */
export interface Certainty {
  /** Components whose rarer value was seen often enough for their means to be tested. */
  readonly testable: (component: number) => boolean;
  /** A bias below this share of ‖g‖ may be rounding, or the part of patterns that were never drawn. */
  readonly allowance: number;
}

/** A component is tested from this many appearances of its rarer value on: with fewer, means of groups are skewed, and the test is not exact. */
const TESTED = 5 * GROUPS;
/** With this many expected appearances a value is missed with a probability of 3e-4. */
const SEEN = 8;
/** How much one unit's value may change the derivative with respect to another's. */
const COUPLING = 10;
/** Numbers of single precision near 1, and draws, are multiples of this. */
const RESOLUTION = 2 ** -24;
/** How much larger losses may be than what one unit changes in them. */
const LEVEL = 8;
/** What is left of rounding where nothing cancels. */
const ROUNDING = 1e-5;

/**
 * A unit with q = min(p, 1 − p) has a gradient of the size q ΔL, of which single precision, in p and in the draws that are compared with
 * it, knows a share of 2⁻²⁴/q times L/ΔL. Where n q is below 8, the unit's rarer value may not have been drawn at all: a share of q of
 * every other unit's gradient is then not to be seen.
 * @param truth [B·H] the gradient
 */
export function certaintyOf(problem: Problem, truth: Float64Array, replicates: number): Certainty {
  const { inputs, units, classes, examples } = problem;
  const rarer = factors(inputs.a.data, classes).on.map((p) => Math.min(p, 1 - p));
  const norm = Math.hypot(...truth);
  const resolution = Math.hypot(...truth.map((g, i) => (LEVEL * RESOLUTION * g) / Math.max(rarer[i]!, RESOLUTION)));
  let unseen = 0;
  for (let i = 0; i < examples; i++) {
    const missed = rarer.subarray(i * units, (i + 1) * units).filter((q) => replicates * q < SEEN);
    unseen = Math.max(
      unseen,
      missed.reduce((total, q) => total + q, 0),
    );
  }
  return {
    testable: (component) => replicates * rarer[component]! >= TESTED,
    allowance: ROUNDING + (norm > 0 ? resolution / norm : 0) + COUPLING * unseen,
  };
}
