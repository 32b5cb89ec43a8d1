import { count } from "../describe/format.ts";
import { fitColumns, MORE } from "../describe/table.ts";
import { type Choice, type Figure, isUnbiased, type MeasuredRow, type Measurement } from "../measure/index.ts";

/** A number to `digits` significant ones, without exponents where it is of everyday size. */
export const significant = (value: number, digits = 3): string => {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(digits - 1).replace("e+", "e");
  return String(Number(value.toPrecision(digits)).toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(size)))));
};

/** A value of at most four significant digits with half its interval, to one: 12.3 ±0.4. Without what would be smaller than the last digit. */
export function plusMinus({ value, low, high }: Figure): string {
  if (![value, low, high].every(Number.isFinite)) return "–";
  const half = (high - low) / 2;
  const size = Math.max(Math.abs(value), half);
  if (size === 0) return "0";
  const finest = 3 - Math.floor(Math.log10(size));
  const decimals = half === 0 ? finest : Math.min(finest, -Math.floor(Math.log10(half)));
  if (finest > 9 || finest < -2)
    return `${significant(value, 2)}${half > size / 200 ? ` ±${significant(half, 1)}` : ""}`;
  const shown = (x: number): string => x.toFixed(Math.max(0, decimals));
  return Number(shown(half)) === 0 ? shown(value) : `${shown(value)} ±${shown(half)}`;
}

/** A value and its interval, two digits each, for what isn't known evenly to both sides: 19 (15–40). */
const range = ({ value, low, high }: Figure): string =>
  value === low && value === high
    ? significant(value, 2)
    : `${significant(value, 2)} (${significant(low, 2)}–${significant(high, 2)})`;

/** Below its upper end where it may be nothing. */
const below = (f: Figure): string => (f.low > 0 ? plusMinus(f) : `< ${significant(f.high, 2)}`);

const times = (f: Figure, factor: number): Figure => ({
  value: f.value * factor,
  low: f.low * factor,
  high: f.high * factor,
});

/** A p below this is called a bias. */
export const SIGNIFICANCE = 0.01;

const biasCell = (row: MeasuredRow): string =>
  row.biasP > SIGNIFICANCE
    ? `< ${significant(100 * Math.max(row.bias.high, row.bias.value), 2)}`
    : plusMinus(times(row.bias, 100));

/** By variance × seconds; what isn't known comes last. */
export const ranked = (rows: readonly MeasuredRow[]): MeasuredRow[] =>
  [...rows].sort((a, b) =>
    Number.isNaN(a.cost.value) ? 1 : Number.isNaN(b.cost.value) ? -1 : a.cost.value - b.cost.value,
  );

/** How a table is set: all of its columns, as they are, where nothing is said. */
interface TableOptions {
  readonly bold?: (text: string) => string;
  /** The room in characters. */
  readonly columns?: number;
}

/** The estimators in a table, the unbiased ones first, each part by variance × seconds. */
export function measurementTable(
  rows: readonly MeasuredRow[],
  { bold = (text) => text, columns = Number.POSITIVE_INFINITY }: TableOptions = {},
): string {
  const unbiased = ranked(rows.filter(isUnbiased));
  const biased = ranked(rows.filter((row) => !isUnbiased(row)));
  const cells = (row: MeasuredRow, short: boolean): string[] => [
    `  ${row.estimator}${row.sameUnits ? "" : " †"}${row.warmup > 0 ? " ‡" : ""}${isUnbiased(row) && row.biasP <= SIGNIFICANCE ? " !" : ""}`,
    biasCell(row),
    plusMinus(row.relativeVariance),
    row.cosine.low > 0.99995 ? "1" : plusMinus(row.cosine),
    significant(row.scale.value, 2),
    below(times(row.residual, 100)),
    significant(row.signalToNoise.value, 2),
    `${count(row.forward)} / ${count(row.backward)}`,
    significant(1000 * row.seconds.value, 2),
    short ? significant(1000 * row.cost.value, 2) : range(times(row.cost, 1000)),
  ];
  const head = [
    ["", "bias", "variance", "", "best", "residual", "signal/", "passes", "ms a", "variance"],
    ["estimator", "% of ‖g‖", "/ ‖g‖²", "cosine", "scale", "% of ‖g‖", "noise", "fwd / bwd", "step", "× ms"],
  ];
  const right = Array.from({ length: 9 }, (_, i) => i + 1);
  const all = (short: boolean) => [...head, ...[...unbiased, ...biased].map((row) => cells(row, short))];
  const full = fitColumns(all(false), { columns, right, optional: [4] });
  // Without room, the interval of the last column goes first.
  const { lines, dropped } = full.dropped
    ? fitColumns(all(true), { columns, right, optional: [4, 7, 6, 5, 3, 8] })
    : full;
  const [first, second, ...rest] = lines;
  return [
    bold(first!),
    bold(second!),
    ...(unbiased.length > 0 ? ["unbiased", ...rest.slice(0, unbiased.length)] : []),
    ...(biased.length > 0 ? ["biased, or unbiased only up to scale", ...rest.slice(unbiased.length)] : []),
    ...(dropped ? ["", MORE] : []),
  ].join("\n");
}

