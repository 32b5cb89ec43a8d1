import * as ops from "../../graph/index.ts";
import { array, type Shape, type Tensor } from "../../graph/index.ts";
import { gatedBlocks } from "../../layers/gated-blocks.ts";

export interface LargeCase {
  readonly what: string;
  readonly shapes: readonly Shape[];
  readonly f: (...xs: Tensor[]) => Tensor;
  /** The one of its kind of instruction whose work all threads share: it is run with several numbers of them. */
  readonly isShared?: true;
  /** Relative to the largest number of the result; long sums of float32 are coarser. */
  readonly tolerance?: number;
}

const matmul = (...shapes: Shape[]): LargeCase => ({
  what: `matmul of ${shapes.map((s) => `[${s}]`).join(" and ")}`,
  shapes,
  f: (a, b) => ops.matmul(a!, b!),
  tolerance: 2e-5,
});

/** 1 for about `density` of the gates, 0 for the others; where most are closed, the last block is for all. */
function scattered(batch: number, blocks: number, density: number): Tensor {
  const open = Float32Array.from({ length: batch * blocks }, (_, i) => {
    const share = Math.abs((Math.sin(1 + 12.9898 * i) * 43758.5453) % 1);
    return share < density && (density >= 0.5 || i % blocks < blocks - 1) ? 1 : 0;
  });
  return ops.constant(array(open, { shape: [batch, blocks] }));
}

const gated = (
  batch: number,
  blocks: number,
  width: number,
  input: number,
  output: number,
  density: number,
): LargeCase => ({
  what: `${batch} examples through ${blocks} blocks of ${width}, ${100 * density} % open`,
  shapes: [
    [batch, input],
    [blocks, width, input],
    [blocks, width],
    [blocks, width, output],
    [batch, blocks],
  ],
  f: (x, weight, bias, out, gates) => {
    const open = ops.where(scattered(batch, blocks, density), gates!, 0);
    return gatedBlocks({ weight: weight!, bias: bias!, out: out! }, x!, open, { activation: ops.tanh });
  },
  tolerance: 2e-5,
});

