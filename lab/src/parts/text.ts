import { plural } from "../../../src/rules.ts";

/** A number with a fixed count of decimals, and a real minus sign. */
export const fixed = (x: number, decimals: number): string =>
  Number.isFinite(x)
    ? x
        .toFixed(decimals)
        .replace(/^-(?=[\d.]*[1-9])/, "−")
        .replace(/^-/, "")
    : "–";

/** A whole number with commas at the thousands. */
export const count = (x: number): string => (Number.isFinite(x) ? Math.round(x).toLocaleString("en") : "–");

/** "1 row", "2,000 rows": a count with what is counted. */
export const counted = (x: number, one: string, several?: string): string => `${count(x)} ${plural(x, one, several)}`;

/** A number as it is, with a real minus sign. */
export const signed = (x: number): string => String(x).replace(/^-/, "−");

/** A word of a shell. */
export const quoted = (text: string): string => {
  if (/^[\w.,:=+@%/-]+$/.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
};
