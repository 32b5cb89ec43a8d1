import { ShapeError } from "../errors.ts";
import { forEachReduced, type ReduceAttrs, reducedShape } from "./axes.ts";
import { showShape } from "./ndarray.ts";
import type { Op } from "./op.ts";
import { div } from "./ops/div.ts";
import { equal } from "./ops/equal.ts";
import { mul } from "./ops/mul.ts";
import { reshape } from "./ops/reshape.ts";
import { sum } from "./ops/sum.ts";

/** Throws where a reduction that has no value for no numbers is asked for one. */
export function checkNonEmpty(op: string, shape: readonly number[], axes: readonly number[]): void {
  if (axes.some((axis) => shape[axis] === 0))
    throw new ShapeError(`${op}: the axes to reduce must have elements, received shape ${showShape(shape)}`);
}

/** The op of a maximum or a minimum over axes; its gradient is spread evenly over ties. */
export const extremum = (
  name: string,
  how: "MAX" | "MIN",
  start: number,
  pick: (a: number, b: number) => number,
): Op<ReduceAttrs> => ({
  name,
  spec([x], { axes, keep }) {
    checkNonEmpty(name, x!.shape, axes);
    return { shape: reducedShape(x!.shape, axes, keep), dtype: x!.dtype };
  },
  derivative({ inputs: [x], output, attrs: { axes } }, g) {
    const kept = reducedShape(x!.shape, axes, true);
    const ties = equal(x!, reshape(output, kept));
    const share = div(reshape(g, kept), sum(ties, axes, { keep: true }));
    return [mul(ties, share)];
  },
  lowering: ({ attrs: { axes } }) => ({ kind: "reduce", how, axes }),
  reference([x], { axes }, output) {
    const found = new Float64Array(output.data.length).fill(start);
    forEachReduced(x!.shape, axes, (o, i) => (found[o] = pick(found[o]!, x!.data[i]!)));
    output.data.set(found);
  },
});
