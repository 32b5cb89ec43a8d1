/** The number that `text` writes in plain decimal digits, or 0. */
export function positiveInteger(text: string): number {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
}
