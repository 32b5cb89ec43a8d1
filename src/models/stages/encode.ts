import { reshape, sizeOf } from "../../graph/index.ts";
import { type CodingConfig, codingFamily, codingFor } from "../../layers/codings.ts";
import { resolveSpec } from "../../options/index.ts";
import { checkKeys, checkNumber } from "../../rules.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { flat } from "./dense.ts";
import { specOf } from "./spec.ts";

/** How the numbers of an example become a sequence. */
export interface EncodeOptions {
  /** T */
  readonly steps: number;
  /** direct: the same at each step; rate: spikes drawn anew in each training step; latency: one spike, the earlier the larger. */
  readonly coding: CodingConfig;
  /** Its name in tables (default: encode1, encode2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "numbers as a sequence",
  summary:
    "Turns the values of an example into T steps: the same at each, spikes at a rate, or one spike whose time says the value.",
  formula: "y_t = \\mathrm{coding}(x, t)",
  reads: "[B, N]",
  outputs: "[B, T, N]",
};

/**
 * A stage that makes a sequence [T, N] of an example's N values. What is drawn has its mean where a network is read without noise.
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const encode = (options: EncodeOptions): StageSpec => specOf("encode", options, build);

function build(options: EncodeOptions, at: StagePlace): Stage {
  const { subject } = at;
  checkKeys(subject, options, ["steps", "coding", "name"]);
  const { steps, name = `encode${at.number}` } = options;
  checkNumber(`${subject}.steps`, steps, { whole: true, atLeast: 1 });
  const coding = codingFor(options.coding, `${subject}.coding`);
  const config = resolveSpec(`${subject}.coding`, codingFamily, options.coding);
  const values = sizeOf(at.input);
  const output = [steps, values];
  return {
    kind: "encode",
    config: {
      ...{ kind: "encode", steps, coding: config },
      ...(options.name !== undefined && { name }),
    },
    rows: [
      {
        ...{ name, kind: `${typeof config === "string" ? config : config.name} coding`, input: at.input, output },
        ...{ parameters: [], multiplyAdds: 0, activation: "linear" },
      },
    ],
    output,
    sendsSpikes: coding.spikes,
    sendsSequence: true,
    units: steps * values,
    noisy: coding.random,
    init: () => ({ params: [{}], states: [{}] }),
    preactivation: (_, x, { noise }) => reshape(coding.code(flat(x), steps, noise), [x.shape[0]!, ...output]),
  };
}
