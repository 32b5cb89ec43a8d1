import type { Estimator } from "../estimators/estimator.ts";
import type { EstimatorConfig } from "../estimators/index.ts";
import { type NdArray, type Shape, sizeOf, type Tensor } from "../graph/index.ts";
import { checkParameters, firstParameters } from "../layers/first-parameters.ts";
import type { Key } from "../random/index.ts";
import { checkNumber } from "../rules.ts";
import { estimatorConfigOf, type Stage, type StagePlace, type StageSpec } from "./stage.ts";

/** What a stage of the user's own says of itself, for what it reads. */
export interface OwnStage {
  /** H: its units, or the shape of what it outputs where it has no estimator. */
  readonly units: number | Shape;
  /** Shapes of its parameters by name (default: none). */
  readonly parameters?: { readonly [name: string]: Shape } | undefined;
  /** How its units decide and are trained through. Absent: it has no units. */
  readonly estimator?: EstimatorConfig | Estimator | undefined;
  /** x [B, …] → pre-activations [B, H], or what it outputs. */
  apply(parameters: { readonly [name: string]: Tensor }, x: Tensor): Tensor;
  /** Fresh parameters (default: matrices uniform on ±√(6 / (in + out)), everything else 0). */
  init?(key: Key): { readonly [name: string]: NdArray };
  /** A loss of its own for each row [R], of what its units output [R, H]: added to the head's. */
  readonly loss?: Stage["loss"];
  /** Multiply-adds of one example, forward (default: the number of values in its matrices). */
  readonly multiplyAdds?: number | undefined;
}

/** Makes a stage of a kind from its options, which are JSON but for an estimator of the user's own. */
export type OwnStageMaker<O> = ((options: O) => StageSpec) & {
  /** The name of the kind, which configs and files use. */
  readonly kind: string;
};

/**
 * A kind of stage of the user's own. `define` is given the options and what the stage reads:
 *
 *     const maxout = defineStage("maxout", ({ units, estimator }: { units: number; estimator: EstimatorConfig }, { input }) => ({
 *       units,
 *       estimator,
 *       parameters: { one: [input[0]!, units], two: [input[0]!, units] },
 *       apply: ({ one, two }, x) => maximum(matmul(x, one!), matmul(x, two!)),
 *     }));
 *
 *     network({ input: 20, stages: [maxout({ units: 8, estimator: "disarm" }), dense({})], head: values(1) });
 *
 * A network that has such a stage is read back by `loadModel(bytes, { stages: { maxout } })`.
 */
export function defineStage<O extends object>(
  kind: string,
  define: (options: O, at: StagePlace) => OwnStage,
): OwnStageMaker<O> {
  const make = (options: O): StageSpec => ({ kind, build: (at) => built(kind, options, define(options, at), at) });
  return Object.assign(make, { kind });
}

function built(kind: string, options: object, own: OwnStage, at: StagePlace): Stage {
  const { parameters = {}, apply, estimator: given } = own;
  const output: Shape = typeof own.units === "number" ? [own.units] : own.units;
  for (const length of output) checkNumber(`${at.subject}: ${kind}: units`, length, { whole: true, atLeast: 1 });
  const estimator = given === undefined ? undefined : at.estimator(given, `${at.subject}.estimator`);
  const shapes = Object.entries(parameters);
  const matrices = shapes.filter(([, shape]) => shape.length >= 2);
  const units = sizeOf(output);
  return {
    kind,
    config: { ...options, kind, ...(given !== undefined && { estimator: estimatorConfigOf(given) }) },
    rows: [
      {
        name: `${kind}${at.number}`,
        kind: estimator ? `${kind} + ${estimator.card.name}` : kind,
        input: at.input,
        output,
        parameters: shapes.map(([name, shape]) => ({ name, shape, ...(shape.length < 2 && { incoming: [] }) })),
        multiplyAdds: own.multiplyAdds ?? matrices.reduce((sum, [, shape]) => sum + sizeOf(shape), 0),
        activation: estimator?.card.name ?? "linear",
        ...(estimator && { estimator }),
      },
    ],
    output,
    estimator,
    units,
    init: (root, place) => ({
      params: [
        checkParameters(own.init?.(root.fold(place)) ?? firstParameters(root.fold(place), shapes), shapes, at.subject),
      ],
      states: [estimator?.init?.([units], root.fold(place).fold(0)) ?? {}],
    }),
    preactivation: ([row], x) => apply(row!, x),
    ...(own.loss && { loss: own.loss, readsInput: true }),
  };
}
