import "./methods.ts";

export type { Axes } from "./axes.ts";
export { applications, dependencies, evaluate, needed } from "./evaluate.ts";
export { grad, gradients, valueAndGrad } from "./grad.ts";
export type { Lowering } from "./lowering.ts";
export type { Methods } from "./methods.ts";
export {
  array,
  type Data,
  type DType,
  isFloat,
  NdArray,
  type Nested,
  type Shape,
  type Spec,
  sameShape,
  showShape,
  showSpec,
  sizeOf,
} from "./ndarray.ts";
export {
  type AnyOp,
  type Applied,
  apply,
  applyMulti,
  isMulti,
  isOp,
  type MultiApplied,
  type MultiOp,
  type Op,
} from "./op.ts";
export type { OpenChannels } from "./open-channels.ts";
export { type OpenPart, openPart } from "./open-part.ts";
export { abs } from "./ops/abs.ts";
export { add } from "./ops/add.ts";
export { alias } from "./ops/alias.ts";
export { arange } from "./ops/arange.ts";
export { argmax } from "./ops/argmax.ts";
export { attachGradient } from "./ops/attach-gradient.ts";
export { avgPool } from "./ops/avg-pool.ts";
export { barrier } from "./ops/barrier.ts";
export { bernoulliNll } from "./ops/bernoulli-nll.ts";
export { blocksGradient } from "./ops/blocks-gradient.ts";
export { broadcastTo } from "./ops/broadcast-to.ts";
export { cast } from "./ops/cast.ts";
export { clip } from "./ops/clip.ts";
export { concat } from "./ops/concat.ts";
export { constant } from "./ops/constant.ts";
export { type Conv1dOptions, conv1d } from "./ops/conv1d.ts";
export { type ConvOptions, conv2d } from "./ops/conv2d.ts";
export { conv2dTranspose, type TransposedConvOptions } from "./ops/conv2d-transpose.ts";
export { cos } from "./ops/cos.ts";
export { crossEntropy } from "./ops/cross-entropy.ts";
export { type Backward, copyGradient, customGradient } from "./ops/custom-gradient.ts";
export { div } from "./ops/div.ts";
export { equal } from "./ops/equal.ts";
export { exp } from "./ops/exp.ts";
export { expandDims } from "./ops/expand-dims.ts";
export { floor } from "./ops/floor.ts";
export { foldKey } from "./ops/fold-key.ts";
export { fromBlocks } from "./ops/from-blocks.ts";
export { gather } from "./ops/gather.ts";
export { greater } from "./ops/greater.ts";
export { greaterEqual } from "./ops/greater-equal.ts";
export { input } from "./ops/input.ts";
export { kthLargest } from "./ops/kth-largest.ts";
export { largest } from "./ops/largest.ts";
export { less } from "./ops/less.ts";
export { lessEqual } from "./ops/less-equal.ts";
export { log } from "./ops/log.ts";
export { logSoftmax } from "./ops/log-softmax.ts";
export { log1p } from "./ops/log1p.ts";
export { matmul } from "./ops/matmul.ts";
export { max } from "./ops/max.ts";
export { maxPool } from "./ops/max-pool.ts";
export { maximum } from "./ops/maximum.ts";
export { mean } from "./ops/mean.ts";
export { min } from "./ops/min.ts";
export { minimum } from "./ops/minimum.ts";
export { mul } from "./ops/mul.ts";
export { neg } from "./ops/neg.ts";
export { normal } from "./ops/normal.ts";
export { notEqual } from "./ops/not-equal.ts";
export { oneHot } from "./ops/one-hot.ts";
export { outer } from "./ops/outer.ts";
export { pad } from "./ops/pad.ts";
export { fromPairs, toPairs } from "./ops/pairs.ts";
export { reciprocal } from "./ops/reciprocal.ts";
export { rectifier } from "./ops/rectifier.ts";
export { reshape } from "./ops/reshape.ts";
export { routing } from "./ops/routing.ts";
export { type ScanOptions, scan } from "./ops/scan.ts";
export { scatterAdd } from "./ops/scatter-add.ts";
export { sigmoid } from "./ops/sigmoid.ts";
export { sign } from "./ops/sign.ts";
export { sin } from "./ops/sin.ts";
export { type SliceEnd, slice } from "./ops/slice.ts";
export { softmax } from "./ops/softmax.ts";
export { softplus } from "./ops/softplus.ts";
export { sparseMatmul } from "./ops/sparse-matmul.ts";
export { sqrt } from "./ops/sqrt.ts";
export { square } from "./ops/square.ts";
export { stack } from "./ops/stack.ts";
export { stopGradient } from "./ops/stop-gradient.ts";
export { sub } from "./ops/sub.ts";
export { sum } from "./ops/sum.ts";
export { sumTo } from "./ops/sum-to.ts";
export { tanh } from "./ops/tanh.ts";
export { toBlocks } from "./ops/to-blocks.ts";
export { topK } from "./ops/top-k.ts";
export { transpose } from "./ops/transpose.ts";
export { uniform } from "./ops/uniform.ts";
export { variance } from "./ops/variance.ts";
export { where } from "./ops/where.ts";
export { zerosLike } from "./ops/zeros-like.ts";
export type { Routing } from "./pair-space.ts";
export { ancestors } from "./pull-back.ts";
export { recompute } from "./recompute.ts";
export { shapeError, userCall } from "./site.ts";
export { Tensor, type TensorLike } from "./tensor.ts";
export {
  type Leaf,
  type LeafOf,
  leaves,
  mapTree,
  pathOf,
  type Tree,
  type TreeOf,
  type WithLeaves,
  zipTrees,
} from "./tree.ts";