/** Sizes at which kernels change their way: tails, several blocks, several chunks, odd strides. */
export const largeCases: readonly LargeCase[] = [
  { ...matmul([100, 784], [784, 301]), isShared: true },
  matmul([1, 1000], [1000, 513]),
  matmul([2, 37], [37, 3]),
  matmul([513, 5], [5, 129]),
  matmul([7, 1], [1, 300]),
  matmul([300, 1100], [1100, 10]),
  matmul([65, 64], [64, 65]),
  matmul([3, 33, 17], [3, 17, 40]),
  matmul([2, 1, 20, 9], [5, 9, 31]),
  matmul([4, 19, 23], [23, 8]),
  { ...gated(70, 9, 64, 130, 90, 0.1), isShared: true },
  gated(33, 40, 17, 100, 65, 0.3),
  gated(32, 300, 1, 77, 10, 0.1),
  gated(129, 130, 1, 50, 40, 0.5),
  gated(90, 60, 2, 40, 30, 0.8),
  gated(1, 64, 8, 99, 101, 0.05),
  gated(65, 12, 24, 64, 70, 1),
  gated(40, 70, 3, 33, 48, 0.9),
  gated(7, 5, 16, 64, 64, 0),
  {
    what: "matmul of transposed operands with bias, activation and mask",
    shapes: [[257, 130], [90, 257], [90]],
    f: (a, b, c) => ops.matmul(ops.transpose(a!), ops.transpose(b!)).add(c!).tanh().mul(ops.greater(c!, 0)),
    tolerance: 2e-5,
  },
  {
    what: "matmul of slices, then a sum over rows",
    shapes: [
      [70, 90],
      [90, 66],
    ],
    f: (a, b) => ops.matmul(ops.slice(a!, [3, 5], [64, 77]), ops.slice(b!, [9, 1], [81, 60])).sum(0),
    tolerance: 2e-5,
  },
  {
    what: "elementwise chain over 100,003 numbers",
    shapes: [[100003]],
    f: (x) => x!.mul(0.5).add(1).exp().sub(x!.square()).sigmoid(),
    isShared: true,
  },
  {
    what: "row vector, column vector and matrix together",
    shapes: [[401, 257], [257], [401, 1]],
    f: (x, r, c) => x!.mul(r!).add(c!).tanh(),
  },
  {
    what: "rows shorter than a vector",
    shapes: [[5001, 3], [3], [5001, 1]],
    f: (x, r, c) => x!.sub(r!).mul(c!),
    tolerance: 2e-5,
  },
  {
    what: "a transposed operand in a chain",
    shapes: [
      [301, 199],
      [199, 301],
    ],
    f: (x, y) => x!.add(ops.transpose(y!)).mul(2),
  },
  { what: "axes in another order", shapes: [[17, 31, 29]], f: (x) => ops.transpose(x!, [2, 0, 1]).exp() },
  // The numbers cancel: their absolute values add up to 2e5.
  { what: "sum of everything", shapes: [[700, 501]], f: (x) => x!.sum(), tolerance: 1e-4, isShared: true },
  { what: "sum over rows", shapes: [[700, 501]], f: (x) => x!.sum(0), tolerance: 2e-5 },
  { what: "sum over columns", shapes: [[700, 501]], f: (x) => x!.sum(1), tolerance: 2e-5 },
  { what: "sum over the middle axis", shapes: [[13, 701, 11]], f: (x) => x!.sum(1), tolerance: 2e-5 },
  { what: "sum over the outer axes", shapes: [[13, 71, 11]], f: (x) => x!.sum([0, 2]), tolerance: 2e-5 },
  {
    what: "maximum over rows and columns",
    shapes: [[301, 203]],
    f: (x) => x!.max(0).add(x!.max(1).sum()),
    tolerance: 2e-5,
  },
  {
    what: "the k-th largest of long rows",
    shapes: [[67, 1003]],
    f: (x) => ops.kthLargest(x!.tanh(), 100).add(ops.kthLargest(x!, 1003)),
  },
  {
    what: "the 100 largest of long rows, and where they stand",
    shapes: [[67, 1003]],
    f: (x) => {
      const { values, indices } = ops.topK(x!, 100);
      return values.mul(indices.cast(x!.dtype).add(1).log());
    },
  },
  { what: "the k-th largest of many short rows", shapes: [[3001, 9]], f: (x) => ops.kthLargest(x!, 3) },
  {
    what: "the k-th largest of columns, and what is above it",
    shapes: [[130, 401]],
    f: (x) => ops.transpose(x!).mul(ops.largest(ops.transpose(x!), 13)),
  },
  {
    what: "a scan of 30 steps of a recurrent layer",
    shapes: [
      [20, 33],
      [30, 20, 33],
      [33, 33],
    ],
    f: (start, xs, w) => {
      const step = (h: Tensor, x: Tensor) => {
        const next = ops.matmul(h, w!.mul(0.1)).add(x).tanh();
        return { carry: next, y: next.mul(x) };
      };
      const { carry, ys } = ops.scan(step, start!, xs!);
      return ops.concat([ops.expandDims(carry, 0), ys]);
    },
    tolerance: 2e-5,
  },
  {
    what: "softmax cross-entropy",
    shapes: [[300, 10]],
    f: (x) => ops.crossEntropy(x!, ops.constant(array(Int32Array.from({ length: 300 }, (_, i) => i % 10)))),
  },
  {
    what: "concatenation of many and a slice out of it",
    shapes: [
      [40, 33],
      [40, 1],
      [40, 67],
    ],
    f: (...xs) => ops.slice(ops.concat(xs, 1), [1, 2], [39, 99]).square(),
  },
  {
    what: "gather of many rows",
    shapes: [[50, 37]],
    f: (x) => ops.gather(x!, ops.constant(array(Int32Array.from({ length: 999 }, (_, i) => (i * 7) % 50)))),
    tolerance: 2e-5,
    isShared: true,
  },
  {
    what: "one step of layer normalisation",
    shapes: [[128, 300], [300], [300]],
    f: (x, scale, shift) => {
      const centred = x!.sub(x!.mean(1, { keep: true }));
      return centred
        .div(centred.square().mean(1, { keep: true }).add(1e-5).sqrt())
        .mul(scale!)
        .add(shift!);
    },
    tolerance: 2e-5,
    isShared: true,
  },
];

/** Numbers at which float32 functions break. */
export const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1e-7,
  -1e-7,
  1e-3,
  3,
  -3,
  40,
  -40,
  87.5,
  -87.5,
  89,
  -89,
  104,
  -104,
  1e4,
  -1e4,
  1e30,
  -1e30,
  1.17549435e-38,
  3.4e38,
  -3.4e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

