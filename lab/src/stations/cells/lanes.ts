// Sequences that are drawn: presets, and the text of a drawing in the address.

/** Steps of what neurons receive. */
const STEPS = 100;
/** A drawing has levels of 1/32. */
const LEVELS = 32;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** How many values may be typed. */
export const LENGTHS = [2, 100] as const;

/** Typed numbers have five decimals: the levels of drawings are such numbers. */
export const toFive = (value: number): number => Math.round(value * 1e5) / 1e5;

/** The range of what a lane may hold. */
export interface Lane {
  readonly steps: number;
  readonly from: number;
  readonly to: number;
  /** Whether numbers may be typed too, as many as `LENGTHS` says: "0.5,0.25". */
  readonly typed?: true;
  readonly presets: Readonly<Record<string, (t: number) => number>>;
}

/** Numbers from 0 to 1 that look drawn by chance, the same in every browser (xorshift, Marsaglia 2003). */
function noise(steps: number): number[] {
  let word = 2463534242;
  return Array.from({ length: steps }, () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) / 2 ** 32;
  });
}
const drawn = noise(STEPS);
const within = (t: number, from: number, to: number): number => Number(t >= from && t < to);
const pulses = [4, 22, 30, 36, 54, 72, 80, 86];

/** What the neurons receive. */
export const current: Lane = {
  steps: STEPS,
  from: -0.5,
  to: 1.5 - 1 / LEVELS,
  presets: {
    steps: (t) => within(t, 5, 40) + within(t, 55, 90),
    pulses: (t) => (pulses.some((begin) => t >= begin && t < begin + 4) ? 1.375 : 0),
    ramp: (t) => t / STEPS,
    sine: (t) => 0.5 + 0.75 * Math.sin((2 * Math.PI * t) / 25),
    noise: (t) => 1.5 * drawn[t]! - 0.25,
  },
};
/** What sets τ, where it varies. */
export const context: Lane = {
  steps: STEPS,
  from: 0,
  to: 1,
  presets: { later: (t) => within(t, 50, STEPS), none: () => 0, always: () => 1 },
};

/** The values of which an LSTM adds two. */
export const sequence: Lane = {
  steps: 40,
  from: 0,
  to: 1 - 1 / LEVELS,
  typed: true,
  presets: { example: (t) => drawn[t]!, rising: (t) => t / 40, equal: () => 0.5 },
};

const rounded = (value: number, { from, to }: Lane): number =>
  Math.round((Math.min(to, Math.max(from, value)) - from) * LEVELS);

/** The level of a drawing that is nearest. */
const levelOf = (value: number, lane: Lane): number => lane.from + rounded(value, lane) / LEVELS;

/** The text of a drawing: a letter for each step. That of numbers that were typed has numbers, so that a drawing over some keeps the others. */
export function textOf(values: ArrayLike<number>, lane: Lane): string {
  const all = Array.from(values);
  const isDrawn = all.length === lane.steps && all.every((value) => value === levelOf(value, lane));
  return lane.typed && !isDrawn
    ? all.map(toFive).join(",")
    : all.map((value) => alphabet[rounded(value, lane)]!).join("");
}

/** The numbers of a preset's name, a drawing's text or what was typed; undefined for any other. */
export function valuesOf(text: string, lane: Lane): Float32Array | undefined {
  const preset = Object.hasOwn(lane.presets, text) ? lane.presets[text] : undefined;
  // Presets have the levels of drawings, so that a drawing can begin with one.
  if (preset) return Float32Array.from({ length: lane.steps }, (_, t) => levelOf(preset(t), lane));
  if (lane.typed && text.includes(",")) return typedIn(text);
  const levels = Array.from(text, (letter) => alphabet.indexOf(letter));
  const most = rounded(lane.to, lane);
  if (levels.length !== lane.steps || levels.some((level) => level < 0 || level > most)) return undefined;
  return Float32Array.from(levels, (level) => lane.from + level / LEVELS);
}

function typedIn(text: string): Float32Array | undefined {
  const words = text.split(",");
  const [least, most] = LENGTHS;
  const fits = (word: string): boolean => /^[\d.]+(e-\d+)?$/.test(word) && Number(word) >= 0 && Number(word) <= 1;
  return words.length >= least && words.length <= most && words.every(fits)
    ? Float32Array.from(words, Number)
    : undefined;
}

/** A drawing with a straight line from one point to another, in steps and values, at the levels of drawings. */
export function withLine(
  values: Float32Array,
  [t0, v0]: readonly [number, number],
  [t1, v1]: readonly [number, number],
  lane: Lane,
): Float32Array {
  const next = Float32Array.from(values);
  const [first, last] = [Math.min(t0, t1), Math.max(t0, t1)];
  const at = (t: number): number => (t1 === t0 ? v1 : v0 + ((v1 - v0) * (t - t0)) / (t1 - t0));
  for (let t = first; t <= last; t++) next[t] = levelOf(at(t), lane);
  return next;
}
