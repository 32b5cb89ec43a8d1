import { philox } from "../../random/philox.ts";
import { flagOf, optionsOf } from "../arguments.ts";
import { type DrawAttrs, drawAttrs, drawOp, forEachWord, keyWords } from "../draw.ts";
import type { DType, Shape } from "../ndarray.ts";
import { apply } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** [0, 1), the same with fine steps near 0, or (0, 1). */
export type Interval = "half-open" | "fine" | "open";

export interface UniformAttrs extends DrawAttrs {
  readonly interval: Interval;
}

/** Words below this have a second one behind them. The lowest step of 2⁻²⁴ is always a fine one. */
const REFINED = { "half-open": 2 ** 8, fine: 2 ** 20, open: 0 } as const satisfies Readonly<Record<Interval, number>>;
/** The last word of the counter of the second words. */
const SECOND = 0x46494e45;

/**
 * A word as a number of [0, 1), or of (0, 1). It is a float32, so all dtypes and backends hold the same numbers. `second` gives a
 * second word, where one is needed.
 */
export function fraction(word: number, interval: Interval, second: () => number): number {
  if (word < REFINED[interval]) return Math.fround(word * 2 ** -32 + second() * 2 ** -64);
  return interval === "open" ? ((word >>> 9) + 0.5) * 2 ** -23 : (word >>> 8) * 2 ** -24;
}

const codes = {
  "half-open": "UNIFORM",
  fine: "UNIFORM_FINE",
  open: "UNIFORM_OPEN",
} as const satisfies Readonly<Record<Interval, string>>;

export const uniformOp = drawOp<UniformAttrs>(
  "uniform",
  ({ interval }) => codes[interval],
  ([key], { interval }, output) => {
    const words = keyWords(key!);
    forEachWord(key!, output.data.length, (e, word) => {
      output.data[e] = fraction(word, interval, () => philox([e >>> 2, 0, 0, SECOND], words)[e & 3]!);
    });
  },
);

/**
 * Uniform draws, a function of the key's bits and of each element's place alone: multiples of 2⁻²⁴ below 1, and below 2⁻²⁴ any
 * float32 down to 2⁻⁶⁴.
 * @param key     int32 [2]
 * @param options.open the interval is (0, 1) and not [0, 1): for logarithms
 * @param options.fine any float32 already below 2⁻¹²: for comparing with small probabilities. Elsewhere the same numbers.
 */
export function uniform(key: Tensor, shape: Shape, options: UniformOptions = {}): Tensor {
  const attrs = drawAttrs("uniform", shape, optionsOf("uniform", options, ["dtype", "open", "fine"]));
  const [open, fine] = [flagOf("uniform", "open", options.open), flagOf("uniform", "fine", options.fine)];
  return apply(uniformOp, [key], { ...attrs, interval: open ? "open" : fine ? "fine" : "half-open" });
}

export interface UniformOptions {
  readonly dtype?: DType;
  readonly open?: boolean;
  readonly fine?: boolean;
}
