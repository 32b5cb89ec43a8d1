/** Programs drawn at random, for properties of whole runs. */
import fc from "fast-check";
import * as ops from "../../graph/index.ts";
import { NdArray, type Shape, sameShape, sizeOf, type Tensor } from "../../graph/index.ts";
import { key } from "../../random/index.ts";

export const shapes: readonly Shape[] = [[], [4], [3, 4], [4, 4], [3, 1], [2, 3, 4], [40, 50], [50]];

/** One instruction of a random program: what to apply, and which earlier values to apply it to. */
export interface Line {
  readonly op: number;
  readonly a: number;
  readonly b: number;
}

export const anyLine = fc.record({ op: fc.nat(12), a: fc.nat(99), b: fc.nat(99) });

/** Applies a line to earlier values, or leaves it out where no operand fits. */
export function follow(values: readonly Tensor[], { op, a, b }: Line): Tensor | undefined {
  const x = values[a % values.length]!;
  const alike = values.filter((v) => sameShape(v.shape, x.shape));
  const y = alike[b % alike.length]!;
  const factors = values.filter((v) => v.rank >= 2 && x.rank >= 2 && v.shape.at(-2) === x.shape.at(-1) && v.rank === 2);
  switch (op) {
    case 0:
      return ops.tanh(ops.add(x, y));
    case 1:
      return ops.sub(x, ops.mul(y, 0.5));
    case 2:
      return ops.sigmoid(x);
    case 3:
      return ops.sin(ops.mul(x, y));
    case 4:
      return x.rank >= 1
        ? ops
            .mean(x, b % x.rank, { keep: true })
            .add(x)
            .mul(0.5)
        : ops.cos(x);
    case 5:
      return x.rank >= 2 ? ops.transpose(ops.transpose(x).mul(0.9)) : ops.rectifier(x);
    case 6:
      return factors.length > 0 ? ops.matmul(x, factors[b % factors.length]!).tanh() : undefined;
    case 7:
      return x.rank >= 1 && x.shape[0]! > 1
        ? ops.concat([ops.slice(x, [1], [x.shape[0]!]), ops.slice(x, [0], [1])], 0)
        : ops.abs(x);
    case 8:
      return ops.where(ops.less(x, y), x, ops.neg(y));
    case 9:
      return ops.mul(x, ops.tanh(ops.sum(y)));
    case 10:
      return ops.add(x, key(a).fold(b).uniform(x.shape)).mul(0.5);
    case 11:
      return x.rank >= 1 ? alongRows(x, b) : ops.floor(x);
    default:
      return ops.maximum(x, ops.minimum(y, 0.25));
  }
}

/** What reduces the last axis and spreads the result over it again. */
function alongRows(x: Tensor, b: number): Tensor {
  const keep = { keep: true };
  switch (b % 7) {
    case 0:
      return ops.softmax(x);
    case 1:
      return ops.logSoftmax(x).mul(0.1);
    case 2:
      return x.sub(x.max(-1, keep)).add(x.min(-1, keep)).mul(0.3);
    case 3:
      return x.mul(ops.oneHot(ops.argmax(x), x.shape.at(-1)!));
    case 4:
      return ops.mul(x, ops.expandDims(ops.sum(x, -1), -1).tanh());
    case 5: {
      const centred = x.sub(x.mean(-1, keep));
      return centred.div(centred.square().mean(-1, keep).add(0.1).sqrt());
    }
    default: {
      // Whole sums are frequent (softmax) and must not lie where truncation jumps.
      const labels = ops.cast(ops.sum(x, -1).mul(2.7).add(0.25), "int32");
      const nll = ops.crossEntropy(x, ops.maximum(ops.minimum(labels, x.shape.at(-1)! - 1), 0));
      return x.add(ops.expandDims(nll, -1)).mul(0.2);
    }
  }
}

/** Numbers of this shape that differ with `phase`. */
export const start = (shape: Shape, phase: number): NdArray =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1 + 2.1 * i + phase)),
    shape,
  );