/** Functions of one or two numbers to try on them. */
export const pointwise: Readonly<Record<string, (x: Tensor, y: Tensor) => Tensor>> = {
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  div: ops.div,
  maximum: ops.maximum,
  minimum: ops.minimum,
  equal: ops.equal,
  notEqual: ops.notEqual,
  less: ops.less,
  lessEqual: ops.lessEqual,
  greater: ops.greater,
  greaterEqual: ops.greaterEqual,
  where: (x, y) => ops.where(ops.less(x, y), x, y),
  neg: (x) => ops.neg(x),
  abs: (x) => ops.abs(x),
  sign: (x) => ops.sign(x),
  exp: (x) => ops.exp(x),
  log: (x) => ops.log(x),
  log1p: (x) => ops.log1p(x),
  sqrt: (x) => ops.sqrt(x),
  sigmoid: (x) => ops.sigmoid(x),
  tanh: (x) => ops.tanh(x),
  softplus: (x) => ops.softplus(x),
  rectifier: (x) => ops.rectifier(x),
  floor: (x) => ops.floor(x),
  // Beyond 1e4 float32 has too few digits left for a phase.
  sin: (x) => ops.sin(ops.where(ops.lessEqual(ops.abs(x), 1e4), x, 0)),
  cos: (x) => ops.cos(ops.where(ops.lessEqual(ops.abs(x), 1e4), x, 0)),
};

const int = (values: readonly number[], shape?: Shape) => array(Int32Array.from(values), shape ? { shape } : {});
const a = int([5, -7, 0, 2147483647, -2147483648, 12, 3, -1]);
const b = int([-2, 3, 0, 1, -1, 12, 70000, -1]);

export const integers = [
  { what: "add wraps", f: (x: Tensor, y: Tensor) => ops.add(x, y), values: [a, b] },
  { what: "sub wraps", f: (x: Tensor, y: Tensor) => ops.sub(x, y), values: [a, b] },
  {
    what: "mul of small numbers",
    f: (x: Tensor, y: Tensor) => ops.mul(x, y),
    values: [int([5, -7, 0, 9]), int([-2, 3, 1, 70000])],
  },
  {
    what: "neg, abs and sign",
    f: (x: Tensor) => ops.concat([ops.neg(x), ops.abs(x), ops.sign(x)], 0),
    values: [int([4, -4, 0])],
  },
  {
    what: "maximum and minimum",
    f: (x: Tensor, y: Tensor) => ops.sub(ops.maximum(x, y), ops.minimum(x, y)),
    values: [int([1, 5, -3]), int([2, 4, -3])],
  },
  {
    what: "comparisons give float masks",
    f: (x: Tensor, y: Tensor) => ops.add(ops.less(x, y), ops.mul(ops.equal(x, y), 2)),
    values: [a, b],
  },
  {
    what: "topK of equals, NaN, infinities and zeros of both signs",
    f: (x: Tensor) => ops.topK(x, 9).indices,
    values: [array([[0, 1, Number.NaN, -0, 1, -Infinity, Number.NaN, Infinity, 0, -1]])],
  },
  { what: "where", f: (x: Tensor, y: Tensor) => ops.where(ops.lessEqual(x, y), x, y), values: [a, b] },
  { what: "cast to float", f: (x: Tensor) => ops.cast(x, "float32"), values: [a] },
  {
    what: "cast to int truncates",
    f: (x: Tensor) => ops.cast(x, "int32"),
    values: [array([1.9, -1.9, 0.5, -0.5, 1e9])],
  },
  {
    what: "argmax takes the first of equals",
    f: (x: Tensor) => ops.argmax(x, 1),
    values: [
      array([
        [1, 3, 3],
        [2, 2, 2],
        [-1, -5, -1],
      ]),
    ],
  },
  {
    what: "argmax over the first axis",
    f: (x: Tensor) => ops.argmax(x, 0),
    values: [
      array([
        [1, 3, 3],
        [2, 2, 2],
        [-1, -5, 9],
      ]),
    ],
  },
  {
    what: "sum, max and min",
    f: (x: Tensor) => ops.stack([ops.sum(x), ops.max(x), ops.min(x)], 0),
    values: [int([4, -9, 100000, 7])],
  },
  { what: "one-hot", f: (x: Tensor) => ops.oneHot(x, 4), values: [int([0, 3, 1, 1])] },
  {
    what: "reshape, transpose and slice",
    f: (x: Tensor) => ops.slice(ops.transpose(ops.reshape(x, [2, 4])), [1, 0], [4, 2]),
    values: [a],
  },
];
