import { ShapeError } from "../../errors.ts";
import { apply, type Op } from "../op.ts";
import { checkRouting, checkShape, forEachPair, type PairAttrs, type Routing } from "../pair-space.ts";
import type { Tensor } from "../tensor.ts";
import { fromBlocks } from "./from-blocks.ts";
import { toBlocks } from "./to-blocks.ts";

export const blocksGradientOp: Op<PairAttrs> = {
  name: "blocksGradient",
  spec([x, c], { batch, blocks }) {
    checkShape("blocksGradient", "x", x!, [batch, "D"]);
    checkShape("blocksGradient", "pairs", c!, [batch * blocks, "S"]);
    if (x!.dtype !== c!.dtype)
      throw new ShapeError(`blocksGradient: needs one dtype, received ${x!.dtype} and ${c!.dtype}`);
    return { shape: [blocks, c!.shape[1]!, x!.shape[1]!], dtype: x!.dtype };
  },
  derivative: ({ inputs: [x, c, plan], attrs }, g) => {
    const routing = { plan: plan!, ...attrs };
    return [fromBlocks(c!, g, routing), toBlocks(x!, g, routing), undefined];
  },
  lowering: ({ attrs }) => ({ kind: "pairs", op: "blocksGradient", ...attrs }),
  work: ({ inputs: [, , plan], output, attrs }) => ({ multiplyAdds: attrs.batch * output.size, plan: plan! }),
  reference([x, c, plan], attrs, output) {
    const [units, depth] = output.shape.slice(1) as [number, number];
    const totals = new Float64Array(output.data.length);
    forEachPair(plan!.data, attrs, (pair, example, block) => {
      for (let s = 0; s < units; s++) {
        const factor = c!.data[pair * units + s]!;
        const row = (block * units + s) * depth;
        for (let d = 0; d < depth; d++) totals[row + d]! += factor * x!.data[example * depth + d]!;
      }
    });
    output.data.set(totals);
  },
};

/**
 * The gradient of blocks' weights: Σ c[p] x_rᵀ over the pairs p of each block, 0 for a block that is closed
 * for all. Throws ShapeError for anything but what `routing` gives.
 * @param x [B, D]
 * @param c [B·K, S] in pair space
 * @returns [K, S, D]
 */
export function blocksGradient(x: Tensor, c: Tensor, routing: Routing): Tensor {
  const { plan, batch, blocks } = checkRouting("blocksGradient", routing);
  return apply(blocksGradientOp, [x, c, plan], { batch, blocks });
}
