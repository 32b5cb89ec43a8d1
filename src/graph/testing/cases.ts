import fc from "fast-check";
import * as ops from "../index.ts";
import { array, constant, type Shape, sizeOf, type Tensor } from "../index.ts";
import { convCases } from "./conv-cases.ts";
import type { Domain } from "./finite-differences.ts";
import { pairCases } from "./pair-cases.ts";
import { scanCases } from "./scan-cases.ts";
import { broadcasting, shapes, withAxes, withAxis } from "./shapes.ts";

/** A function of float tensors of given shapes, with whatever else it needs already chosen. */
export interface Application {
  readonly shapes: readonly Shape[];
  readonly f: (...xs: Tensor[]) => Tensor;
}

/** One row of the gradient table: an op, and random ways to apply it. */
export interface Case {
  /** The file in `ops/` that this row is about. */
  readonly op: string;
  readonly about?: string;
  readonly applications: fc.Arbitrary<Application>;
  /** Where the numbers are drawn from: away from poles and kinks. */
  readonly domain?: Domain;
  /** How many applications are tried at most, where each takes long. */
  readonly runs?: number;
}

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;
type Reduction = (x: Tensor, axes?: ops.Axes, options?: { keep?: boolean }) => Tensor;

const positive: Domain = [0.3, 2];

const unary = (op: string, f: Unary, domain: Domain = [-2, 2]): Case => ({
  op,
  applications: shapes().map((shape) => ({ shapes: [shape], f: (x) => f(x!) })),
  domain,
});

const binary = (op: string, f: Binary, domain: Domain = [-2, 2]): Case => ({
  op,
  applications: broadcasting(2).map((both) => ({ shapes: both, f: (a, b) => f(a!, b!) })),
  domain,
});

const reduction = (op: string, f: Reduction, minLength = 0): Case => ({
  op,
  applications: fc.tuple(withAxes({ minLength }), fc.boolean()).map(([{ shape, axes }, keep]) => ({
    shapes: [shape],
    f: (x) => f(x!, axes, { keep }),
  })),
});

const alongAxis = (op: string, f: (x: Tensor, axis: number) => Tensor): Case => ({
  op,
  applications: withAxis({ minLength: 1 }).map(({ shape, axis }) => ({ shapes: [shape], f: (x) => f(x!, axis) })),
});

/** int32 [shape] of whole numbers below `bound`. */
const indices = (shape: Shape, bound: number): fc.Arbitrary<Tensor> =>
  fc
    .array(fc.nat(bound - 1), { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((values) => constant(array(Int32Array.from(values), { shape })));

const rowsOf = fc.record({
  rows: fc.integer({ min: 1, max: 4 }),
  inner: shapes({ maxRank: 2 }),
  index: shapes({ maxRank: 2 }),
});

/** A part of each axis of a shape. */
const part = shapes().chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    ends: fc.tuple(
      ...shape.map((n) => fc.tuple(fc.nat(n), fc.nat(n)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)),
    ),
  }),
);

const matmulShapes = fc
  .record({
    batches: broadcasting(2, { maxRank: 2 }),
    m: fc.nat(3),
    k: fc.nat(3),
    n: fc.nat(3),
  })
  .map(
    ({ batches: [a, b], m, k, n }) =>
      [
        [...a!, m, k],
        [...b!, k, n],
      ] as const,
  )
  .filter((both) => both.every((shape) => sizeOf(shape) <= 40));

