import { ShapeError } from "../../errors.ts";
import { flagOf, optionsOf } from "../arguments.ts";
import { isFloat, showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import { PLAN, planLayout, type Routing } from "../pair-space.ts";
import type { Tensor } from "../tensor.ts";

export interface RoutingAttrs {
  readonly mayTakeAll: boolean;
}

export const routingOp: Op<RoutingAttrs> = {
  name: "routing",
  spec([gates]) {
    if (!isFloat(gates!.dtype) || gates!.shape.length !== 2)
      throw new ShapeError(`routing: needs floating-point gates [B, K], received ${showSpec(gates!)}`);
    const [batch, blocks] = gates!.shape as readonly [number, number];
    return { shape: [planLayout(batch, blocks).words], dtype: "int32" };
  },
  derivative: () => [undefined],
  lowering: ({ attrs }) => ({ kind: "routing", ...attrs }),
  reference([gates], _, output) {
    const [batch, blocks] = gates!.shape as readonly [number, number];
    const at = planLayout(batch, blocks);
    const plan = output.data;
    const pairOf = new Int32Array(at.capacity).fill(-1);
    let count = 0;
    for (let k = 0; k < blocks; k++) {
      plan[PLAN.STARTS + k] = count;
      for (let r = 0; r < batch; r++) {
        if (gates!.data[r * blocks + k] === 0) continue;
        plan[at.rows + count] = r;
        plan[at.blocks + count] = k;
        pairOf[r * blocks + k] = count++;
      }
      if (count > plan[PLAN.STARTS + k]!) plan[PLAN.OPEN_BLOCKS]!++;
    }
    plan[PLAN.STARTS + blocks] = count;
    plan[PLAN.COUNT] = count;
    let listed = 0;
    for (let r = 0; r < batch; r++) {
      plan[at.exampleStarts + r] = listed;
      for (let k = 0; k < blocks; k++)
        if (pairOf[r * blocks + k]! >= 0) plan[at.examplePairs + listed++] = pairOf[r * blocks + k]!;
    }
    plan[at.exampleStarts + batch] = listed;
  },
};

/**
 * Which blocks are open for which example: those whose gate is not exactly 0. Worked out once, and used forward and backward.
 *
 * With `mayTakeAll` a backend may take all pairs, closed ones as well, where enough are open that skipping does not pay: whoever asks for that
 * sees to it that closed pairs are 0 where values leave pair space, as `gatedBlocks` does. Such a 0 hides weights and examples that are
 * not finite.
 * @param gates [B, K]
 */
export function routing(gates: Tensor, options: Partial<RoutingAttrs> = {}): Routing {
  const mayTakeAll = flagOf("routing", "mayTakeAll", optionsOf("routing", options, ["mayTakeAll"]).mayTakeAll);
  const plan = apply(routingOp, [gates], { mayTakeAll });
  return { plan, batch: gates.shape[0]!, blocks: gates.shape[1]! };
}
