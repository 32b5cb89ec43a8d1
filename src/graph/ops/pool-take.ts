import { ShapeError } from "../../errors.ts";
import { type Spec, sameShape, showSpec } from "../ndarray.ts";
import { apply, type Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { checkImages, forEachPooled, imageShape, placesShape, type Window } from "../window.ts";

/** Throws ShapeError unless `taps` says for each place of the window, and each channel, which tap is meant. */
function checkTaps(op: string, window: Window, images: Spec, taps: Spec): void {
  if (taps.dtype !== "int32" || !sameShape(taps.shape, placesShape(window, images)))
    throw new ShapeError(`${op}: needs the tap of each place, received ${showSpec(taps)} for ${showSpec(images)}`);
}

export const poolTakeOp: Op<Window> = {
  name: "poolTake",
  spec([x, taps], window) {
    checkImages("poolTake", "x", x!, window.input);
    checkTaps("poolTake", window, x!, taps!);
    return { shape: placesShape(window, x!), dtype: x!.dtype };
  },
  derivative: ({ inputs: [, taps], attrs }, g) => [poolPut(g, taps!, attrs), undefined],
  lowering: ({ attrs: window }) => ({ kind: "pool", how: "TAKE", window }),
  reference([x, taps], window, output) {
    forEachPooled(window, x!, (place, at, tap) => {
      if (taps!.data[place] === tap) output.data[place] = x!.data[at]!;
    });
  },
};

export const poolPutOp: Op<Window> = {
  name: "poolPut",
  spec([y, taps], window) {
    checkImages("poolPut", "y", y!, window.output);
    checkTaps("poolPut", window, y!, taps!);
    return { shape: imageShape(window, y!), dtype: y!.dtype };
  },
  derivative: ({ inputs: [, taps], attrs }, g) => [poolTake(g, taps!, attrs), undefined],
  lowering: ({ attrs: window }) => ({ kind: "pool", how: "PUT", window }),
  reference([y, taps], window, output) {
    const totals = new Float64Array(output.data.length);
    forEachPooled(window, y!, (place, at, tap) => {
      if (taps!.data[place] === tap) totals[at]! += y!.data[place]!;
    });
    output.data.set(totals);
  },
};

/** What the tap that is named reads at each place of the window. [B, rows, columns, C] and int32 [B, places, places, C] → [B, places, places, C]. */
export const poolTake = (x: Tensor, taps: Tensor, window: Window): Tensor => apply(poolTakeOp, [x, taps], window);

/** Its transpose: what stands at each place is added to what its tap reads; 0 elsewhere. [B, places, places, C] → [B, rows, columns, C]. */
export const poolPut = (y: Tensor, taps: Tensor, window: Window): Tensor => apply(poolPutOp, [y, taps], window);
