import { UserError } from "../../errors.ts";
import { evaluate, mul, NdArray } from "../../graph/index.ts";
import { list, number, whole } from "../../options/index.ts";
import type { Key } from "../../random/index.ts";
import { checkNumber } from "../../rules.ts";
import { activation, activationFor } from "../activations.ts";
import { type AffineParams, affine, affineInit, affineShapes } from "../affine.ts";
import { byUnit, byUnitShapes, scoresByUnit } from "../scores.ts";
import { type GaterCard, type GaterSizes, gaterOf } from "./gater.ts";

const card: GaterCard = {
  name: "dense",
  title: "dense gater",
  summary: "Affine maps with deterministic units between them, every gate computed from all of the last hidden units.",
  formula: String.raw`a = \phi(x W_1 + b_1)\,W_2 + b_2`,
  cost: String.raw`n m + m K \text{ with } m \text{ hidden units}`,
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
};

const options = {
  /** Units of its hidden layers, first to last; [] or 0 for one affine map alone. */
  hidden: list(whole(0, "units"), "units of its hidden layers, first to last; 0: one affine map alone", {
    single: true,
    default: 400,
  }),
  activation: activation("what its hidden units output: linear, rectifier, tanh or sigmoid", { default: "tanh" }),
  /** As in the paper; 1 with `sparse`. */
  gain: number({ above: 0 }, "factor on the last layer's first weights", {
    usual: "4, as in the paper; 1 with sparse",
  }),
  sparse: whole(1, "incoming weights that a gate starts with, drawn from N(0, 1)", { usual: "all, uniform" }),
};

/** Far more than a gater needs. */
const MOST_LAYERS = 100;

/**
 * a = φ(… φ(x W₁ + b₁) …) W + b, the gater of the paper: 400 tanh units and an affine map of four times the usual range.
 * Throws UserError for a size, a gain or an activation that can't be.
 */
export const denseGater = gaterOf(
  card,
  options,
  ({ hidden, activation, sparse, gain }, { input, blocks, learnsFromOpen = false }: GaterSizes) => {
    const between: readonly number[] = typeof hidden === "number" ? (hidden === 0 ? [] : [hidden]) : hidden;
    if (between.length > MOST_LAYERS)
      throw new UserError(`gater dense: hidden must be at most ${MOST_LAYERS} layers, received ${between.length}`);
    for (const units of between) checkNumber("gater dense: hidden", units, { whole: true, atLeast: 1 });
    const scale = gain ?? (sparse === undefined ? 4 : 1);
    const send = activationFor(activation);
    const widths = [input, ...between, blocks];
    const sizes = widths.slice(1).map((output, i) => ({ input: widths[i]!, output }));
    const last = sizes.length - 1;
    if (sparse !== undefined)
      checkNumber("gater dense: sparse", sparse, { whole: true, atLeast: 1, atMost: sizes[last]!.input });
    const draw = (key: Key, { input, output }: { input: number; output: number }): AffineParams<NdArray> =>
      sparse === undefined ? affineInit(key, input, output, scale) : sparseInit(key, input, output, sparse, scale);
    return {
      card,
      layers: sizes.map(({ input, output }, i) => ({
        kind: "dense",
        input,
        output,
        parameters: (i === last && learnsFromOpen ? byUnitShapes : affineShapes)(input, output),
        multiplyAdds: input * output,
        activation: i === last ? "linear" : activation,
      })),
      multiplyAdds: sizes.reduce((sum, { input, output }) => sum + input * output, 0),
      init: (key) =>
        sizes.map(({ input, output }, i) => {
          if (i < last) return affineInit(key.fold(i), input, output);
          const drawn = draw(key.fold(i), { input, output });
          return learnsFromOpen ? byUnit(drawn) : drawn;
        }),
      scores: (params, x) =>
        params.reduce((h, given, i) => {
          const layer = given as AffineParams<typeof x>;
          if (i < last) return send(affine(layer, h));
          return learnsFromOpen ? scoresByUnit(layer, h) : affine(layer, h);
        }, x),
    };
  },
);

/**
 * Each unit starts with `count` incoming weights, chosen at random and drawn from N(0, gain²), the others and the biases at 0.
 * Martens, "Deep learning via Hessian-free optimization", 2010, section 5.
 */
function sparseInit(key: Key, input: number, output: number, count: number, gain: number): AffineParams<NdArray> {
  const [drawn, rank] = evaluate([
    mul(key.fold(0).normal([input, output]), gain),
    key.fold(1).uniform([input, output]),
  ]);
  const weight = new Float32Array(input * output);
  for (let unit = 0; unit < output; unit++) {
    const at = Array.from({ length: input }, (_, i) => i * output + unit);
    at.sort((i, j) => rank!.data[i]! - rank!.data[j]!);
    for (const i of at.slice(0, count)) weight[i] = drawn!.data[i]!;
  }
  return { weight: new NdArray(weight, [input, output]), bias: NdArray.zeros([output]) };
}
