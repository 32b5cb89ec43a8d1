import { UserError } from "../errors.ts";
import { optionsOf } from "../graph/arguments.ts";
import { array, type DType, type Shape, showSpec } from "../graph/ndarray.ts";
import { isOp } from "../graph/op.ts";
import { checkTensors } from "../graph/operand.ts";
import { constant, constantOp } from "../graph/ops/constant.ts";
import { foldKey, foldWords } from "../graph/ops/fold-key.ts";
import { less } from "../graph/ops/less.ts";
import { log } from "../graph/ops/log.ts";
import { normal } from "../graph/ops/normal.ts";
import { sub } from "../graph/ops/sub.ts";
import { type UniformOptions, uniform } from "../graph/ops/uniform.ts";
import { inNameOf, shapeError } from "../graph/site.ts";
import { Tensor } from "../graph/tensor.ts";
import { kindOf, show } from "../rules.ts";

/**
 * Where random numbers come from. A key is a value and has no state: the same key gives the same numbers whenever it is asked,
 * so everything that needs numbers of its own gets a key of its own by `fold`.
 *
 * All kinds of draw of one key are made of the same random words. Its `uniform`, `bernoulli`, `logistic` and `normal` draws depend on
 * each other, and a draw of another shape begins with the same numbers. Draws that must be independent need keys of their own:
 * `key.fold(0).uniform(…)` and `key.fold(1).normal(…)`. The key that a layer of a model is given shares draws between copies of the
 * batch, and nothing else; see `Estimator.estimate` for the shapes.
 */
export interface Key {
  /** A key whose numbers are independent of this one's and of those of any other `data`. */
  fold(data: number | Tensor): Key;
  /**
   * Uniform on [0, 1), in steps of 2⁻²⁴: P(u < p) exceeds p by less than 2⁻²⁴, which is all of it near 1e-7. The first step has finer
   * ones, so that P(u < p) = p below 2⁻²⁴. With `fine` that holds below 2⁻¹² already. The numbers above stay the same. 1 − u has steps of
   * 2⁻²⁴ everywhere. With `open` u is on (0, 1), from 2⁻²⁴ to 1 − 2⁻²⁴ in steps of 2⁻²³: for logarithms.
   */
  uniform(shape: Shape, options?: UniformOptions): Tensor;
  /** Standard normal, by Box and Muller's transformation. No draw is beyond ±√(48 ln 2) = ±5.77, as 8e-9 of a normal variable are. */
  normal(shape: Shape, options?: { dtype?: DType }): Tensor;
  /**
   * 1[u < p], u uniform on [0, 1) with p's shape and dtype: 1 with probability p. No gradient flows to p.
   * Exact for p < 2⁻¹² = 2.4e-4 (down to 2⁻⁶⁴); for larger p the probability exceeds p by less than 2⁻²⁴ = 6e-8.
   */
  bernoulli(p: Tensor): Tensor;
  /**
   * Standard logistic: log u − log(1 − u), u uniform on (0, 1). P(logistic < a) = σ(a). No draw is beyond ±log(2²⁴ − 1) = ±16.6, as 1.2e-7
   * of a logistic variable are.
   */
  logistic(shape: Shape, options?: { dtype?: DType }): Tensor;
}

/** The draws that are made of uniform ones, the same for every kind of key. */
export const fromUniform = (uniform: Key["uniform"]): Pick<Key, "bernoulli" | "logistic"> => ({
  bernoulli(p) {
    checkTensors("bernoulli", [p]);
    return inNameOf("bernoulli", () => less(uniform(p.shape, { dtype: p.dtype, fine: true }), p));
  },
  logistic(shape, options = {}) {
    const { dtype = "float32" } = optionsOf("logistic", options, ["dtype"]);
    const u = inNameOf("logistic", () => uniform(shape, { dtype, open: true }));
    return sub(log(u), log(sub(1, u)));
  },
});

const isWhole = (x: number, below: number): boolean => Number.isInteger(x) && x >= 0 && x < below;

const constantBits = (words: readonly [number, number]): Tensor => constant(array(Int32Array.from(words)));

/**
 * A key from a seed, a whole number from 0 to 2⁵³ − 1, or from its bits, a tensor int32 [2]. Its numbers are those of Philox4x32-10:
 * Salmon, Moraes, Dror and Shaw 2011, Parallel random numbers: as easy as 1, 2, 3.
 * Throws UserError for any other number, ShapeError for any other tensor.
 */
export function key(seed: number | Tensor): Key {
  if (seed instanceof Tensor) {
    if (seed.dtype !== "int32" || seed.rank !== 1 || seed.size !== 2)
      throw shapeError(`key: a key's bits are int32[2], received ${showSpec(seed)}`);
    return fromBits(seed);
  }
  if (!isWhole(seed, 2 ** 53))
    throw new UserError(
      `key: a seed is a whole number from 0 to 2^53 - 1, received ${show(seed)}${kindOf(seed) === "tensor" ? ", of another copy of heaviside" : ""}`,
    );
  return fromBits(constantBits([seed >>> 0, Math.floor(seed / 2 ** 32)]));
}

function fromBits(bits: Tensor): Key {
  const draw: Key["uniform"] = (shape, options) => uniform(bits, shape, options);
  return {
    fold: (data) => fromBits(fold(bits, data)),
    uniform: draw,
    normal: (shape, options) => normal(bits, shape, options),
    ...fromUniform(draw),
  };
}

/** Known bits and a known number give a constant; otherwise the fold happens when the graph runs. */
function fold(bits: Tensor, data: number | Tensor): Tensor {
  if (data instanceof Tensor) return foldKey(bits, data);
  if (!isWhole(data, 2 ** 32))
    throw new UserError(`fold: needs a whole number from 0 to 2^32 - 1, received ${show(data)}`);
  if (isOp(bits, constantOp)) {
    const [a, b] = bits.attrs.data;
    return constantBits(foldWords([a! >>> 0, b! >>> 0], data));
  }
  return foldKey(bits, constant(data | 0, "int32"));
}
