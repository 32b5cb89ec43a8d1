import { type Attribute, typeCode } from "../../formats/onnx.ts";
import { type DType, isOp, type MultiOp, NdArray, type Op, type Tensor, transpose } from "../../graph/index.ts";
import { argmaxOp } from "../../graph/ops/argmax.ts";
import { concatOp } from "../../graph/ops/concat.ts";
import { constantOp } from "../../graph/ops/constant.ts";
import { conv2dOp } from "../../graph/ops/conv2d.ts";
import { kthLargestOp } from "../../graph/ops/kth-largest.ts";
import { maxPoolOp } from "../../graph/ops/max-pool.ts";
import { padOp } from "../../graph/ops/pad.ts";
import { sliceOp } from "../../graph/ops/slice.ts";
import { sumPoolOp } from "../../graph/ops/sum-pool.ts";
import { topKOp } from "../../graph/ops/top-k.ts";
import { transposeOp } from "../../graph/ops/transpose.ts";
import type { Window } from "../../graph/window.ts";
import { keyText, type OnnxBuilder, typeOf, type Writer, type Writers } from "./onnx-graph.ts";
import { loop } from "./onnx-loop.ts";
import { fromBlocks, fromPairs, openConv, pairsOf, routing, toBlocks, toPairs } from "./onnx-open.ts";

const inputsOf = (x: Tensor, to: OnnxBuilder): string[] => x.inputs.map((input) => to.value(input));

/** One node of the same inputs. */
const same =
  (op: string, attributes: { readonly [name: string]: Attribute } = {}): Writer =>
  (x, to) =>
    to.node(op, inputsOf(x, to), attributes);

/** Comparisons give 1 or 0 here, and truth there. */
const mask =
  (...ops: readonly string[]): Writer =>
  (x, to) =>
    to.cast(
      ops.slice(1).reduce((truth, op) => to.node(op, [truth]), to.node(ops[0]!, inputsOf(x, to))),
      "float32",
    );

/** Attributes with the op's own type. */
const attrsOf = <A>(x: Tensor, op: Op<A> | MultiOp<A>): A => {
  if (!isOp(x, op)) throw new Error(`${x.op.name} isn't ${op.name}`);
  return x.attrs;
};

const reduce =
  (op: string, listed: boolean): Writer =>
  (x, to) => {
    const { axes, keep } = x.attrs as { axes: readonly number[]; keep: boolean };
    const [value] = inputsOf(x, to);
    if (axes.length === 0) return to.node("Identity", [value!]);
    const keepdims = Number(keep);
    return listed ? to.node(op, [value!, to.array(axes)], { keepdims }) : to.node(op, [value!], { axes, keepdims });
  };

/**
 * The first draw of a key and a shape. Binary units compare it with their probability, as they do here, and aren't a Bernoulli node: by the function that
 * ONNX defines that op with, ONNX Runtime gives 1 with probability 1 − p.
 */
const draw =
  (op: string): Writer =>
  (x, to) => {
    const { interval } = x.attrs as { interval?: string };
    // Logarithms are taken of an open one.
    const range = interval === "open" ? { low: { float: 2 ** -24 }, high: { float: 1 - 2 ** -24 } } : {};
    return to.once(keyText(x), () =>
      to.node(op, [to.node("ConstantOfShape", [to.shape(x)])], { dtype: typeCode("float32"), ...range }),
    );
  };

const reshape: Writer = (x, to) => {
  const value = to.value(x.inputs[0]!);
  if (to.free(x) > 1) return to.node("Reshape", [value, to.shape(x)]);
  // The axis that grows with the batch is whatever is left.
  const rows = to.traced.perRow(x);
  return to.node("Reshape", [value, to.array(x.shape.map((n, axis) => (rows[axis] === undefined ? n : -1)))]);
};

const slice: Writer = (x, to) => {
  const { start, size } = attrsOf(x, sliceOp);
  const axes = size.map((_, axis) => axis).filter((axis) => size[axis] !== x.inputs[0]!.shape[axis]);
  const [begin, end] = [axes.map((axis) => start[axis]!), axes.map((axis) => start[axis]! + size[axis]!)];
  return to.node("Slice", [to.value(x.inputs[0]!), to.array(begin), to.array(end), to.array(axes)]);
};

/** Images have their channels last here, and first there. Runtimes let the changes of order between two convolutions cancel. */
const channelsFirst = [0, 3, 1, 2];
const channelsLast = [0, 2, 3, 1];

/** Padding: what a window reads beside the image. What it leaves unread at the end counts for nothing. */
export function windowAttributes({ size, stride, dilation, before, input, output }: Window) {
  const after = ([0, 1] as const).map((axis) =>
    Math.max((output[axis] - 1) * stride[axis] + (size[axis] - 1) * dilation[axis] + 1 - before[axis] - input[axis], 0),
  );
  return { kernel_shape: size, strides: stride, dilations: dilation, pads: [...before, ...after] };
}

const onImages = (x: Tensor, to: OnnxBuilder, write: (images: string) => string): string => {
  const images = to.node("Transpose", [to.value(x.inputs[0]!)], { perm: channelsFirst });
  return to.node("Transpose", [write(images)], { perm: channelsLast });
};

