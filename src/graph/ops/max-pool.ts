import { apply, type Op } from "../op.ts";
import { checkTensors } from "../operand.ts";
import type { Tensor } from "../tensor.ts";
import {
  checkImages,
  forEachPooled,
  imagePair,
  type Pair,
  placesShape,
  poolWindow,
  type Window,
  type WindowOptions,
} from "../window.ts";
import { poolArgmax } from "./pool-argmax.ts";
import { poolPut } from "./pool-take.ts";

export const maxPoolOp: Op<Window> = {
  name: "maxPool",
  spec([x], window) {
    checkImages("maxPool", "x", x!, window.input);
    return { shape: placesShape(window, x!), dtype: x!.dtype };
  },
  derivative: ({ inputs: [x], attrs }, g) => [poolPut(g, poolArgmax(x!, attrs), attrs)],
  lowering: ({ attrs: window }) => ({ kind: "pool", how: "MAX", window }),
  reference([x], window, output) {
    const best = new Float64Array(output.data.length).fill(Number.NEGATIVE_INFINITY);
    forEachPooled(window, x!, (place, at) => (best[place] = Math.max(best[place]!, x!.data[at]!)));
    output.data.set(best);
  },
};

/**
 * The largest number in each window of an image, channel by channel; padding counts for nothing. Gradient goes to the first of equals. Throws
 * ShapeError where a window doesn't fit, or lies in the padding alone.
 * @param x    [B, rows, columns, C]
 * @param size of the window; its stride is the same where none is given
 * @returns    [B, places, places, C]
 */
export function maxPool(x: Tensor, size: number | Pair, options: WindowOptions = {}): Tensor {
  checkTensors("maxPool", [x]);
  return apply(maxPoolOp, [x], poolWindow("maxPool", imagePair("maxPool", "x", x), size, options));
}
