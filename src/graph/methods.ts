import type { Axes } from "./axes.ts";
import type { DType, Shape } from "./ndarray.ts";
import { abs } from "./ops/abs.ts";
import { add } from "./ops/add.ts";
import { argmax } from "./ops/argmax.ts";
import { broadcastTo } from "./ops/broadcast-to.ts";
import { cast } from "./ops/cast.ts";
import { clip } from "./ops/clip.ts";
import { cos } from "./ops/cos.ts";
import { div } from "./ops/div.ts";
import { equal } from "./ops/equal.ts";
import { exp } from "./ops/exp.ts";
import { expandDims } from "./ops/expand-dims.ts";
import { floor } from "./ops/floor.ts";
import { greater } from "./ops/greater.ts";
import { greaterEqual } from "./ops/greater-equal.ts";
import { less } from "./ops/less.ts";
import { lessEqual } from "./ops/less-equal.ts";
import { log } from "./ops/log.ts";
import { logSoftmax } from "./ops/log-softmax.ts";
import { log1p } from "./ops/log1p.ts";
import { matmul } from "./ops/matmul.ts";
import { max } from "./ops/max.ts";
import { maximum } from "./ops/maximum.ts";
import { mean } from "./ops/mean.ts";
import { min } from "./ops/min.ts";
import { minimum } from "./ops/minimum.ts";
import { mul } from "./ops/mul.ts";
import { neg } from "./ops/neg.ts";
import { notEqual } from "./ops/not-equal.ts";
import { rectifier } from "./ops/rectifier.ts";
import { reshape } from "./ops/reshape.ts";
import { sigmoid } from "./ops/sigmoid.ts";
import { sign } from "./ops/sign.ts";
import { sin } from "./ops/sin.ts";
import { type SliceEnd, slice } from "./ops/slice.ts";
import { softmax } from "./ops/softmax.ts";
import { softplus } from "./ops/softplus.ts";
import { sqrt } from "./ops/sqrt.ts";
import { square } from "./ops/square.ts";
import { stopGradient } from "./ops/stop-gradient.ts";
import { sub } from "./ops/sub.ts";
import { sum } from "./ops/sum.ts";
import { tanh } from "./ops/tanh.ts";
import { transpose } from "./ops/transpose.ts";
import { variance } from "./ops/variance.ts";
import { Tensor, type TensorLike } from "./tensor.ts";

type Unary = () => Tensor;
type Binary = (other: TensorLike) => Tensor;
type Reduce = (axes?: Axes, options?: { keep?: boolean }) => Tensor;

/** The ops as methods of a tensor: `a.add(b)` is `add(a, b)`. */
export interface Methods {
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly maximum: Binary;
  readonly minimum: Binary;
  readonly equal: Binary;
  readonly notEqual: Binary;
  readonly less: Binary;
  readonly lessEqual: Binary;
  readonly greater: Binary;
  readonly greaterEqual: Binary;
  readonly neg: Unary;
  readonly abs: Unary;
  readonly sign: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly log1p: Unary;
  readonly sqrt: Unary;
  readonly square: Unary;
  readonly sin: Unary;
  readonly cos: Unary;
  readonly sigmoid: Unary;
  readonly tanh: Unary;
  readonly softplus: Unary;
  readonly rectifier: Unary;
  readonly floor: Unary;
  readonly clip: (low: TensorLike, high: TensorLike) => Tensor;
  readonly sum: Reduce;
  readonly mean: Reduce;
  readonly variance: Reduce;
  readonly max: Reduce;
  readonly min: Reduce;
  readonly argmax: (axis?: number) => Tensor;
  readonly softmax: (axis?: number) => Tensor;
  readonly logSoftmax: (axis?: number) => Tensor;
  readonly matmul: (other: Tensor) => Tensor;
  readonly reshape: (shape: Shape) => Tensor;
  readonly broadcastTo: (shape: Shape) => Tensor;
  readonly expandDims: (axis: number) => Tensor;
  readonly transpose: (order?: Shape) => Tensor;
  readonly slice: (start: SliceEnd, stop?: SliceEnd) => Tensor;
  readonly cast: (dtype: DType) => Tensor;
  readonly stopGradient: Unary;
}

type Rest<F> = F extends (...args: infer A) => Tensor ? A : never;

/** Each method's function, which takes the tensor first. */
const functions: { [K in keyof Methods]: (x: Tensor, ...rest: Rest<Methods[K]>) => Tensor } = {
  add,
  sub,
  mul,
  div,
  maximum,
  minimum,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
  neg,
  abs,
  sign,
  exp,
  log,
  log1p,
  sqrt,
  square,
  sin,
  cos,
  sigmoid,
  tanh,
  softplus,
  rectifier,
  floor,
  clip,
  sum,
  mean,
  variance,
  max,
  min,
  argmax,
  softmax,
  logSoftmax,
  matmul,
  reshape,
  broadcastTo,
  expandDims,
  transpose,
  slice,
  cast,
  stopGradient,
};

for (const [name, f] of Object.entries(functions) as [string, (x: Tensor, ...rest: unknown[]) => Tensor][])
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return f(this, ...rest);
    },
  });