/** What the table's columns and marks mean, as far as they occur. */
export function footnotes({ rows, truth, skipped }: Measurement): string[] {
  const notes = [
    truth.kind === "reference"
      ? `g: the mean of ${truth.replicates.toLocaleString("en-US")} unbiased estimates, with an error of ${significant(100 * truth.relativeError, 2)} % of ‖g‖, which the intervals include.`
      : `g: the exact gradient, ${truth.kind === "enumeration" ? "by enumeration" : "in closed form"}.`,
    "± is half of a 95 % confidence interval, () all of it; < its upper end, where the bias is consistent with 0 (p > 0.01). Variance × ms is that of the estimate at its best scale (1 for unbiased ones) as a share of ‖g‖²: milliseconds of steps to average until noise is as large as signal.",
  ];
  if (rows.some((row) => !row.sameUnits))
    notes.push(
      "† trains units of another kind: what it estimates is the gradient of another network, here against that of this one's units.",
    );
  const warm = rows.find((row) => row.warmup > 0);
  if (warm) notes.push(`‡ keeps averages or learns: given ${warm.warmup} steps before, the network held.`);
  if (rows.some((row) => isUnbiased(row) && row.biasP <= SIGNIFICANCE))
    notes.push("! unbiased by its card, but p ≤ 0.01 here: one in a hundred is by chance.");
  if (rows.some(({ seconds }) => seconds.low < seconds.value / 2))
    notes.push(
      "The machine was busy while steps were timed: times vary more than twofold, and so do the columns made of them.",
    );
  const reasons = new Map<string, string[]>();
  for (const { label, reason } of skipped) reasons.set(reason, [...(reasons.get(reason) ?? []), label]);
  for (const [reason, labels] of reasons) notes.push(`not measured: ${labels.join(", ")}: ${reason}.`);
  return notes;
}

/** What --choose found. */
export function choiceText({ budget, chosen, tied, ranked }: Choice): string[] {
  const show = ({ estimator, averaged, error }: Choice["ranked"][number]): string =>
    `  ${estimator}, ${averaged === 1 ? "one estimate" : `mean of ${averaged} estimates`}: expected squared error ${significant(error.value)} ‖g‖² (${significant(error.low)} to ${significant(error.high)})`;
  const size = {
    seconds: `${1000 * budget.value} ms`,
    "forward passes": `${budget.value} forward passes`,
    "times the cheapest step": `the time of ${budget.value} of the cheapest steps`,
  }[budget.unit];
  if (chosen !== undefined) return [`For ${size}: ${chosen}`, ...ranked.slice(0, 3).map(show)];
  return [
    `For ${size}: no choice, the intervals of ${tied.join(", ")} overlap`,
    ...ranked.filter(({ estimator }) => tied.includes(estimator)).map(show),
    "  more --replicates or --seconds narrow them; estimators that are as good as each other stay tied",
  ];
}