/** Every differentiable op. */
export const cases: readonly Case[] = [
  unary("neg", ops.neg),
  unary("abs", ops.abs),
  unary("barrier", ops.barrier),
  unary("exp", ops.exp),
  unary("log", ops.log, positive),
  unary("log1p", ops.log1p, [-0.6, 2]),
  unary("sqrt", ops.sqrt, positive),
  unary("sigmoid", ops.sigmoid, [-4, 4]),
  unary("tanh", ops.tanh),
  unary("softplus", ops.softplus, [-4, 4]),
  unary("rectifier", ops.rectifier),
  unary("sin", ops.sin),
  unary("cos", ops.cos),
  unary("square", ops.square),
  unary("reciprocal", ops.reciprocal, positive),
  unary("alias", ops.alias),
  unary("clip", (x) => ops.clip(x, -1, 0.5)),
  binary("add", ops.add),
  binary("sub", ops.sub),
  binary("mul", ops.mul),
  binary("div", ops.div, positive),
  binary("maximum", ops.maximum),
  binary("minimum", ops.minimum),
  {
    op: "where",
    applications: broadcasting(3).map((all) => ({
      shapes: all,
      f: (mask, a, b) => ops.where(ops.greater(mask!, 0), a!, b!),
    })),
  },
  {
    op: "bernoulli-nll",
    applications: shapes().map((shape) => ({ shapes: [shape, shape], f: (a, t) => ops.bernoulliNll(a!, t!) })),
  },
  {
    op: "outer",
    applications: shapes({ minRank: 1 }).map((shape) => ({
      shapes: [shape.slice(0, 1), shape],
      f: (loss, units) => ops.outer(loss!, units!),
    })),
  },
  {
    op: "matmul",
    applications: matmulShapes.map((both) => ({ shapes: both, f: (a, b) => ops.matmul(a!, b!) })),
  },
  {
    op: "matmul",
    about: "of a matrix with itself",
    applications: fc.nat(4).map((n) => ({ shapes: [[n, n]], f: (a) => ops.matmul(a!, a!) })),
  },
  {
    op: "matmul",
    about: "of matrices read transposed",
    applications: matmulShapes.map(([a, b]) => ({
      shapes: [a.slice(-2).reverse(), b.with(-1, b.at(-2)!).with(-2, b.at(-1)!)],
      f: (x, y) => ops.matmul(ops.transpose(x!), ops.transpose(y!)),
    })),
  },
  {
    op: "sparse-matmul",
    applications: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)).map(([m, k, n]) => ({
      shapes: [
        [m, k],
        [k, n],
      ],
      f: (a, b) => ops.sparseMatmul(a!, b!),
    })),
  },
  reduction("sum", ops.sum),
  reduction("mean", ops.mean, 1),
  reduction("variance", ops.variance, 1),
  reduction("max", ops.max, 1),
  reduction("min", ops.min, 1),
  {
    op: "kth-largest",
    applications: fc
      .tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 5 }))
      .chain(([shape, n]) => fc.record({ shape: fc.constant([...shape, n]), k: fc.integer({ min: 1, max: n }) }))
      .map(({ shape, k }) => ({ shapes: [shape], f: (x) => ops.kthLargest(x!, k) })),
  },
  {
    op: "top-k",
    applications: fc
      .tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 5 }))
      .chain(([shape, n]) => fc.record({ shape: fc.constant([...shape, n]), k: fc.integer({ min: 1, max: n }) }))
      .map(({ shape, k }) => ({ shapes: [shape], f: (x) => ops.sin(ops.topK(x!, k).values) })),
  },
  alongAxis("softmax", ops.softmax),
  alongAxis("log-softmax", ops.logSoftmax),
  {
    op: "cross-entropy",
    applications: fc
      .tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 5 }))
      .chain(([shape, classes]) =>
        fc.record({ shape: fc.constant([...shape, classes]), labels: indices(shape, classes) }),
      )
      .map(({ shape, labels }) => ({ shapes: [shape], f: (x) => ops.crossEntropy(x!, labels) })),
  },
  {
    op: "broadcast-to",
    applications: broadcasting(1).chain(([shape]) =>
      fc.tuple(shapes({ maxRank: 1 }), fc.integer({ min: 2, max: 3 })).map(([extra, n]) => ({
        shapes: [shape!],
        f: (x) => ops.broadcastTo(x!, [...extra, ...shape!.map((old) => (old === 1 ? n : old))]),
      })),
    ),
  },
  {
    op: "sum-to",
    applications: fc.tuple(broadcasting(1), shapes({ maxRank: 1 })).map(([[to], extra]) => ({
      shapes: [[...extra, ...to!.map((n) => (n === 1 ? 3 : n))]],
      f: (x) => ops.sumTo(x!, to!),
    })),
  },
  {
    op: "reshape",
    applications: shapes().map((shape) => ({ shapes: [shape], f: (x) => ops.reshape(x!, [...shape].reverse()) })),
  },
  {
    op: "expand-dims",
    applications: fc.tuple(shapes(), fc.nat(9)).map(([shape, n]) => ({
      shapes: [shape],
      f: (x) => ops.expandDims(x!, n % (shape.length + 1)),
    })),
  },
  {
    op: "transpose",
    applications: shapes()
      .chain((shape) => {
        const axes = shape.map((_, axis) => axis);
        return fc.record({
          shape: fc.constant(shape),
          order: fc.shuffledSubarray(axes, { minLength: axes.length }),
        });
      })
      .map(({ shape, order }) => ({ shapes: [shape], f: (x) => ops.transpose(x!, order) })),
  },
  {
    op: "slice",
    applications: part.map(({ shape, ends }) => ({
      shapes: [shape],
      f: (x) =>
        ops.slice(
          x!,
          ends.map(([start]) => start),
          ends.map(([, stop]) => stop),
        ),
    })),
  },
  {
    op: "pad",
    applications: part.map(({ shape, ends }) => ({
      shapes: [shape],
      f: (x) =>
        ops.pad(
          x!,
          ends.map(([before]) => before),
          ends.map(([, after]) => after),
        ),
    })),
  },
  {
    op: "concat",
    applications: fc
      .tuple(withAxis(), fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }))
      .map(([{ shape, axis }, lengths]) => ({
        shapes: lengths.map((length) => shape.with(axis, length)),
        f: (...xs) => ops.concat(xs, axis),
      })),
  },
  {
    op: "stack",
    applications: fc
      .tuple(withAxis({ maxRank: 2 }), fc.integer({ min: 1, max: 3 }))
      .map(([{ shape, axis }, count]) => ({
        shapes: Array.from({ length: count }, () => shape),
        f: (...xs) => ops.stack(xs, axis),
      })),
  },
  {
    op: "gather",
    applications: rowsOf
      .chain(({ rows, inner, index }) =>
        fc.record({ shape: fc.constant([rows, ...inner]), index: indices(index, rows) }),
      )
      .map(({ shape, index }) => ({ shapes: [shape], f: (x) => ops.gather(x!, index) })),
  },
  {
    op: "scatter-add",
    applications: rowsOf
      .chain(({ rows, inner, index }) =>
        fc.record({ rows: fc.constant(rows), shape: fc.constant([...index, ...inner]), index: indices(index, rows) }),
      )
      .map(({ rows, shape, index }) => ({ shapes: [shape], f: (x) => ops.scatterAdd(x!, index, rows) })),
  },
  ...scanCases,
  ...pairCases,
  ...convCases,
];

