import { isNumberText } from "../data/csv.ts";

const [ZERO, NINE, POINT, PLUS, MINUS] = [48, 57, 46, 43, 45];
/** Digits whose whole number a double holds exactly. */
const EXACT_DIGITS = 15;
/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);

const decoder = new TextDecoder();

/**
 * The number that bytes from `start` to before `end` spell; NaN where they spell none. Up to 15 digits without an exponent are a quotient of two
 * exact doubles, which is rounded once, as `Number` does; others are left to `Number`.
 */
export function numberIn(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  let [whole, digits, decimals, point] = [0, 0, 0, false];
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      whole = 10 * whole + (byte - ZERO);
      digits++;
      if (point) decimals++;
    } else if (byte === POINT && !point) point = true;
    else break;
  }
  if (at < end || digits > EXACT_DIGITS) {
    // A letter other than that of an exponent needs no text.
    if (digits === 0 || (at < end && bytes[at] !== 101 && bytes[at] !== 69)) return Number.NaN;
    const text = decoder.decode(bytes.subarray(start, end));
    return isNumberText(text) ? Number(text) : Number.NaN;
  }
  if (digits === 0) return Number.NaN;
  const value = decimals === 0 ? whole : whole / POWERS[decimals]!;
  return sign === MINUS ? -value : value;
}
