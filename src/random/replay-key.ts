import { UserError } from "../errors.ts";
import { type DType, NdArray, type Shape, sameShape, showSpec } from "../graph/ndarray.ts";
import { constant } from "../graph/ops/constant.ts";
import type { Tensor } from "../graph/tensor.ts";
import { fromUniform, type Key } from "./key.ts";

/** Noise to be given back, in the order in which it will be asked for. */
export interface Noise {
  readonly uniform?: readonly (Tensor | NdArray)[];
  readonly normal?: readonly (Tensor | NdArray)[];
}

/**
 * A key that gives the noise it was handed, in order, whatever is folded into it: Bernoulli and logistic draws use the uniform
 * ones. With it a test can integrate over the noise exactly. Throws UserError when it runs out, or when the draw asked for has
 * another shape or dtype.
 */
export function replayKey(noise: Noise): Key {
  const source = (name: "uniform" | "normal") => {
    const held = noise[name] ?? [];
    let asked = 0;
    return (shape: Shape, { dtype = "float32" }: { dtype?: DType } = {}): Tensor => {
      const next = held[asked++];
      if (!next) throw new UserError(`replayKey: asked for ${name} draw number ${asked}, holds ${held.length}`);
      if (!sameShape(next.shape, shape) || next.dtype !== dtype)
        throw new UserError(
          `replayKey: ${name} draw number ${asked} was asked for as ${showSpec({ shape, dtype })}, holds ${showSpec(next)}`,
        );
      return next instanceof NdArray ? constant(next) : next;
    };
  };
  const uniform = source("uniform");
  const self: Key = { fold: () => self, uniform, normal: source("normal"), ...fromUniform(uniform) };
  return self;
}
