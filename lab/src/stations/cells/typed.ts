// Sequences that are typed: "0.5 0.25* 0.1 0.7*". A star marks the two values that the network adds.
import { LENGTHS, toFive } from "./lanes.ts";

/** Values, and the steps of both marks in order. */
export interface Sequence {
  readonly values: readonly number[];
  readonly marks: readonly [number, number];
}

/** The text of a sequence. */
export const writeSequence = (values: ArrayLike<number>, marked: readonly number[]): string =>
  Array.from(values, (value, t) => `${toFive(value)}${marked.includes(t) ? "*" : ""}`).join(" ");

/** Reads what is typed, with spaces, commas or lines between the values; a sentence that says what is wrong where it can't. */
export function readSequence(text: string): Sequence | string {
  const words = text
    .replace(/\s+\*/g, "*")
    .split(/[\s;]+/)
    .filter(Boolean);
  const comma = words.map((word) => word.replace("*", "")).find((word) => /^\d+,\d+$/.test(word));
  if (comma !== undefined) return `A decimal comma must be a point: ${comma.replace(",", ".")} in place of ${comma}.`;
  const cells = words.flatMap((word) => word.split(",")).filter(Boolean);
  const numbers = cells.map((cell) =>
    /^[\d.]+(e-?\d+)?\*?$/i.test(cell) ? Number(cell.replace("*", "")) : Number.NaN,
  );
  const wrong = numbers.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong >= 0) return `Each value must be a number from 0 to 1; value ${wrong + 1} is “${cells[wrong]}”.`;
  const [least, most] = LENGTHS;
  if (numbers.length < least || numbers.length > most)
    return `There must be ${least} to ${most} values; there ${numbers.length === 1 ? "is" : "are"} ${numbers.length}.`;
  const marks = cells.flatMap((cell, t) => (cell.includes("*") ? [t] : []));
  const [first, second] = marks;
  if (marks.length !== 2 || first === undefined || second === undefined)
    return `Two values must have a * behind them; ${marks.length === 1 ? "1 has" : `${marks.length} have`} one.`;
  return { values: numbers.map(toFive), marks: [first, second] };
}
