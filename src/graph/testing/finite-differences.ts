import { philoxWords, uniformBelow } from "../../random/philox.ts";
import { evaluate } from "../evaluate.ts";
import { gradients } from "../grad.ts";
import { allocate, NdArray, type Shape, sizeOf } from "../ndarray.ts";
import { add } from "../ops/add.ts";
import { constant } from "../ops/constant.ts";
import { input } from "../ops/input.ts";
import { mul } from "../ops/mul.ts";
import { sum } from "../ops/sum.ts";
import type { Tensor } from "../tensor.ts";

export type Domain = readonly [low: number, high: number];

/**
 * Float64 arrays of these shapes whose numbers lie in the domain and are all different, in random order. They keep a distance
 * from each other and from every simple fraction of the domain, so that no finite difference steps over a tie or a kink.
 */
export function spread(shapes: readonly Shape[], [low, high]: Domain, seed: number): NdArray[] {
  const total = shapes.reduce((n, shape) => n + sizeOf(shape), 0);
  const values = Array.from({ length: total }, (_, i) => low + ((i + 0.37) / total) * (high - low));
  const words = philoxWords([seed >>> 0, 1], 0);
  return shapes.map((shape) => {
    const data = allocate("float64", sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = values.splice(uniformBelow(words, values.length), 1)[0]!;
    return new NdArray(data, shape);
  });
}

/** Σ w·x with fixed weights, no two alike: a scalar that every element of x has its own part in. */
export function project(x: Tensor, phase: number): Tensor {
  const weights = allocate("float64", x.size).map((_: number, i: number) => 1.5 + Math.sin(phase + 1.3 * i));
  return sum(mul(x, constant(new NdArray(weights, x.shape))));
}

/** The scalar of which {@link gradientError} takes the gradient: f's projection, or a projection of its gradient. */
function scalarOf(f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[], order: 1 | 2): Tensor {
  const scalar = project(f(...xs), 0);
  if (order === 1) return scalar;
  return gradients(scalar, xs)
    .map((g, k) => project(g, k + 1))
    .reduce((a, b) => add(a, b));
}

/**
 * The largest difference between a gradient and central differences of step h = 1e-5 in float64, relative to 1 + the scalar's and
 * the gradient's own size. `order` 2 looks at second derivatives.
 */
export function gradientError(f: (...xs: Tensor[]) => Tensor, values: readonly NdArray[], order: 1 | 2 = 1): number {
  const xs = values.map((value, k) => input(`x${k}`, value));
  const scalar = scalarOf(f, xs, order);
  const feeds = new Map(xs.map((x, k) => [x, values[k]!]));
  const [value, ...grads] = evaluate([scalar, ...gradients(scalar, xs)], feeds);
  const h = 1e-5;
  let [worst, scale] = [0, Math.abs(value!.item())];
  values.forEach(({ data }, k) => {
    data.forEach((before, i) => {
      const at = (x: number): number => {
        data[i] = x;
        return evaluate([scalar], feeds)[0]!.item();
      };
      const difference = (at(before + h) - at(before - h)) / (2 * h);
      data[i] = before;
      const error = Math.abs(grads[k]!.data[i]! - difference);
      // NaN must not hide behind a comparison.
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
      scale = Math.max(scale, Math.abs(difference));
    });
  });
  return worst / (1 + scale);
}
