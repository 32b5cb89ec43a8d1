import type { SweepSummary } from "../../../../src/lab/watch-messages.ts";
import { type Domain, ticks } from "../../parts/scale.ts";

/** How many times farther from the best than the median a value is drawn in its place: a training that went astray would hide all others. */
const FAR = 4;

/** The range of values to draw, with room above and below; values beyond it are drawn at its edge. */
export function valueDomain(values: readonly number[], better: SweepSummary["better"]): Domain {
  if (values.length === 0) return [0, 1];
  const sorted = values.toSorted((a, b) => (better === "lower" ? a - b : b - a));
  const [best, median, worst] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!];
  const edge = best + FAR * (median - best);
  const end = median === best || Math.abs(worst - best) <= Math.abs(edge - best) ? worst : edge;
  const [from, to] = [Math.min(best, end), Math.max(best, end)];
  const room = (to - from) * 0.06 || Math.abs(best) * 0.1 || 1;
  return [from - room, to + room];
}

/** The values that lie beyond a range. */
export const beyond = (values: readonly number[], [from, to]: Domain): number =>
  values.filter((value) => value < from || value > to).length;

export const within = ([from, to]: Domain, value: number): number => Math.min(to, Math.max(from, value));

/** An axis of an option's values: where a value lies on it, its range and its ticks. */
export interface OptionAxis {
  readonly domain: Domain;
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly text: (at: number) => string;
}

const written = (value: number): string => String(Number(value.toPrecision(6))).replace(/^-/, "−");

type Values = Pick<SweepSummary["options"][number], "values" | "isLog">;

export function optionAxis({ values, isLog }: Values): OptionAxis {
  const at = isLog ? Math.log10 : (value: number) => value;
  const places = values.map(at);
  const [least, most] = places.length === 0 ? [0, 1] : [Math.min(...places), Math.max(...places)];
  const room = (most - least) * 0.04 || 0.5;
  const domain = [least - room, most + room] as const;
  return {
    ...{ domain, at },
    ticks: isLog ? logTicks(domain) : ticks(domain, 5),
    text: (place) => written(isLog ? 10 ** place : place),
  };
}

/** Places of 1, 2 and 5 times powers of ten within a range of logarithms; of powers of ten alone where these are many. */
function logTicks(domain: Domain): number[] {
  const [from, to] = domain;
  const factors = to - from > 3 ? [1] : to - from > 1.5 ? [1, 3] : [1, 2, 5];
  const powers = Array.from({ length: Math.floor(to) - Math.floor(from) + 1 }, (_, i) => Math.floor(from) + i);
  const found = powers.flatMap((power) => factors.map((factor) => power + Math.log10(factor)));
  const inside = found.filter((place) => place >= from && place <= to);
  return inside.length >= 2 ? inside : ticks(domain, 4);
}

/** The point that is nearest to a place; undefined where none is within `most` pixels. */
export function nearest(
  points: readonly (readonly [x: number, y: number])[],
  [x, y]: readonly [number, number],
  most: number,
): number | undefined {
  let found: number | undefined;
  let least = most;
  for (const [i, [px, py]] of points.entries()) {
    const distance = Math.hypot(px - x, py - y);
    if (distance > least) continue;
    found = i;
    least = distance;
  }
  return found;
}
