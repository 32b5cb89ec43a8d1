import {
  add,
  blocksGradient,
  customGradient,
  fromBlocks,
  fromPairs,
  matmul,
  NdArray,
  openPart,
  reshape,
  type Shape,
  sum,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { type AffineParams, affine } from "./affine.ts";
import { turned } from "./turned.ts";

/**
 * The same affine map with each unit's weights side by side, as those of gated blocks of one unit are. weight [in, K] → [K, 1, in]
 */
export function byUnit({ weight, bias }: AffineParams<NdArray>): AffineParams<NdArray> {
  const [input, units] = weight.shape as readonly [number, number];
  return { weight: new NdArray(turned(weight.data, input, units), [units, 1, input]), bias };
}

/**
 * h Wᵀ + b, the last map of a gater: what K gates are decided from.
 *
 * Going backward, gradient that reaches the scores through open gates alone is multiplied out for those alone: of W and of h, a closed gate's
 * part is omitted where it is 0. How it reached them is read from the graph (see openPart); otherwise whole matrix products do it.
 * @param params weight W [K, 1, in], or [in, K] as a dense layer has it, for plain products; bias b [K]
 * @param h      [B, in]
 * @returns      [B, K]
 */
export function scoresByUnit(params: AffineParams<Tensor>, h: Tensor): Tensor {
  const { weight, bias } = params;
  if (weight.rank === 2) return affine(params, h);
  const [units, , input] = weight.shape as readonly [number, number, number];
  const matrix = reshape(weight, [units, input]);
  return customGradient(add(matmul(h, transpose(matrix)), bias), [h, weight, bias], (grad) => {
    const open = openPart(grad);
    if (!open) return [matmul(grad, matrix), reshape(matmul(transpose(grad), h), weight.shape), sum(grad, 0)];
    const { pairs, routing } = open;
    return [
      fromBlocks(pairs, weight, routing),
      blocksGradient(h, pairs, routing),
      reshape(fromPairs(pairs, routing, "blocks"), bias.shape),
    ];
  });
}

/** The shapes of its parameters, in the order in which a table shows them. */
export const byUnitShapes = (
  input: number,
  units: number,
): readonly { name: string; shape: Shape; incoming: readonly number[]; stored?: "by input" }[] => [
  { name: "weight", shape: [units, 1, input], incoming: [2], stored: "by input" },
  { name: "bias", shape: [units], incoming: [] },
];
