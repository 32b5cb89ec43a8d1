import type { Row } from "./rows.ts";

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

/** The rows of one workload as text: median, range, part of the ceiling, and how many times as fast as each peer. */
export function workloadTable(rows: readonly Row[]): string {
  const [first] = rows;
  if (!first) return "";
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.timesAsFast ?? {})))];
  const header = [
    first.workload,
    "threads",
    first.unit,
    "min – max",
    "of ceiling",
    ...peers.map((peer) => `× ${peer}`),
  ];
  const lines = rows.map((row) => [
    `  ${row.engine}`,
    `${row.threads}`,
    formatNumber(row.value),
    `${formatNumber(row.min)} – ${formatNumber(row.max)}`,
    row.ofCeiling === undefined ? "" : `${Math.round(100 * row.ofCeiling)}%`,
    ...peers.map((peer) => {
      const times = row.timesAsFast?.[peer];
      return times === undefined ? "" : formatNumber(times);
    }),
  ]);
  return align([header, ...lines]);
}
