import { add, evaluate, matmul, mul, sub, type Tensor } from "../graph/index.ts";
import { NdArray, type Shape } from "../graph/ndarray.ts";
import { checkTensors } from "../graph/operand.ts";
import { inNameOf } from "../graph/site.ts";
import type { Key } from "../random/key.ts";
import { checkNumber } from "../rules.ts";

/** The parameters of an affine map x W + b. */
export interface AffineParams<T> {
  /** W [in, out] */
  readonly weight: T;
  /** b [out] */
  readonly bias: T;
  readonly [name: string]: T;
}

/** A factor on the range of first weights, which is at most √3 without one: larger than this, it is beyond float32. */
export const gainRule = { above: 0, atMost: 1e37 } as const;

/**
 * Fresh parameters of an affine map, from `input` to `output` numbers: weights uniform on ±gain·√(6 / (in + out)),
 * biases 0. Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", 2010. Throws UserError for a size or a gain that cannot be.
 * @returns weight [in, out], bias [out], float32
 */
export function affineInit(key: Key, input: number, output: number, gain = 1): AffineParams<NdArray> {
  checkNumber("affineInit: input", input, { whole: true, atLeast: 0 });
  checkNumber("affineInit: output", output, { whole: true, atLeast: 0 });
  checkNumber("affineInit: gain", Math.abs(gain), { atMost: gainRule.atMost });
  const bound = gain * Math.sqrt(6 / (input + output));
  const [weight] = evaluate([mul(sub(key.uniform([input, output]), 0.5), 2 * bound)]);
  return { weight: weight!, bias: NdArray.zeros([output]) };
}

/**
 * An affine map x W + b. Throws ShapeError where the shapes do not fit.
 * @param x [B, in]
 * @returns [B, out]
 */
export function affine(params: AffineParams<Tensor>, x: Tensor): Tensor {
  checkTensors("affine", [x, params?.weight, params?.bias]);
  return inNameOf("affine", () => add(matmul(x, params.weight), params.bias));
}

/** The shapes of its parameters, in the order in which a table shows them. */
export const affineShapes = (input: number, output: number): readonly { name: string; shape: Shape }[] => [
  { name: "weight", shape: [input, output] },
  { name: "bias", shape: [output] },
];
