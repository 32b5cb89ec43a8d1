import type { Shape, Tensor } from "../graph/index.ts";
import type { LayerParams, Model, Params } from "./model.ts";
import { advance, begun, type Parts, type Reading, trainingPass } from "./pass.ts";
import type { Stage } from "./stage.ts";

/** Names of what a stage's units receive, and of what it outputs. */
export const insideNames = { received: "a", sent: "sent" } as const;

/** What can be looked at in each stage, with shapes without the batch axis. */
const shapesIn = ({ estimator, units, output, insides }: Stage): { readonly [name: string]: Shape } => ({
  ...insides,
  ...(estimator && { [insideNames.received]: [units] }),
  [insideNames.sent]: output,
});

/** How a network's insides are read at test, and what the derivatives of its losses with respect to them are. */
export function insidesIn(parts: Parts, input: string): Pick<Model, "insides" | "inside" | "nudgedLosses"> {
  return {
    insides: parts.placed.map(({ stage }) => shapesIn(stage)),
    inside: (params, x, readout, key, fields = {}) => inside(parts, params, x, { readout, key, fields }),
    nudgedLosses: (params, batch, key, states, nudges) =>
      trainingPass(parts, params, batch, { key, states, input, statistics: "test", nudges }).loss,
  };
}

function inside(parts: Parts, params: Params<Tensor>, x: Tensor, reading: Reading): LayerParams<Tensor>[] {
  let flow = begun(parts, x);
  return parts.placed.map(({ i, stage }) => {
    const seen: Record<string, Tensor> = {};
    const look = { nudges: {}, see: (name: string, value: Tensor) => void (seen[name] = value) };
    const now = advance(parts, i, params, flow, { ...reading, look });
    flow = now;
    if (stage.estimator) seen[insideNames.received] = now.a;
    seen[insideNames.sent] = now.h;
    const known = shapesIn(stage);
    return Object.fromEntries(Object.keys(known).map((name) => [name, seen[name]!]));
  });
}
