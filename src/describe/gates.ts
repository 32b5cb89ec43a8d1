import type { Model } from "../models/model.ts";

/** A layer of gates, as tables and texts call it. */
export interface GateLayer {
  /** Its name in the network's table, such as "gated-conv1". */
  readonly name: string;
  /** Its gates. */
  readonly gates: number;
  /** How the deterministic readout opens them: above a threshold that is fitted to training examples, the highest scores, or as their estimator reads them. */
  readonly opens: "threshold" | "highest" | "readout";
}

/** The layers of gates of a network, in the order in which it reports how open they are. */
export const gateLayersOf = ({ layers }: Pick<Model, "layers">): GateLayer[] =>
  layers.flatMap(({ name, gates, parameters, estimator }) => {
    if (!gates) return [];
    const fitted = parameters.some((parameter) => parameter.name === "threshold");
    const highest = estimator?.card.family === "selection";
    return [{ name, gates: gates.blocks, opens: fitted ? "threshold" : highest ? "highest" : "readout" }];
  });
