import { reshape, sizeOf, type Tensor } from "../../graph/index.ts";
import { type AffineParams, affine, affineInit, affineShapes, gainRule } from "../../layers/affine.ts";
import { checkKeys, checkNumber } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { asSequences, sequenceOf } from "./sequence.ts";
import { specOf } from "./spec.ts";

/** An affine map that is the same at every step. */
export interface PerStepOptions {
  /** N: numbers that it outputs at each step (default in the last stage: those that the head reads). */
  readonly units?: number | undefined;
  /** Factor on the range of the first weights (default: 1). */
  readonly gain?: number | undefined;
  /** Its name in tables (default: per-step1, per-step2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "an affine map at each step",
  summary: "The same map at every step of a sequence, such as the class scores of each step.",
  formula: "y_t = x_t W + b,\\; W\\in\\mathbb R^{I\\times H}",
  reads: "[B, T, I]",
  outputs: "[B, T, H]",
};

/**
 * An affine map at each step of a sequence: y_t = x_t W + b, [T, I] → [T, N], with what a step reads flattened to [I].
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const perStep = (options: PerStepOptions): StageSpec => specOf("per-step", options, build);

function build({ units: asked, gain = 1, name: called, ...unknown }: PerStepOptions, at: StagePlace): Stage {
  const { subject, wanted } = at;
  checkKeys(subject, unknown, ["units", "gain", "name"]);
  const { steps, inputs } = sequenceOf(at.input);
  const units = asked === undefined ? wanted && sizeOf(wanted) / steps : asked;
  checkNumber(`${subject}.units`, units, { whole: true, atLeast: 1 });
  checkNumber(`${subject}.gain`, gain, gainRule);
  const name = called ?? `per-step${at.number}`;
  return {
    kind: "per-step",
    config: {
      ...{ kind: "per-step", units },
      ...(gain !== 1 && { gain }),
      ...(called !== undefined && { name: called }),
    },
    rows: [
      {
        ...{ name, kind: "per-step", input: [steps, inputs], output: [steps, units] },
        ...{ parameters: affineShapes(inputs, units), multiplyAdds: steps * inputs * units, activation: "linear" },
      },
    ],
    output: [steps, units],
    sendsSequence: true,
    units,
    stepwise: "each",
    init: (root, place) => ({ params: [affineInit(root.fold(place), inputs, units, gain)], states: [{}] }),
    preactivation([own], x) {
      const rows = reshape(asSequences(name, at.input, x), [x.size / inputs, inputs]);
      return reshape(affine(own as AffineParams<Tensor>, rows), [x.shape[0]!, -1, units]);
    },
  };
}