/** Files in `ops/` that aren't in the table, and why. */
export const exempt: Readonly<Record<string, string>> = {
  above: "piecewise constant: no gradient",
  arange: "a constant",
  argmax: "integers: no gradient",
  constant: "a constant",
  equal: "piecewise constant: no gradient",
  floor: "piecewise constant: no gradient",
  greater: "piecewise constant: no gradient",
  "greater-equal": "piecewise constant: no gradient",
  largest: "piecewise constant: no gradient",
  less: "piecewise constant: no gradient",
  "less-equal": "piecewise constant: no gradient",
  "not-equal": "piecewise constant: no gradient",
  "one-hot": "of integers: no gradient",
  routing: "integers: no gradient",
  sign: "piecewise constant: no gradient",
  "zeros-like": "a constant",
  input: "what gradients are taken with respect to",
  uniform: "drawn: depends on no float tensor",
  normal: "drawn: depends on no float tensor",
  "fold-key": "integers: no gradient",
  "stop-gradient": "differs from its derivative on purpose: grad.test.ts",
  "custom-gradient": "differs from its derivative on purpose: grad.test.ts",
  cast: "rounds, which finite differences see: elementwise.test.ts",
  "attach-gradient": "differs from its derivative on purpose: grad.test.ts",
  "pool-argmax": "integers: no gradient",
};
