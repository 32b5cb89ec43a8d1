import { UserError } from "../../errors.ts";
import type { Estimator } from "../../estimators/estimator.ts";
import type { EstimatorConfig } from "../../estimators/index.ts";
import { broadcastTo, constant, mean, sizeOf, type Tensor } from "../../graph/index.ts";
import { tile } from "../../random/index.ts";
import { checkNumber, show } from "../../rules.ts";
import { closedInTraining, keptGates, type Stage, type StagePlace } from "../stage.ts";
import { flat } from "./dense.ts";
import { type GatedConfig, resolveGated } from "./gated/config.ts";
import { gatedStage } from "./gated/gates.ts";
import { inShape } from "./image.ts";

/** Whether an image takes the stages of a residual one. */
export interface ResidualGate extends Pick<GatedConfig, "gater" | "gaterRate" | "sparsity" | "open"> {
  /**
   * Stochastic depth: the chance, a share of 1, with which an image takes the stages in a training step; for the others they are skipped. The
   * deterministic readout multiplies their output by it (default: 1).
   */
  readonly keep?: number | undefined;
  /**
   * The estimator of a gate that is learned, by name, with options, or one of your own: a gater reads the mean of each channel of an image and scores
   * the gate (default: no such gate).
   */
  readonly gate?: EstimatorConfig | Estimator | undefined;
}

/** Options of a gate that is learned. */
const ofGate = ["gater", "gaterRate", "sparsity", "open"] as const;
export const gateKeys = ["keep", "gate", ...ofGate] as const;

/** What begins a residual stage: it hands on what it reads, and keeps it for the way around, with the gate of each image. */
export function residualBegin(given: ResidualGate, at: StagePlace): Stage {
  const { keep, gate } = given;
  const { subject } = at;
  if (keep !== undefined) checkNumber(`${subject}.keep`, keep, { above: 0, atMost: 1 });
  if (gate !== undefined) {
    if (keep !== undefined) throw new UserError(`${subject}: keep and gate exclude each other, received both`);
    return learned(gate, given, at);
  }
  for (const name of ofGate)
    if (given[name] !== undefined)
      throw new UserError(
        `${subject}.${name}: is that of a gate, so gate must be given, received ${show(given[name])}`,
      );
  return keep === undefined || keep === 1 ? plain(at) : byChance(keep, at);
}

const kind = "residual begin";

const plain = ({ input }: StagePlace): Stage => ({
  kind,
  config: { kind },
  ...{ rows: [], output: input, units: sizeOf(input) },
  keeps: (x) => [x],
  outputGates: keptGates,
  init: () => ({ params: [], states: [] }),
  preactivation: (_, x) => x,
});

/** What is drawn is the gate of each image: 1 with the chance `keep`. In the deterministic readout it is that chance, and nothing is skipped. */
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
  outputGates: keptGates,
  keeps: (x, gate, { readout }) => (readout === "stochastic" ? [x, gate, gate] : [x, gate]),
});

/** That of ConvNet-AIG: the score of one gate needs no more. */
const firstGater = { name: "dense", hidden: 16 } as const;

/** One unit, whose score a gater gives: its output is the gate. */
function learned(gate: EstimatorConfig | Estimator, given: ResidualGate, at: StagePlace): Stage {
  const { gater = firstGater, gaterRate, sparsity, open } = given;
  const { input, subject, uncontrolled } = at;
  const isImage = input.length === 2 || input.length === 3;
  const inputs = isImage ? (input[2] ?? 1) : sizeOf(input);
  const gates = { blocks: 1, gate, gater, gaterRate, ...(uncontrolled ? {} : { sparsity, open }) };
  const config = resolveGated(gates, subject, { input: inputs, output: 1 }, at.estimator);
  const stage = gatedStage(kind, config, at, {
    output: input,
    inputs,
    seen: (x) => (isImage ? mean(inShape(x, [input[0]!, input[1]!, inputs]), [1, 2]) : flat(x)),
    row: {
      ...{ name: `residual-gate${at.number}`, kind: "gate", gater: `residual-gater${at.number}` },
      ...{ input, parameters: [], multiplyAdds: 0 },
    },
    init: () => ({}),
    send: (_, x) => x,
  });
  const skips = closedInTraining(config.estimator) === "skip";
  return {
    ...stage,
    outputGates: keptGates,
    keeps: (x, gate, { training }) => (skips || !training ? [x, gate, gate] : [x, gate]),
  };
}
