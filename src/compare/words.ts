import { metricText } from "../describe/metrics.ts";
import { type Metric, titleWithUnit } from "../models/head.ts";
import type { Compared } from "./comparison.ts";
import type { OverSeeds } from "./group.ts";
import type { ComparedPair } from "./pairs.ts";

/** Places of a metric: two of per cent; of other units as many as give the standard deviation two digits. */
const placesOf = ({ unit }: Metric, { sd }: OverSeeds): number | undefined => {
  if (unit === "%") return 2;
  return sd ? Math.min(MOST_PLACES, Math.max(0, 1 - Math.floor(Math.log10(sd)))) : undefined;
};
const MOST_PLACES = 8;

/** A value of a metric, whose unit stands in the head of the column, with as many places as its spread asks for. */
function numberText(metric: Metric, spread: OverSeeds, value: number): string {
  const places = placesOf(metric, spread);
  return (places === undefined ? metricText(metric, value) : value.toFixed(places)).replace(/^-/, "−");
}

/** "1.92". */
export const meanText = (metric: Metric, spread: OverSeeds): string => numberText(metric, spread, spread.mean);

/** Its standard deviation, "0.05"; undefined of a single seed. */
export const deviationText = (metric: Metric, spread: OverSeeds): string | undefined =>
  spread.sd === null ? undefined : numberText(metric, spread, spread.sd);

/** Both ends of its interval; undefined of a single seed. */
export const endsText = (metric: Metric, spread: OverSeeds): string[] | undefined =>
  spread.interval?.map((end) => numberText(metric, spread, end));

/** "1.92 ± 0.05"; of a single seed the value alone. */
export const spreadText = (metric: Metric, spread: OverSeeds): string =>
  [meanText(metric, spread), deviationText(metric, spread)].filter((text) => text !== undefined).join(" ± ");

/** "1.80 to 2.04"; "all equal" where the seeds give one number, a dash of a single seed. */
export const intervalText = (metric: Metric, spread: OverSeeds): string =>
  endsText(metric, spread)?.join(" to ") ?? (spread.sd === 0 ? "all equal" : "–");

/** A p-value to three places. */
export const pText = (p: number | null): string => (p === null ? "–" : p < 0.001 ? "<0.001" : p.toFixed(3));

export const splitName = ({ split }: Pick<Compared, "split">): string => (split === "test" ? "test" : "validation");

/** "test error (%)". */
export const titleIn = (compared: Pick<Compared, "split">, metric: Metric): string =>
  `${splitName(compared)} ${titleWithUnit(metric)}`;

/** A, B, …, Z, AA, AB, … */
export function letter(i: number): string {
  const last = String.fromCharCode(65 + (i % 26));
  return i < 26 ? last : letter(Math.floor(i / 26) - 1) + last;
}

/** What a pair comes to, with its letters: "A is lower". */
export function verdictText({ verdict }: ComparedPair, first: string): string {
  if (verdict === "lower" || verdict === "higher") return `${first} is ${verdict}`;
  if (verdict === "one seed") return "one seed: no test";
  if (verdict === "too few seeds") return "too few seeds for a test";
  if (verdict === "one difference in every seed") return "no spread: no test";
  return verdict;
}
