import type { Ratio, Row } from "./rows.ts";

/** Three significant digits, never in exponents. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toString();
  return value === 0 ? "0" : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

/** Columns as wide as their widest cell; the first one flush left, the others right. Empty columns are left out. */
export function align(lines: readonly (readonly string[])[]): string {
  const columns = Math.max(...lines.map((line) => line.length));
  const kept = Array.from({ length: columns }, (_, c) => c).filter((c) => lines.slice(1).some((line) => line[c]));
  const widths = kept.map((c) => Math.max(...lines.map((line) => line[c]?.length ?? 0)));
  return lines
    .map((line) =>
      kept
        .map((c, i) => (i === 0 ? (line[c] ?? "").padEnd(widths[i]!) : (line[c] ?? "").padStart(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The rows of one workload as text: median, range, part of the ceiling. */
export function workloadTable(rows: readonly Row[]): string {
  const [first] = rows;
  if (!first) return "";
  const header = [first.workload, "threads", first.unit, "min – max", "of ceiling"];
  const lines = rows.map((row) => [
    `  ${row.engine}`,
    `${row.threads}`,
    formatNumber(row.value),
    `${formatNumber(row.min)} – ${formatNumber(row.max)}`,
    row.ofCeiling === undefined ? "" : `${Math.round(100 * row.ofCeiling)}%`,
  ]);
  return align([header, ...lines]);
}

/** "1.31× (1.27–1.36)": the median and the range of the ratios within each round. */
export function formatRatio({ min, median, max }: Ratio): string {
  return `${formatNumber(median)}× (${formatNumber(min)}–${formatNumber(max)})`;
}

/** A sentence for each of our backends, on the most threads it ran on, and each peer. */
export function ratioLines(rows: readonly Row[]): string[] {
  return mostThreads(rows).flatMap((row) =>
    (row.timesAsFast ?? []).map(
      (ratio) => `${row.engine} ${row.threads}T is ${formatRatio(ratio)} ${ratio.engine} ${ratio.threads}T`,
    ),
  );
}

/** Of each engine the row with the most threads. */
export function mostThreads(rows: readonly Row[]): Row[] {
  return rows.filter((row) => !rows.some((other) => other.engine === row.engine && other.threads > row.threads));
}
