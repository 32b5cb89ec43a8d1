import { axisOf, forEachReduced, reducedShape } from "../axes.ts";
import { checkNonEmpty } from "../extremum.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export interface ArgmaxAttrs {
  readonly axis: number; // from 0
}

export const argmaxOp: Op<ArgmaxAttrs> = {
  name: "argmax",
  spec([x], { axis }) {
    checkNonEmpty("argmax", x!.shape, [axis]);
    return { shape: reducedShape(x!.shape, [axis], false), dtype: "int32" };
  },
  lowering: ({ attrs: { axis } }) => ({ kind: "reduce", how: "ARGMAX", axes: [axis] }),
  reference([x], { axis }, output) {
    const best = new Float64Array(output.data.length);
    const seen = new Int32Array(output.data.length);
    forEachReduced(x!.shape, [axis], (o, i) => {
      const [value, at] = [x!.data[i]!, seen[o]!++];
      if (at > 0 && !(value > best[o]!) && !(Number.isNaN(value) && !Number.isNaN(best[o]!))) return;
      best[o] = value;
      output.data[o] = at;
    });
  },
};

/**
 * Where the largest number along `axis` (default: the last) stands, as int32: the first of equals; NaN counts
 * as largest. [..., n, ...] → int32 [..., ...], without that axis.
 */
export const argmax = (x: Tensor, axis = -1): Tensor => apply(argmaxOp, [x], { axis: axisOf("argmax", x, axis) });
