import type { Tensor } from "../../graph/index.ts";
import { add, NdArray, sizeOf } from "../../graph/index.ts";
import { checkSize } from "../../graph/size.ts";
import { activationFor } from "../../layers/activations.ts";
import { type GatedBlocksParams, gatedBlocks, gatedBlocksInit, gatedBlocksShapes } from "../../layers/gated-blocks.ts";
import type { Stage, StageCard, StagePlace, StageSpec } from "../stage.ts";
import { flat } from "./dense.ts";
import { type Gated, resolveGated } from "./gated/config.ts";
import { gatedStage } from "./gated/gates.ts";
import { specOf } from "./spec.ts";

/** A layer of blocks behind gates, with a name. */
export interface GatedOptions extends Gated {
  /** Its name in tables (default: blocks1, blocks2, …). */
  readonly name?: string | undefined;
}

/** What pages say about it. */
export const card: StageCard = {
  title: "blocks of units behind gates",
  summary:
    "Blocks are computed only where their gate is open. A gater scores the gates, and an estimator decides and trains it.",
  formula: "y = \\sum_k g_k\\, f(x W_k^\\top + b_k)\\,V_k + c",
  reads: "[B, N]",
  outputs: "[B, H]",
  source:
    "Bengio, Léonard and Courville 2013, Estimating or propagating gradients through stochastic neurons for conditional computation, https://arxiv.org/abs/1308.3432",
};

/**
 * A stage of units that are computed only where a gate of theirs is open. A gater reads what the stage reads and says how likely each gate is to open;
 * any estimator decides and trains the gater.
 *
 *     a = gater(x),  g = what the gates' estimator sends,  y = Σₖ gₖ · f(x Wₖᵀ + bₖ) Vₖ + c
 *
 * In training closed gates skip their blocks where the estimator doesn't read them, at test always. The deterministic readout opens the gates
 * whose score is above a threshold, fitted on training examples so that a given share is open: gates that output bits are 1 there, others
 * output their unit's readout. One-hot gates open the likeliest class, or that where the gater's own way ends; of gates that compete as many
 * are open as ever. Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5.
 *
 * Throws UserError, when the network is made, for an option that isn't as it must be.
 */
export const gated = (options: GatedOptions): StageSpec => specOf("gated", options, build);

function build({ name, ...options }: GatedOptions, at: StagePlace): Stage {
  const wanted = at.wanted && sizeOf(at.wanted);
  const { sparsity: _, open: __, ...free } = options;
  const input = sizeOf(at.input);
  const sized = { input, output: wanted };
  const config = resolveGated(at.uncontrolled ? free : options, at.subject, sized, at.estimator);
  const { blocks, width, gain, output } = config;
  const sizes = { input, blocks, width, output };
  const activation = activationFor(config.activation);
  // Before anything as long as the blocks is made.
  checkSize(`${at.subject}.blocks: their weights are`, [blocks, width, input]);
  const incoming: Readonly<Record<string, readonly number[]>> = { weight: [2], bias: [], out: [0, 1] };
  const named = name === undefined ? config : { ...config, config: { ...config.config, name } };
  return gatedStage("gated", named, at, {
    output: at.wanted ?? [output],
    inputs: input,
    seen: flat,
    row: {
      name: name ?? `blocks${at.number}`,
      kind: `${blocks} gated blocks of ${width}`,
      input: [input],
      parameters: [
        ...gatedBlocksShapes(input, blocks, width, output).map((shape) => ({
          ...shape,
          ...(incoming[shape.name] && { incoming: incoming[shape.name]! }),
        })),
        { name: "offset", shape: [output] },
      ],
      multiplyAdds: blocks * width * (input + output),
    },
    init: (key) => ({ ...gatedBlocksInit(key, sizes, 1, gain), offset: NdArray.zeros([output]) }),
    send(row, x, gates, { closed }): Tensor {
      const { weight, bias, out, offset } = row as GatedBlocksParams<Tensor>;
      return add(gatedBlocks({ weight, bias, out }, flat(x), gates, { activation, closed }), offset!);
    },
  });
}
