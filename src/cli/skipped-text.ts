import type { Model, StageSummary } from "../models/model.ts";

/** What of a network tells what it may skip. */
export type Skipping = Pick<Model, "layers" | "stages" | "stochastic">;

/** Whether images take the stages of a residual one by chance (stochastic depth). */
const isByChance = ({ kind, config }: StageSummary): boolean =>
  kind === "residual" && typeof config.keep === "number" && config.keep < 1;

/** Whether a learned gate decides which images take them. */
const isByGate = ({ kind, config }: StageSummary): boolean => kind === "residual" && config.gate !== undefined;

/** What can be skipped, by kind: blocks behind gates, residual stages, steps and products with spikes. */
function kindsIn({ layers, stages }: Skipping) {
  const [chance, gate] = [stages.some(isByChance), stages.some(isByGate)];
  const gates = layers.filter((layer) => layer.gates).length;
  const blocks = gates > stages.filter(isByGate).length;
  return { blocks, chance, gate, products: !blocks && !chance && !gate };
}

/** The head of the column of shares. */
export function shareTitle(model: Skipping): string {
  const { blocks, chance, gate } = kindsIn(model);
  return blocks && !chance && !gate ? "open blocks" : "not skipped";
}

/** What the shares below `shareTitle` are, a sentence or two for each kind; nothing of blocks alone, where the title says it. */
export function shareNotes(model: Skipping): string[] {
  const { blocks, chance, gate, products } = kindsIn(model);
  const others = chance || gate;
  return [
    ...(blocks && others ? ["Not skipped, of a layer of gated blocks: the share of blocks that are open."] : []),
    ...(chance
      ? [
          "Not skipped, of a residual stage with keep: the share of images that take it in a training step. They are drawn once for this count, so the share differs from keep. At inference all images take it.",
        ]
      : []),
    ...(gate ? ["Not skipped, of a residual stage with a gate: the share of images for which the gate is open."] : []),
    ...(products
      ? ["Not skipped: the share of states, spikes and gradients that isn't 0. Before a first step the state is 0."]
      : []),
    ...(products && model.stochastic
      ? ["A random gate or spike that is read by its mean is never 0, so nothing of it is skipped."]
      : []),
  ];
}

/** Why training saves nothing where inference does. */
export function savesNothing(model: Skipping): string {
  const { blocks, products } = kindsIn(model);
  const needed = products
    ? "skipped steps would have come to"
    : `${blocks ? "closed blocks" : "skipped stages"} would have output`;
  return `Training saves nothing: this gate's gradient needs what ${needed}, so all are computed.`;
}