const conv: Writer = (x, to) => {
  const { window, groups, open } = attrsOf(x, conv2dOp);
  const weights = to.value(transpose(x.inputs[1]!, [3, 2, 0, 1]));
  const attributes = { ...windowAttributes(window), group: groups };
  return onImages(x, to, (images) =>
    open ? openConv(x, to, images, weights, attributes) : to.node("Conv", [images, weights], attributes),
  );
};

const maxPool: Writer = (x, to) =>
  onImages(x, to, (images) => to.node("MaxPool", [images], windowAttributes(attrsOf(x, maxPoolOp))));

/** The mean with zeros around, times the taps of a window. */
const sumPool: Writer = (x, to) => {
  const window = attrsOf(x, sumPoolOp);
  const { dilations: _, ...attributes } = windowAttributes(window);
  const mean = onImages(x, to, (images) => to.node("AveragePool", [images], { ...attributes, count_include_pad: 1 }));
  return to.node("Mul", [mean, to.number(window.size[0] * window.size[1])]);
};

const topK: Writer = (x, to) => {
  const { k } = attrsOf(x, topKOp);
  const [values, places] = to.nodes("TopK", [to.value(x.inputs[0]!), to.array([k])], 2);
  return [values!, to.cast(places!, "int32")];
};

const kthLargest: Writer = (x, to) => {
  const { k } = attrsOf(x, kthLargestOp);
  const [values] = to.nodes("TopK", [to.value(x.inputs[0]!), to.array([k])], 2);
  return to.node("Slice", [values!, to.array([k - 1]), to.array([k]), to.array([x.rank - 1])]);
};

/** Numbers that are one for each row: all are the same, since rows are. */
const constant: Writer = (x, to) => {
  const { data } = attrsOf(x, constantOp);
  if (data.some((number) => number !== data[0])) throw new Error("a constant of rows that differ");
  const one = new NdArray(data.slice(0, 1), []);
  return to.node("Expand", [to.array(one), to.shape(x)]);
};

const broadcastTo: Writer = (x, to) => to.node("Expand", [to.value(x.inputs[0]!), lengths(x, to)]);

/** The shape of a value; in pair space there are as many rows as pairs. */
function lengths(x: Tensor, to: OnnxBuilder): string {
  const plan = pairsOf(x);
  return plan ? to.shape(x, ...plan(to)) : to.shape(x);
}

/** Every op of a prediction. What is missing here is refused by name. */
export const writers: Writers = {
  ...Object.fromEntries(
    Object.entries({
      ...{ abs: "Abs", add: "Add", cos: "Cos", div: "Div", exp: "Exp", floor: "Floor", log: "Log", matmul: "MatMul" },
      ...{ maximum: "Max", minimum: "Min", mul: "Mul", neg: "Neg", reciprocal: "Reciprocal", rectifier: "Relu" },
      ...{ sigmoid: "Sigmoid", sign: "Sign", sin: "Sin", softplus: "Softplus", sparseMatmul: "MatMul", sqrt: "Sqrt" },
      ...{ sub: "Sub", tanh: "Tanh", gather: "Gather" },
    }).map(([own, theirs]) => [own, same(theirs)]),
  ),
  equal: mask("Equal"),
  notEqual: mask("Equal", "Not"),
  greater: mask("Greater"),
  greaterEqual: mask("GreaterOrEqual"),
  less: mask("Less"),
  lessEqual: mask("LessOrEqual"),
  where: (x, to) => {
    const [chosen, a, b] = inputsOf(x, to);
    return to.node("Where", [to.cast(chosen!, "bool"), a!, b!]);
  },
  log1p: (x, to) => to.node("Log", [to.node("Add", [...inputsOf(x, to), to.number(1)])]),
  square: (x, to) => to.node("Mul", [...inputsOf(x, to), ...inputsOf(x, to)]),
  cast: (x, to) => to.cast(to.value(x.inputs[0]!), typeOf({ dtype: x.attrs as DType })),
  sum: reduce("ReduceSum", true),
  max: reduce("ReduceMax", false),
  min: reduce("ReduceMin", false),
  argmax: (x, to) =>
    to.cast(to.node("ArgMax", inputsOf(x, to), { axis: attrsOf(x, argmaxOp).axis, keepdims: 0 }), "int32"),
  transpose: (x, to) => to.node("Transpose", inputsOf(x, to), { perm: attrsOf(x, transposeOp) }),
  concat: (x, to) => to.node("Concat", inputsOf(x, to), { axis: attrsOf(x, concatOp).axis }),
  pad: (x, to) => {
    const { before, after } = attrsOf(x, padOp);
    return to.node("Pad", [...inputsOf(x, to), to.array([...before, ...after])]);
  },
  uniform: draw("RandomUniformLike"),
  normal: draw("RandomNormalLike"),
  ...{ reshape, slice, broadcastTo, constant, topK, kthLargest, conv2d: conv, maxPool, sumPool, scan: loop },
  ...{ routing, toPairs, fromPairs, toBlocks, fromBlocks },
};
