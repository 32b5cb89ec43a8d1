/** The plane that is shown: from -EDGE to EDGE on both axes. */
export const EDGE = 6;

/** The probability of class 1 at each point of a grid, row by row from the top: 0 … 255. [side · side] */
export type Answers = Uint8Array;

/** What a network says of the plane. */
export interface SurfaceNews {
  readonly kind: "surface";
  readonly step: number;
  /** Points of a side of the grid. */
  readonly side: number;
  /** Of the deterministic readout. */
  readonly deterministic: Answers;
  /** Of sampled passes. In each of them a neuron compares its probability with the same draw at all points. */
  readonly sampled: readonly Answers[];
}
