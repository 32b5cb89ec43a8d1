import { flagOf, optionsOf } from "../arguments.ts";
import { type DrawAttrs, drawAttrs, drawOp, forEachWord } from "../draw.ts";
import type { DType, Shape } from "../ndarray.ts";
import { apply } from "../op.ts";
import type { Tensor } from "../tensor.ts";

export interface UniformAttrs extends DrawAttrs {
  readonly open: boolean;
}

/** A word as a number of [0, 1), or of (0, 1). It is a float32, so all dtypes and backends hold the same numbers. */
export const fraction = (word: number, open: boolean): number =>
  open ? ((word >>> 9) + 0.5) * 2 ** -23 : (word >>> 8) * 2 ** -24;

export const uniformOp = drawOp<UniformAttrs>("uniform", ([key], { open }, output) => {
  forEachWord(key!, output.data.length, (e, word) => {
    output.data[e] = fraction(word, open);
  });
});

/**
 * Uniform draws: a function of the key's bits and of each element's place alone.
 * @param key     int32 [2]
 * @param options.open the interval is (0, 1) and not [0, 1): for logarithms
 */
export const uniform = (key: Tensor, shape: Shape, options: { dtype?: DType; open?: boolean } = {}): Tensor =>
  apply(uniformOp, [key], {
    ...drawAttrs("uniform", shape, optionsOf("uniform", options, ["dtype", "open"])),
    open: flagOf("uniform", "open", options.open),
  });
