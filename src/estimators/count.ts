import type { Count } from "./estimator.ts";

/** A card's count as a number, for a layer of `units` and an estimator of `samples` (1 where it has no such option). */
export function countOf(count: Count, { samples, units }: { samples: number; units: number }): number {
  if (typeof count === "number") return count;
  return {
    K: samples,
    "2K": 2 * samples,
    "K + 1": samples + 1,
    "K + 2": samples + 2,
    H: units,
    "H + 1": units + 1,
    "2^H": 2 ** units,
  }[count];
}
