import type { Tensor } from "../graph/index.ts";
import { inFirstRows, zeros } from "./carried.ts";
import type { Flow, LayerParams, StepwiseNetwork } from "./model.ts";
import { advance, type Parts } from "./pass.ts";

/** The network step by step; undefined where a stage isn't stepwise, or where inputs are scaled as whole sequences. */
export function stepwiseIn(parts: Parts, scaled: boolean): StepwiseNetwork | undefined {
  // What stands behind the stage that outputs its last step reads no sequence any more.
  const ended = parts.placed.findIndex(({ stage }) => stage.stepwise === "last");
  const inTime = ended < 0 ? parts.placed : parts.placed.slice(0, ended + 1);
  if (scaled || !inTime.every(({ stage }) => stage.stepwise)) return undefined;
  return {
    stateFor: (sequences) => inFirstRows(parts, ({ stage }) => zeros(stage.memory?.state ?? {}, [sequences])),
    output(params, x, { before, fields = {}, ...reading }) {
      const after: LayerParams<Tensor>[] = parts.placed.map(() => ({}));
      let flow: Flow = { h: x, kept: [] };
      for (const { i, first } of parts.placed) {
        const found = advance(parts, i, params, flow, { ...reading, fields, before: before[first]! });
        after[i] = found.after ?? {};
        flow = found;
      }
      return { output: flow.h, after: inFirstRows(parts, ({ i }) => after[i]!) };
    },
  };
}
