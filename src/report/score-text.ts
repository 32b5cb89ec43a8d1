import { numberText } from "../plots/index.ts";

/**
 * A score as tables and titles of a report show it: two places of per cent, four of others below 1,000 and none above; far below 1 four digits.
 * A dash for what isn't finite.
 */
export function scoreText({ unit }: { readonly unit: string }, value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (unit !== "%" && size > 0 && size < 1e-3) return numberText(value);
  return fixed(value, unit === "%" ? 2 : size < 1000 ? 4 : 0);
}

/** A number with `places` digits behind the point, and commas between thousands; a dash for what isn't finite. */
export const fixed = (value: number, places: number): string =>
  Number.isFinite(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places })
    : "–";
