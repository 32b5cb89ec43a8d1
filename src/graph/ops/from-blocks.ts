import { ShapeError } from "../../errors.ts";
import { apply, type Op } from "../op.ts";
import { blockSizes, checkRouting, checkShape, forEachPair, type PairAttrs, type Routing } from "../pair-space.ts";
import type { Tensor } from "../tensor.ts";
import { blocksGradient } from "./blocks-gradient.ts";
import { toBlocks } from "./to-blocks.ts";

export const fromBlocksOp: Op<PairAttrs> = {
  name: "fromBlocks",
  spec([c, m], attrs) {
    const [units, depth] = blockSizes("fromBlocks", m!, attrs);
    checkShape("fromBlocks", "pairs", c!, [attrs.batch * attrs.blocks, units]);
    if (c!.dtype !== m!.dtype)
      throw new ShapeError(`fromBlocks: needs one dtype, received ${c!.dtype} and ${m!.dtype}`);
    return { shape: [attrs.batch, depth], dtype: c!.dtype };
  },
  derivative: ({ inputs: [c, m, plan], attrs }, g) => {
    const routing = { plan: plan!, ...attrs };
    return [toBlocks(g, m!, routing), blocksGradient(g, c!, routing), undefined];
  },
  lowering: ({ attrs }) => ({ kind: "pairs", op: "fromBlocks", ...attrs }),
  work: ({ inputs: [, m, plan], attrs }) => ({ multiplyAdds: attrs.batch * m!.size, plan: plan! }),
  reference([c, m, plan], attrs, output) {
    const [units, depth] = m!.shape.slice(1) as [number, number];
    const totals = new Float64Array(output.data.length);
    forEachPair(plan!.data, attrs, (pair, example, block) => {
      for (let s = 0; s < units; s++) {
        const factor = c!.data[pair * units + s]!;
        const row = (block * units + s) * depth;
        for (let d = 0; d < depth; d++) totals[example * depth + d]! += factor * m!.data[row + d]!;
      }
    });
    output.data.set(totals);
  },
};

/**
 * What open blocks output, times their weights and summed up: the conditional *input* side, y_r = Σ c[p] M_k
 * over the pairs p of example r. Throws ShapeError for anything but what `routing` gives.
 * @param c [B·K, S] in pair space
 * @param m [K, S, D]
 * @returns [B, D], 0 for an example without open blocks
 */
export function fromBlocks(c: Tensor, m: Tensor, routing: Routing): Tensor {
  const { plan, batch, blocks } = checkRouting("fromBlocks", routing);
  return apply(fromBlocksOp, [c, m, plan], { batch, blocks });
}
