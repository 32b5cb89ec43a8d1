import { add, array, constant, matmul, type NdArray, type Tensor } from "../graph/index.ts";
import { defineStage } from "../models/own-stage.ts";

/** [T, T]: row t weighs the rows up to t by powers of ½; with `ahead` the row after it too. */
const looking = (steps: number, ahead: boolean): Tensor =>
  constant(
    array(
      Array.from({ length: steps }, (_, t) =>
        Array.from({ length: steps }, (_, s) => (s <= t ? 0.5 ** (t - s) : ahead && s === t + 1 ? 1 : 0)),
      ),
    ),
  );

interface OfSteps {
  readonly units: number;
  readonly ahead?: boolean;
  /** First parameters. */
  readonly first?: { readonly weight: NdArray; readonly bias: NdArray } | undefined;
}

/** A mean of the steps so far that forgets by halves, and an affine map of it at each step. [T, I] → [T, N] */
export const fading = defineStage("fading", ({ units, ahead = false, first }: OfSteps, { input: [steps, inputs] }) => ({
  units: [steps!, units],
  parameters: { weight: [inputs!, units], bias: [units] },
  apply: ({ weight, bias }, x) => add(matmul(matmul(looking(steps!, ahead), x), weight!), bias!),
  ...(first && { init: () => ({ ...first }) }),
}));

/** An affine map at each step. [T, I] → [T, N] */
export const eachStep = defineStage("each-step", ({ units, first }: OfSteps, { input: [steps, inputs] }) => ({
  units: [steps!, units],
  parameters: { weight: [inputs!, units], bias: [units] },
  apply: ({ weight, bias }, x) => add(matmul(x, weight!), bias!),
  ...(first && { init: () => ({ ...first }) }),
}));
