import { numberText } from "./numbers.ts";
import { textWidth } from "./text.ts";

/** A scale's ends and the values that have a label. */
export interface Axis {
  readonly type: "log" | "linear";
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  /** Where a value stands: on a logarithmic axis 0 has a place of its own below all others. */
  readonly place: (value: number) => number;
  readonly text: (tick: number) => string;
}

/** Least share of a logarithmic axis between 0 and the least value above it. */
const ZERO_GAP = 0.1;

/**
 * A logarithmic axis. Values of 0, where there are any, stand at its lower end, which is labelled 0.
 * @param values what it shows, at least 0; at least one is above it
 * @param most   the most ticks that have room
 */
export function logAxis(values: readonly number[], most = 6): Axis {
  const above = values.filter((value) => value > 0 && value < Infinity);
  const [least, largest] = ends(above.length > 0 ? above : [1]);
  const [low, high] = least === largest ? [least / 1.5, largest * 1.5] : [least, largest];
  const marked = logTicks(low, high, most);
  if (!values.some((value) => value === 0))
    return {
      type: "log",
      domain: [low, high],
      ticks: marked,
      place: (value) => value,
      text: (tick: number) => numberText(tick, 6),
    };
  const decades = Math.log10(high / low);
  const zero = low / 10 ** Math.max(0.15, (decades * ZERO_GAP) / (1 - ZERO_GAP));
  return {
    ...{ type: "log", domain: [zero, high], ticks: [zero, ...marked] },
    place: (value) => (value <= 0 ? zero : value),
    text: (tick) => (tick === zero ? "0" : numberText(tick, 6)),
  };
}

/** A linear axis whose ends are ticks; a single value stands in its middle. */
export function linearAxis(values: readonly number[], most = 6): Axis {
  const [least, largest] = ends(values.length > 0 ? values : [0, 1]);
  const around = least === largest ? Math.abs(least) / 4 || 1 : 0;
  const step = niceStep(least - around, largest + around, most);
  const [first, last] = [Math.floor((least - around) / step + 1e-9), Math.ceil((largest + around) / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => multiple(first + i, step));
  return {
    ...{ type: "linear", domain: [ticks[0]!, ticks.at(-1)!], ticks },
    place: (value) => value,
    text: (tick: number) => numberText(tick, 6),
  };
}

const ends = (values: readonly number[]): [number, number] =>
  values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/** n · step without the error of its last binary digits. */
const multiple = (n: number, step: number): number => Number((n * step).toPrecision(12));

/** 1, 2 or 5 times a power of ten, so that a range has at most `most` multiples of it. */
export function niceStep(low: number, high: number, most: number): number {
  const rough = (high - low) / Math.max(1, most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => multiple(factor, power)).find((step) => step >= rough * (1 - 1e-9))!;
}

/** As many labelled values as there is room for: powers of ten, or 1, 2, 5 or 1 to 9 times those, or equal steps in a short range. */
export function logTicks(low: number, high: number, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
  const inside = (factors: readonly number[], every = 1): number[] =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
      .filter((exponent) => exponent % every === 0)
      .flatMap((exponent) => factors.map((factor) => Number(`${factor}e${exponent}`)))
      .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const found = [
    ...[[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]].map((factors) => inside(factors)),
    ...[2, 3, 4, 5, 10, 20].map((every) => inside([1], every)),
  ].find((ticks) => ticks.length <= most);
  if (found && (found.length > 2 || (found.length > 1 && high > 8 * low))) return found;
  for (let steps = 2 * most, finer: number[] = []; ; steps--) {
    const step = niceStep(low, high, steps);
    const [from, to] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
    const ticks = Array.from({ length: to - from + 1 }, (_, i) => multiple(from + i, step));
    // Of 16 to 24 in fives there is one: every second of 16, 18 to 24 then.
    if (ticks.length < 2) return finer.filter((_, i) => i % Math.ceil(finer.length / most) === 0);
    if (ticks.length <= most) return ticks;
    finer = ticks;
  }
}

/** Whether labels are apart, at the places of their ticks along x. */
export const areApart = (ticks: readonly { readonly text: string; readonly at: number }[], font: number): boolean =>
  ticks.every(({ text, at }, i) => {
    const next = ticks[i + 1];
    return !next || next.at - at >= (textWidth(text, font) + textWidth(next.text, font)) / 2 + font / 2;
  });

/** Every n-th of values with the least n that keeps their labels apart, counted from the last one. */
export function thinned(
  values: readonly number[],
  at: (value: number) => number,
  text: (value: number) => string,
  font: number,
): number[] {
  for (let every = 1; every < values.length; every++) {
    const kept = values.filter((_, i) => (values.length - 1 - i) % every === 0);
    if (
      areApart(
        kept.map((value) => ({ text: text(value), at: at(value) })),
        font,
      )
    )
      return kept;
  }
  return values.slice(-1);
}
