import type { Figure } from "../statistics/figure.ts";

/** What a ratio of times says: whether its whole interval lies on one side of 1. */
export type Gain = "faster" | "slower" | "no difference told";

export const gainOf = ({ low, high }: Figure): Gain =>
  low > 1 ? "faster" : high < 1 ? "slower" : "no difference told";

/** A gain, or its absence, in words: "3.10 times as fast (2.98 to 3.25)", "no gain: 0.80 times as fast (…)". */
export function gainInWords(ratio: Figure): string {
  const { value, low, high } = ratio;
  const figures = `${value.toFixed(2)} times as fast (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return gainOf(ratio) === "faster" ? figures : `no gain: ${figures}`;
}
