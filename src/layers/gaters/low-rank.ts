import { matmul } from "../../graph/index.ts";
import { checkNumber } from "../../rules.ts";
import { type AffineParams, affine, affineInit, affineShapes } from "../affine.ts";
import type { Gater, GaterCard, GaterSizes } from "./gater.ts";

export interface LowRankGaterConfig {
  readonly name: "low-rank";
  /** Of the matrix from inputs to gates. */
  readonly rank: number;
  /** Factor on the second map's first weights; 1 when left out. */
  readonly gain?: number | undefined;
}

export const lowRankGaterCard: GaterCard = {
  name: "low-rank",
  title: "low-rank gater",
  summary: "One affine map whose matrix is a product of two narrow ones: it costs what inputs and gates cost apart.",
  formula: String.raw`a = x U V + b,\; U\in\mathbb R^{n\times r},\; V\in\mathbb R^{r\times K}`,
  cost: String.raw`r\,(n + K)`,
  source:
    "Davis and Arel 2013, Low-rank approximations for conditional feedforward computation in deep neural networks, https://arxiv.org/abs/1312.4461",
  options: {
    rank: "of the matrix from inputs to gates",
    gain: "factor on the second map's first weights; 1 when left out",
  },
};

/** a = x U V + b of rank r. Throws UserError for a rank or a gain that can't be. */
export function lowRankGater({ rank, gain = 1 }: LowRankGaterConfig, { input, blocks }: GaterSizes): Gater {
  checkNumber("low-rank gater: rank", rank, { whole: true, atLeast: 1, atMost: Math.min(input, blocks) });
  checkNumber("low-rank gater: gain", gain, { above: 0 });
  return {
    card: lowRankGaterCard,
    layers: [
      {
        kind: "linear",
        input,
        output: rank,
        parameters: [{ name: "weight", shape: [input, rank] }],
        multiplyAdds: input * rank,
        activation: "linear",
      },
      {
        kind: "affine",
        input: rank,
        output: blocks,
        parameters: affineShapes(rank, blocks),
        multiplyAdds: rank * blocks,
        activation: "linear",
      },
    ],
    multiplyAdds: rank * (input + blocks),
    init: (key) => [
      { weight: affineInit(key.fold(0), input, rank).weight },
      affineInit(key.fold(1), rank, blocks, gain),
    ],
    scores: ([down, up], x) => affine(up as AffineParams<typeof x>, matmul(x, down!.weight!)),
  };
}
