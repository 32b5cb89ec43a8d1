import type { HealthWarning } from "../events.ts";
import type { Position } from "../snapshot.ts";
import type { SteepGradient } from "./gradient.ts";
import type { UnitsSeen } from "./units.ts";

/** A layer of which this share of units fire for nothing, or for all, is warned of. */
export const MANY = 0.5;
/** Units of which this share of probabilities is near 0 or 1 are warned of. */
export const SATURATED = 0.98;

interface When {
  /** "epoch 2". */
  readonly when: string;
  /** Training examples of an epoch. */
  readonly inEpoch: number;
  /** Examples that were looked at. */
  readonly examples: number;
}

const count = (n: number): string => n.toLocaleString("en");
const percent = (share: number): string => `${(100 * share).toFixed(share > 0.995 && share < 1 ? 1 : 0)}%`;

/** What has to be said of units. */
export function unitWarnings(seen: readonly UnitsSeen[], { when, inEpoch, examples }: When): HealthWarning[] {
  return seen.flatMap(({ name: where, firing, bits, extreme }): HealthWarning[] => {
    const chances = firing ? Array.from(firing.data) : [];
    const units = chances.length;
    // Less than one firing in two epochs.
    const never = chances.filter((chance) => chance * inEpoch < 0.5).length;
    const always = bits ? chances.filter((chance) => (1 - chance) * inEpoch < 0.5).length : 0;
    const found: HealthWarning[] = [];
    if (never > 0 && never >= MANY * units)
      found.push({
        kind: "dead units",
        where,
        message: `${where}: ${count(never)} of ${count(units)} units fire for none of ${count(examples)} validation examples after ${when}, and hardly learn: try a lower rate, a smaller gain, or fewer units`,
      });
    if (always > 0 && always >= MANY * units)
      found.push({
        kind: "constant units",
        where,
        message: `${where}: ${count(always)} of ${count(units)} units fire for all of ${count(examples)} validation examples after ${when}, and tell nothing about them: try a lower rate, or a smaller gain`,
      });
    if (extreme !== undefined && extreme >= SATURATED)
      found.push({
        kind: "saturated units",
        where,
        message: `${where}: ${percent(extreme)} of its probabilities are below 0.01 or above 0.99 after ${when}, where hardly any gradient passes: try a lower rate, a smaller gain, or weight decay`,
      });
    return found;
  });
}

/** What has to be said of a gradient. */
export function steepInWords(
  { norm, usual }: SteepGradient,
  { epoch, batch }: Pick<Position, "epoch" | "batch">,
): HealthWarning {
  const size =
    norm === Number.POSITIVE_INFINITY || Number.isNaN(norm) ? "is no longer finite" : `has the norm ${short(norm)}`;
  const more = Number.isFinite(norm)
    ? `, ${count(Math.round(norm / usual))} times the usual ${short(usual)}`
    : `, it was ${short(usual)}`;
  return {
    kind: "exploding gradient",
    message: `the gradient ${size} in epoch ${epoch} at step ${batch}${more}: it explodes. Clip it (--clip ${short(usual, 1)}), limit each unit's weights (--max-norm 3), or try a lower rate`,
  };
}

const short = (value: number, digits = 3): string => String(Number(value.toPrecision(digits)));
