import { evaluate, mul, NdArray } from "../../graph/index.ts";
import type { Key } from "../../random/index.ts";
import { checkNumber } from "../../rules.ts";
import { type ActivationName, activationFor } from "../activations.ts";
import { type AffineParams, affine, affineInit, affineShapes } from "../affine.ts";
import { byUnit, byUnitShapes, scoresByUnit } from "../scores.ts";
import type { Gater, GaterCard, GaterSizes } from "./gater.ts";

export interface DenseGaterConfig {
  readonly name: "dense";
  /** Units of its hidden layers, first to last; [] or 0 for one affine map alone. 400 when left out. */
  readonly hidden?: number | readonly number[] | undefined;
  /** What its hidden units send; tanh when left out. */
  readonly activation?: ActivationName | undefined;
  /** Factor on the last layer's first weights; 4 when left out, as in the paper, and 1 with `sparse`. */
  readonly gain?: number | undefined;
  /** How many incoming weights a gate starts with, drawn from N(0, 1), the others being 0; all, uniform, when left out. */
  readonly sparse?: number | undefined;
}

export const denseGaterCard: GaterCard = {
  name: "dense",
  title: "dense gater",
  summary:
    "Affine maps with deterministic units between them, every gate worked out from all of the last hidden units.",
  formula: String.raw`a = \phi(x W_1 + b_1)\,W_2 + b_2`,
  cost: String.raw`n m + m K \text{ with } m \text{ hidden units}`,
  source: "Bengio, Léonard and Courville 2013, https://arxiv.org/abs/1308.3432, section 5",
  options: {
    hidden: "units of its hidden layers, first to last; [] or 0 for one affine map alone; 400 when left out",
    activation: "what its hidden units send: linear, rectifier, tanh or sigmoid; tanh when left out",
    gain: "factor on the last layer's first weights; 4 when left out, as in the paper, and 1 with sparse",
    sparse: "how many incoming weights a gate starts with, drawn from N(0, 1); all, uniform, when left out",
  },
};

/**
 * a = φ(… φ(x W₁ + b₁) …) W + b, the gater of the paper: 400 tanh units and an affine map of four times the usual range.
 * Throws UserError for a size, a gain or an activation that can't be.
 */
export function denseGater(config: DenseGaterConfig, { input, blocks, learnsFromOpen = false }: GaterSizes): Gater {
  const { hidden = 400, activation = "tanh", sparse, gain = sparse === undefined ? 4 : 1 } = config;
  const between: readonly number[] = Array.isArray(hidden) ? hidden : hidden === 0 ? [] : [hidden];
  for (const units of between) checkNumber("dense gater: hidden", units, { whole: true, atLeast: 1 });
  checkNumber("dense gater: gain", gain, { above: 0 });
  const send = activationFor(activation, "dense gater: activation");
  const widths = [input, ...between, blocks];
  const sizes = widths.slice(1).map((output, i) => ({ input: widths[i]!, output }));
  const last = sizes.length - 1;
  if (sparse !== undefined)
    checkNumber("dense gater: sparse", sparse, { whole: true, atLeast: 1, atMost: sizes[last]!.input });
  const draw = (key: Key, { input, output }: { input: number; output: number }): AffineParams<NdArray> =>
    sparse === undefined ? affineInit(key, input, output, gain) : sparseInit(key, input, output, sparse, gain);
  return {
    card: denseGaterCard,
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
}

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
