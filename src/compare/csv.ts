import type { Compared } from "./comparison.ts";
import type { Figures, RunRecord } from "./record.ts";

/** A cell, in quotes where it needs them (RFC 4180). */
const quoted = (value: string | number | undefined): string => {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A row for each run; numbers have all their digits. */
export function comparisonCsv({ metrics, split, readout, groups }: Compared): string {
  const options = Object.keys(groups[0]!.differs);
  const isSampled = groups.some(({ sampled }) => sampled);
  const scores: readonly (readonly [prefix: string, of: (run: RunRecord) => Figures])[] = [
    ...(split === "test" ? [["test", (run: RunRecord) => run.test![readout]] as const] : []),
    ...(isSampled ? [["test_sampled", (run: RunRecord) => run.test!.stochastic] as const] : []),
    ["valid", (run) => run.valid],
  ];
  const head = [
    ...["group", ...options, "seed", "run", "epochs", "selected_epoch"],
    ...scores.flatMap(([prefix]) => metrics.map(({ name }) => `${prefix}_${name}`)),
  ];
  const rows = groups.flatMap(({ name, differs, runs }) =>
    runs.map((run) => [
      ...[name, ...options.map((option) => differs[option]), run.seed, run.name, run.epochs, run.epoch],
      ...scores.flatMap(([, of]) => metrics.map((metric) => of(run)[metric.name])),
    ]),
  );
  return [head, ...rows].map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}
