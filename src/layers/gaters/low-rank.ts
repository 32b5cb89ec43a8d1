import { matmul } from "../../graph/index.ts";
import { number, whole } from "../../options/index.ts";
import { checkNumber } from "../../rules.ts";
import { type AffineParams, affine, affineInit, affineShapes } from "../affine.ts";
import { type GaterCard, type GaterSizes, gaterOf } from "./gater.ts";

const card: GaterCard = {
  name: "low-rank",
  title: "low-rank gater",
  summary: "One affine map whose matrix is a product of two narrow ones: it costs what inputs and gates cost apart.",
  formula: String.raw`a = x U V + b,\; U\in\mathbb R^{n\times r},\; V\in\mathbb R^{r\times K}`,
  cost: String.raw`r\,(n + K)`,
  source:
    "Davis and Arel 2013, Low-rank approximations for conditional feedforward computation in deep neural networks, https://arxiv.org/abs/1312.4461",
};

const options = {
  rank: whole(1, "of the matrix from inputs to gates", { required: true }),
  gain: number({ above: 0 }, "factor on the second map's first weights", { default: 1 }),
};

/** a = x U V + b of rank r. Throws UserError for a rank or a gain that can't be. */
export const lowRankGater = gaterOf(card, options, ({ rank, gain }, { input, blocks }: GaterSizes) => {
  checkNumber("gater low-rank: rank", rank, { whole: true, atLeast: 1, atMost: Math.min(input, blocks) });
  return {
    card,
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
});
