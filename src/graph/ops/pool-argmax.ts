import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { checkImages, forEachPooled, placesShape, type Window } from "../window.ts";

export const poolArgmaxOp: Op<Window> = {
  name: "poolArgmax",
  spec([x], window) {
    checkImages("poolArgmax", "x", x!, window.input);
    return { shape: placesShape(window, x!), dtype: "int32" };
  },
  lowering: ({ attrs: window }) => ({ kind: "pool", how: "ARGMAX", window }),
  reference([x], window, output) {
    const best = new Float64Array(output.data.length);
    const seen = new Uint8Array(output.data.length);
    forEachPooled(window, x!, (place, at, tap) => {
      const value = x!.data[at]!;
      const wins = value > best[place]! || (Number.isNaN(value) && !Number.isNaN(best[place]!));
      if (seen[place] && !wins) return;
      seen[place] = 1;
      best[place] = value;
      output.data[place] = tap;
    });
  },
};

/**
 * Which tap of each window reads its largest number, counted row by row from 0: the first of equals; NaN counts as largest.
 * @param x [B, rows, columns, C]
 * @returns int32 [B, places, places, C]
 */
export const poolArgmax = (x: Tensor, window: Window): Tensor => apply(poolArgmaxOp, [x], window);
