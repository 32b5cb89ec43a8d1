import { type Axes, forEachReduced, type ReduceAttrs, type ReduceOptions, reduceAttrs, reducedShape } from "../axes.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { reshape } from "./reshape.ts";

export const sumOp: Op<ReduceAttrs> = {
  name: "sum",
  spec: ([x], { axes, keep }) => ({ shape: reducedShape(x!.shape, axes, keep), dtype: x!.dtype }),
  derivative({ inputs: [x], attrs }, g) {
    return [broadcastTo(reshape(g, reducedShape(x!.shape, attrs.axes, true)), x!.shape)];
  },
  lowering: ({ attrs: { axes } }) => ({ kind: "reduce", how: "SUM", axes }),
  reference([x], { axes }, output) {
    const totals = new Float64Array(output.data.length);
    forEachReduced(x!.shape, axes, (o, i) => (totals[o]! += x!.data[i]!));
    output.data.set(totals);
  },
};

/**
 * The sum over `axes` (default: all); with `keep` they stay, with length 1. [...] → [...] without these axes.
 */
export const sum = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  apply(sumOp, [x], reduceAttrs("sum", x, axes, options));
