import type { Count } from "./estimator.ts";

/** A card's count as a number, for a layer of `units` and an estimator of `samples` and `classes` (where it has such options). */
export function countOf(
  count: Count,
  { samples, units, classes = 2 }: { samples: number; units: number; classes?: number | undefined },
): number {
  if (typeof count === "number") return count;
  return {
    K: samples,
    "2K": 2 * samples,
    "K + 1": samples + 1,
    "K + 2": samples + 2,
    H: units,
    "H + 1": units + 1,
    "2^H": 2 ** units,
    "C^N": classes ** (units / classes),
  }[count];
}
