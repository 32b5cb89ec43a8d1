import { printable } from "./shell.ts";

/** A whole number with separators: 45210 → 45,210. */
export const count = (n: number): string => (Number.isFinite(n) ? Math.round(n).toLocaleString("en-US") : "–");

/** Seconds as a clock: 75 → 1:15, 3700 → 1:01:40. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–:––";
  const whole = Math.max(0, Math.round(seconds));
  const pad = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A mean negative log-likelihood in nats, to three digits. */
export const nats = (nll: number): string => (Number.isFinite(nll) ? nll.toPrecision(3) : "–");

/** A share that is in per cent already. */
export const percent = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(2)}%` : "–");

/** As JSON on one line; numbers that JSON cannot say (NaN, ±∞) become null. */
export const jsonLine = (value: unknown): string => JSON.stringify(value);

/** Columns of a terminal that doesn't say how many it has, and of what no terminal reads. */
export const COLUMNS = 80;

/** Lines of prose are no longer, however wide the terminal is. */
const LONGEST = 110;

/** Text in lines that are shorter than the terminal's `columns` (default: 80). */
export function wrap(text: string, columns: number | undefined): string {
  const width = Math.min(columns || COLUMNS, LONGEST) - 1;
  const lines = [""];
  for (const word of printable(text).split(" ")) {
    const last = lines.at(-1)!;
    if (last !== "" && widthOf(last) + widthOf(word) + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.join("\n");
}

/** Characters of a text, each of which takes one column. */
export const widthOf = (text: string): number => Array.from(text).length;
