import { optionsOf } from "../arguments.ts";
import { type DrawAttrs, drawAttrs, drawOp, forEachWord } from "../draw.ts";
import type { DType, Shape } from "../ndarray.ts";
import { apply } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export const normalOp = drawOp<DrawAttrs>(
  "normal",
  () => "NORMAL",
  ([key], _, output) => {
    let radius = 0;
    // Pairs of words, also where the last element has no partner.
    forEachWord(key!, output.data.length + (output.data.length % 2), (e, word) => {
      if (e % 2 === 0) {
        radius = Math.sqrt(-2 * Math.log(((word >>> 8) + 1) * 2 ** -24));
        return;
      }
      const angle = 2 * Math.PI * (word >>> 8) * 2 ** -24;
      output.data[e - 1] = radius * Math.cos(angle);
      if (e < output.data.length) output.data[e] = radius * Math.sin(angle);
    });
  },
);

/**
 * Standard normal draws (Box and Muller 1958): a function of the key's bits and of each element's place alone.
 * @param key int32 [2]
 */
export const normal = (key: Tensor, shape: Shape, options: { dtype?: DType } = {}): Tensor =>
  apply(normalOp, [key], drawAttrs("normal", shape, optionsOf("normal", options, ["dtype"])));
