import { ShapeError } from "../../errors.ts";
import { apply, type Op } from "../op.ts";
import { blockSizes, checkRouting, checkShape, forEachPair, type PairAttrs, type Routing } from "../pair-space.ts";
import type { Tensor } from "../tensor.ts";
import { blocksGradient } from "./blocks-gradient.ts";
import { fromBlocks } from "./from-blocks.ts";

export const toBlocksOp: Op<PairAttrs> = {
  name: "toBlocks",
  spec([x, m], attrs) {
    const [units, depth] = blockSizes("toBlocks", m!, attrs);
    checkShape("toBlocks", "x", x!, [attrs.batch, depth]);
    if (x!.dtype !== m!.dtype) throw new ShapeError(`toBlocks: needs one dtype, received ${x!.dtype} and ${m!.dtype}`);
    return { shape: [attrs.batch * attrs.blocks, units], dtype: x!.dtype };
  },
  derivative: ({ inputs: [x, m, plan], attrs }, g) => {
    const routing = { plan: plan!, ...attrs };
    return [fromBlocks(g, m!, routing), blocksGradient(x!, g, routing), undefined];
  },
  lowering: ({ attrs }) => ({ kind: "pairs", op: "toBlocks", ...attrs }),
  work: ({ inputs: [, m, plan], attrs }) => ({ multiplyAdds: attrs.batch * m!.size, plan: plan! }),
  reference([x, m, plan], attrs, output) {
    const [units, depth] = m!.shape.slice(1) as [number, number];
    forEachPair(plan!.data, attrs, (pair, example, block) => {
      for (let s = 0; s < units; s++) {
        let total = 0;
        for (let d = 0; d < depth; d++)
          total += x!.data[example * depth + d]! * m!.data[(block * units + s) * depth + d]!;
        output.data[pair * units + s] = total;
      }
    });
  },
};

/**
 * x times the weights of open blocks alone, the conditional *output* side: c[p] = M_k x_r for each pair p of
 * example r and block k. Throws ShapeError for anything but what `routing` gives.
 * @param x [B, D]
 * @param m [K, S, D]
 * @returns [B·K, S] in pair space
 */
export function toBlocks(x: Tensor, m: Tensor, routing: Routing): Tensor {
  const { plan, batch, blocks } = checkRouting("toBlocks", routing);
  return apply(toBlocksOp, [x, m, plan], { batch, blocks });
}
