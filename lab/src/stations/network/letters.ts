import type { Numbers } from "../../worker/network-messages.ts";

/** Digits below the line. */
const below = "₀₁₂₃₄₅₆₇₈₉";

/** A letter with the number of its layer: h₁. */
export const symbolOf = ({ letter, layer }: { readonly letter: string; readonly layer: number }): string =>
  `${letter}${layer === 0 ? "" : [...String(layer)].map((digit) => below[Number(digit)]).join("")}`;

/** A shape on an arrow: 784 × 400; 1 for a number. */
export const shapeText = (shape: readonly number[]): string => (shape.length === 0 ? "1" : shape.join(" × "));

/** Rows and columns in which a vector is drawn, wide or nearly square. */
export function layoutOf(length: number, isWide: boolean): { readonly columns: number; readonly rows: number } {
  const columns = length <= 32 ? length : Math.ceil(Math.sqrt(isWide ? 8 * length : length));
  return { columns, rows: Math.ceil(length / columns) };
}

/** A number for a table: three digits that count. */
export function shortText(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return Number.isFinite(x) ? "0" : "–";
  const size = Math.abs(x);
  const text = size < 1e-3 || size >= 1e5 ? x.toExponential(1) : String(Number(x.toPrecision(3)));
  return text.replace(/-/g, "−");
}

/** The least and the most of numbers in words. */
export const rangeText = ({ least, most }: Numbers): string => `from ${shortText(least)} to ${shortText(most)}`;
