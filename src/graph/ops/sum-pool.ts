import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { checkImages, forEachPooled, imageShape, placesShape, type Window } from "../window.ts";

export const sumPoolOp: Op<Window> = {
  name: "sumPool",
  spec([x], window) {
    checkImages("sumPool", "x", x!, window.input);
    return { shape: placesShape(window, x!), dtype: x!.dtype };
  },
  derivative: ({ attrs }, g) => [spreadPool(g, attrs)],
  lowering: ({ attrs: window }) => ({ kind: "pool", how: "SUM", window }),
  reference([x], window, output) {
    const totals = new Float64Array(output.data.length);
    forEachPooled(window, x!, (place, at) => (totals[place]! += x!.data[at]!));
    output.data.set(totals);
  },
};

export const spreadPoolOp: Op<Window> = {
  name: "spreadPool",
  spec([y], window) {
    checkImages("spreadPool", "y", y!, window.output);
    return { shape: imageShape(window, y!), dtype: y!.dtype };
  },
  derivative: ({ attrs }, g) => [sumPool(g, attrs)],
  lowering: ({ attrs: window }) => ({ kind: "pool", how: "SPREAD", window }),
  reference([y], window, output) {
    const totals = new Float64Array(output.data.length);
    forEachPooled(window, y!, (place, at) => (totals[at]! += y!.data[place]!));
    output.data.set(totals);
  },
};

/** The sum over each window of an image, channel by channel. [B, rows, columns, C] → [B, places, places, C]. */
export const sumPool = (x: Tensor, window: Window): Tensor => apply(sumPoolOp, [x], window);

/** Its transpose: what stands at each place is added to all that its window reads. [B, places, places, C] → [B, rows, columns, C]. */
export const spreadPool = (y: Tensor, window: Window): Tensor => apply(spreadPoolOp, [y], window);
