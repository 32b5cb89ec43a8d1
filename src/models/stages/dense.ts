import type { Estimator } from "../../estimators/estimator.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { reshape, sizeOf, type Tensor } from "../../graph/index.ts";
import { type AffineParams, affine, affineInit, affineShapes, gainRule } from "../../layers/affine.ts";
import { checkKeys, checkNumber } from "../../rules.ts";
import type { LayerSummary } from "../model.ts";
import { estimatorConfigOf, type Stage, type StageCard, type StagePlace, type StageSpec } from "../stage.ts";
import { specOf } from "./spec.ts";

/** An affine map, and units that an estimator trains through. */
export interface DenseOptions {
  /** Default in the last stage: what the head reads. */
  readonly units?: number | undefined;
  /** Absent: no units, the stage outputs its pre-activations. */
  readonly estimator?: EstimatorConfig | Estimator | undefined;
  /** Factor on the range of the first weights (default: 1). */
  readonly gain?: number | undefined;
  /** Its name in tables (default: dense1, dense2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "an affine map and its units",
  summary:
    "A fully connected layer. An estimator decides how its units fire and how they are trained; without one it is linear.",
  formula: "a = x W + b,\\; W\\in\\mathbb R^{N\\times H}",
  reads: "[B, N]",
  outputs: "[B, H]",
};

/**
 * A dense stage: a = x W + b, with x flattened to [B, in], then the units of its estimator.
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const dense = (options: DenseOptions): StageSpec => specOf("dense", options, build);

function build({ estimator: given, gain = 1, name: called, ...rest }: DenseOptions, at: StagePlace): Stage {
  const { subject } = at;
  const { units: asked, ...unknown } = rest;
  checkKeys(subject, unknown, ["units", "estimator", "gain", "name"]);
  const units = asked === undefined ? at.wanted && sizeOf(at.wanted) : asked;
  checkNumber(`${subject}.units`, units, { whole: true, atLeast: 1 });
  checkNumber(`${subject}.gain`, gain, gainRule);
  const made = given === undefined ? undefined : at.estimator(given, `${subject}.estimator`);
  const output = at.wanted && sizeOf(at.wanted) === units ? at.wanted : [units];
  const input = sizeOf(at.input);
  const name = called ?? `dense${at.number}`;
  return {
    kind: "dense",
    config: {
      ...{ kind: "dense", units },
      ...(given !== undefined && { estimator: estimatorConfigOf(given) }),
      ...(gain !== 1 && { gain }),
      ...(called !== undefined && { name: called }),
    },
    rows: [rowOf(input, units, made, name)],
    output,
    estimator: made,
    units,
    init: (root, place) => ({
      params: [affineInit(root.fold(place), input, units, gain)],
      states: [made?.init?.([units], root.fold(place).fold(0)) ?? {}],
    }),
    preactivation: ([own], x) => affine(own as AffineParams<Tensor>, flat(x)),
    ...(output.length > 1 && { send: (_, __, h) => reshape(h, [h.shape[0]!, ...output]) }),
  };
}

/** [B, …] as [B, in]. */
export const flat = (x: Tensor): Tensor => (x.rank === 2 ? x : reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]));

const rowOf = (input: number, output: number, estimator: Estimator | undefined, name: string): LayerSummary => ({
  name,
  kind: estimator ? `dense + ${estimator.card.name}` : "dense",
  input: [input],
  output: [output],
  parameters: affineShapes(input, output),
  multiplyAdds: input * output,
  activation: estimator?.card.name ?? "linear",
  ...(estimator && { estimator }),
});
