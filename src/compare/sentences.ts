import { type Metric, titleOf } from "../models/head.ts";
import type { Compared } from "./comparison.ts";
import type { ComparedGroup, OverSeeds } from "./group.ts";
import type { ComparedPair } from "./pairs.ts";
import { endsText, meanText, pText, splitName, spreadText } from "./words.ts";

/**
 * What may be written of each pair: which group is better and by how much, with its interval, p-values and the size of the effect; or that no difference
 * was found, and how many seeds would tell. Where no group is the baseline, the pairs are those of the best group.
 */
export function sentencesOf(compared: Compared): string[] {
  const { groups, pairs, against } = compared;
  const [best] = groups;
  const told =
    against === undefined ? pairs.filter(({ first, second }) => [first, second].includes(best!.name)) : pairs;
  return told.map((pair) => sentenceOf(compared, pair));
}

const withUnit = ({ unit }: Metric, text: string): string =>
  unit === "" ? text : unit === "%" ? `${text} %` : `${text} ${unit}`;

/** A difference: of numbers in per cent, percentage points. */
const withPoints = (metric: Metric, text: string): string =>
  metric.unit === "%" ? `${text} percentage points` : withUnit(metric, text);

function sentenceOf(compared: Compared, pair: ComparedPair): string {
  const { groups, metric, pairs } = compared;
  const [a, b] = [pair.first, pair.second].map((name) => groups.find((group) => group.name === name)!) as [ComparedGroup, ComparedGroup]; // biome-ignore format: one line
  const what = `${splitName(compared)} ${titleOf(metric)}`;
  const of = (group: ComparedGroup): string =>
    `${group.name} (${withUnit(metric, spreadText(metric, group.figures[metric.name]!))})`;
  const both = `${of(a)} and ${of(b)}`;
  const { difference, seedsToTell, verdict } = pair;
  if (!difference) return `Nothing may be written of ${both}: they have no seed in common.`;
  const n = pair.seeds.length;
  if (verdict === "one seed" || verdict === "too few seeds")
    return `Nothing may be written of the ${what} of ${both}: a conclusion would rest on ${n === 1 ? "one seed" : `${n} seeds`}, and takes at least 3.`;
  if (verdict === "equal in every seed") return `The ${what} of ${both} is equal in each of ${n} seeds.`;
  if (verdict === "one difference in every seed")
    return `The ${what} of ${a.name} differs from that of ${b.name} by ${withPoints(metric, meanText(metric, difference))} in each of ${n} seeds, so that there is no test.`;
  const tests = pairs.filter(({ p }) => p !== null).length;
  const corrected = tests > 1 ? ` after Holm's correction for ${tests} tests` : "";
  const size = verdict === "no difference found" ? difference : sizeOf(difference);
  const found = `95 % interval ${endsText(metric, size)!.join(" to ")}, ${n} seeds, paired t-test p ${equals(pText(pair.corrected))}${corrected}, signs turned p ${equals(pText(pair.signFlip))}, g = ${pair.effect!.toFixed(1).replace("-", "−")}`;
  if (verdict === "no difference found") {
    const more = seedsToTell === null ? "No number of seeds that anyone trains" : `${seedsToTell} seeds`;
    return `No difference in the ${what} was found between ${both}: mean difference ${withPoints(metric, meanText(metric, difference))} (${found}). ${more} would tell a difference of this size with a chance of 80 %.`;
  }
  return `The ${what} of ${of(a)} is ${verdict} than that of ${of(b)} by ${withPoints(metric, meanText(metric, difference).replace("−", ""))} (${found}).${few(pair)}`;
}

/** How large a difference is, whose direction is said in words. */
const sizeOf = (of: OverSeeds): OverSeeds =>
  of.mean < 0 && of.interval ? { ...of, mean: -of.mean, interval: [-of.interval[1], -of.interval[0]] } : of;

/** Where turned signs can't be sure for want of seeds. */
const few = ({ seeds: { length }, signFlip }: ComparedPair): string =>
  signFlip! >= 0.05 && 2 ** (1 - length) >= 0.05
    ? ` Turned signs of ${length} seeds give no p below ${2 ** (1 - length)}: the t-test's p holds where differences are normal.`
    : "";

const equals = (p: string): string => (p.startsWith("<") ? p.replace("<", "< ") : `= ${p}`);
