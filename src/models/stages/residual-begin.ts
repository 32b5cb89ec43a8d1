import { broadcastTo, constant, sizeOf, type Tensor } from "../../graph/index.ts";
import { tile } from "../../random/index.ts";
import { checkNumber } from "../../rules.ts";
import type { Stage, StagePlace } from "../stage.ts";

/** What begins a residual stage: it hands on what it reads, and keeps it for the way around. */
export function residualBegin(keep: number | undefined, at: StagePlace): Stage {
  if (keep !== undefined) checkNumber(`${at.subject}.keep`, keep, { above: 0, atMost: 1 });
  return keep === undefined || keep === 1 ? plain(at) : byChance(keep, at);
}

const kind = "residual begin";

const plain = ({ input }: StagePlace): Stage => ({
  kind,
  config: { kind },
  ...{ rows: [], output: input, units: sizeOf(input) },
  keeps: (x) => [x],
  init: () => ({ params: [], states: [] }),
  preactivation: (_, x) => x,
});

/** What is drawn of the gate of an image: 1 with the chance `keep`, and that chance itself in the deterministic readout, where nothing is skipped. */
const byChance = (keep: number, { input }: StagePlace): Stage => ({
  kind,
  config: { kind },
  ...{ rows: [], output: input, units: 1, noisy: true },
  init: () => ({ params: [], states: [] }),
  preactivation(_, x, { noise }): Tensor {
    const chance = broadcastTo(constant(keep, x.dtype), [x.shape[0]!, 1]);
    return noise ? noise.bernoulli(chance) : chance;
  },
  send: (_, x, gates) => tile(x, gates.shape[0]! / x.shape[0]!),
  keeps: (x, gate, { readout }) => (readout === "stochastic" ? [x, gate, gate] : [x, gate]),
});
