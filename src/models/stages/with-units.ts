import type { Estimator } from "../../estimators/estimator.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { reshape, type Shape, sizeOf } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";
import type { LayerSummary } from "../model.ts";
import { estimatorConfigOf, keptGates, type Stage, type StagePlace } from "../stage.ts";
import { flat } from "./dense.ts";

/** The option of a stage that may have units. */
export interface UnitsOption {
  /** How its units fire and are trained through. Absent: no units, the stage outputs its pre-activations. */
  readonly estimator?: EstimatorConfig | Estimator | undefined;
}

/** What a stage says of itself without its units. */
export interface Mapped {
  readonly kind: string;
  /** What it was made from, without its estimator. */
  readonly config: object;
  /** Shape of what it outputs, without the batch axis. */
  readonly output: Shape;
  /** Its row of the network's table, without its units. */
  readonly row: Pick<LayerSummary, "name" | "map" | "input" | "parameters" | "multiplyAdds">;
  /** Fresh parameters. */
  init(key: Key): Stage extends { init: (...given: never) => { params: readonly (infer P)[] } } ? P : never;
  /** Whether a channel that is 0 at each place outputs 0 at each place of the same channel. */
  readonly keepsClosed?: boolean;
  /** x [R, …] → [R, …output] */
  map: Extract<Stage, { preactivation: object }>["preactivation"];
}

/**
 * A stage of one row that maps what it reads, with units for each number of its output where there is an estimator. Throws UserError, naming the
 * stage, for an estimator that there isn't.
 */
export function withUnits(at: StagePlace, given: UnitsOption["estimator"], mapped: Mapped): Stage {
  const { kind, config, output, row, init, map, keepsClosed = false } = mapped;
  const estimator = given === undefined ? undefined : at.estimator(given, `${at.subject}.estimator`);
  const units = sizeOf(output);
  const { map: words = kind } = row;
  return {
    kind,
    config: { kind, ...config, ...(given !== undefined && { estimator: estimatorConfigOf(given) }) },
    rows: [
      {
        ...{ ...row, output, kind: estimator ? `${words} + ${estimator.card.name}` : words },
        activation: estimator?.card.name ?? "linear",
        ...(estimator && { estimator }),
      },
    ],
    ...{ output, estimator, units },
    init: (root, place) => ({
      params: [init(root.fold(place))],
      states: [estimator?.init?.([units], root.fold(place).fold(0)) ?? {}],
    }),
    preactivation: estimator ? (own, x, called) => flat(map(own, x, called)) : map,
    // Units may fire at 0.
    ...(keepsClosed && !estimator && { outputGates: keptGates }),
    ...(estimator && output.length > 1 && { send: (_, __, h) => reshape(h, [h.shape[0]!, ...output]) }),
  };
}
