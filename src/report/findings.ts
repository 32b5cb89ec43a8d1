import { numberText } from "../plots/index.ts";

interface Ended {
  readonly name: string;
  readonly value: number;
}

const inWords = (most: string, least: string, what: string, sorted: readonly Ended[]): string => {
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return `No ${what}`;
  const [value, other] = [first, last].map((of) => numberText(of.value, 3));
  const start = `${what[0]!.toUpperCase()}${what.slice(1)}`;
  return first === last
    ? `${start}: ${value}`
    : `${start}: ${most} for ${first.name}, ${value}; ${least} for ${last.name}, ${other}`;
};

const usable = (ended: readonly Ended[]): Ended[] => ended.filter(({ value }) => Number.isFinite(value));

/** A title that says whose value is lowest and whose highest: "Loss at the end: lowest for disarm, 0.12; highest for arm, 0.3". */
export const lowestInWords = (what: string, ended: readonly Ended[]): string =>
  inWords(
    "lowest",
    "highest",
    what,
    usable(ended).sort((a, b) => a.value - b.value),
  );

/** The same, the highest value first. */
export const highestInWords = (what: string, ended: readonly Ended[]): string =>
  inWords(
    "highest",
    "lowest",
    what,
    usable(ended).sort((a, b) => b.value - a.value),
  );
