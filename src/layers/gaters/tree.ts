import { UserError } from "../../errors.ts";
import {
  add,
  arange,
  array,
  cast,
  constant,
  expandDims,
  gather,
  greater,
  matmul,
  mul,
  NdArray,
  oneHot,
  reshape,
  slice,
  softplus,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import { number, whole } from "../../options/index.ts";
import { show } from "../../rules.ts";
import { affineInit } from "../affine.ts";
import { type GaterCard, type GaterSizes, gaterOf } from "./gater.ts";

const card: GaterCard = {
  name: "tree",
  title: "tree gater",
  summary:
    "Blocks are the leaves of binary trees whose nodes decide, each with probability σ of an affine map, to which side an example goes.",
  formula: String.raw`a_k = \log P(\text{leaf }k) = \sum_{\text{nodes }i\text{ above}} \log\sigma(\pm(x w_i + c_i))`,
  cost: String.raw`n\,(K - T) \text{ for all leaves of } T \text{ trees},\; n\,T \log_2\tfrac KT \text{ for the leaf an example ends at}`,
  source: "Belcak and Wattenhofer 2023, Fast feedforward networks, https://arxiv.org/abs/2308.14711",
};

const options = {
  /** Each has as many of the blocks for leaves: one leaf of each tree is open. */
  trees: whole(1, "trees side by side, of equal shares of the blocks: one leaf of each is open", { default: 1 }),
  gain: number({ above: 0 }, "factor on the nodes' first weights", { default: 1 }),
};

/**
 * The log-probabilities of the leaves of T trees of depth d, K = T·2^d blocks: the logits of T one-hot variables of 2^d classes, so that any
 * categorical estimator with `classes` 2^d decides which leaf of each tree is open. `decide` goes down the trees instead, to the side
 * that each node finds more likely, and reads no other nodes: d of a tree's 2^d − 1.
 * Leaf k of a tree is reached by the bits of k, the highest first: 1 where the node's map is above 0, and with probability σ of it.
 *
 * Parameters: weight [K − T, in] and bias [K − T], tree after tree, level after level from the root.
 * Throws UserError where the blocks can't be the leaves of this number of trees, and for a gain that can't be.
 */
export const treeGater = gaterOf(card, options, ({ trees, gain }, { input, blocks }: GaterSizes) => {
  const leaves = blocks / trees;
  const depth = Math.log2(leaves);
  if (!Number.isInteger(depth) || depth < 1)
    throw new UserError(
      `tree gater: each of ${show(trees)} trees needs 2, 4, 8, … of the blocks for leaves, received ${show(blocks)} blocks`,
    );
  const nodes = leaves - 1;
  const total = trees * nodes;
  const multiplyAdds = total * input;

  /** [B, T, 2^l] of level l, from node 2^l − 1 of each tree on. */
  const level = (a: Tensor, l: number): Tensor =>
    slice(a, [0, 0, 2 ** l - 1], [a.shape[0], a.shape[1], 2 ** (l + 1) - 1]);

  return {
    card,
    layers: [
      {
        kind: "tree",
        input,
        output: blocks,
        parameters: [
          { name: "weight", shape: [total, input] },
          { name: "bias", shape: [total] },
        ],
        multiplyAdds,
        activation: "log σ along paths",
      },
    ],
    multiplyAdds,
    classes: leaves,
    init(key) {
      // The range of an affine map from the inputs to one unit, as each node is one.
      const own = gain * Math.sqrt((input + total) / (input + 1));
      const { weight } = affineInit(key, total, input, own);
      return [{ weight, bias: NdArray.zeros([total]) }];
    },
    scores([params], x) {
      const batch = x.shape[0]!;
      const maps = add(matmul(x, transpose(params!.weight!)), params!.bias!);
      const a = reshape(maps, [batch, trees, nodes]);
      const sides = constant(array([1, -1], { dtype: x.dtype }));
      let scores: Tensor | undefined;
      for (let l = 0; l < depth; l++) {
        // log σ(−a) to the side of bit 0, log σ(a) to that of bit 1.
        const surprise = softplus(mul(expandDims(level(a, l), -1), sides));
        const both = scores ? sub(expandDims(scores, -1), surprise) : surprise.neg();
        scores = reshape(both, [batch, trees, 2 ** (l + 1)]);
      }
      return reshape(scores!, [batch, blocks]);
    },
    decision: {
      multiplyAdds: trees * depth * input,
      gates([params], x) {
        const { weight, bias } = params as { weight: Tensor; bias: Tensor };
        const batch = x.shape[0]!;
        const own = expandDims(x, 1); // [B, 1, in]
        const roots = mul(arange(trees), nodes);
        let leaf = constant(NdArray.zeros([batch, trees], "int32"));
        for (let l = 0; l < depth; l++) {
          const node = add(add(leaf, 2 ** l - 1), roots); // int32 [B, T]
          const a = add(sum(mul(gather(weight, node), own), -1), gather(bias, node));
          leaf = add(mul(leaf, 2), cast(greater(a, 0), "int32"));
        }
        return reshape(oneHot(leaf, leaves, x.dtype), [batch, blocks]);
      },
    },
  };
});
