import { checkChoice } from "../rules.ts";

/**
 * What the operands of large matrix products are rounded to while they are multiplied. Sums, all other operations and
 * everything in memory are float32 either way.
 */
export const precisions = ["float32", "bfloat16"] as const;
export type Precision = (typeof precisions)[number];

/** Throws UserError unless `precision` is omitted or one of those that the backend has. */
export function checkPrecision(backend: string, precision: unknown, known: readonly Precision[]): void {
  if (precision !== undefined) checkChoice(`${backend}: precision`, precision, known);
}
