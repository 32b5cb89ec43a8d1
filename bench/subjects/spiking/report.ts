/** What a contest of the spiking layer amounts to: a table, and whether the figures asked for are reached. */
import type { Row } from "../../rows.ts";
import { align, formatNumber, formatRatio } from "../../table.ts";
import { ratioOf } from "../conditional/report.ts";

/** The layer whose ratio to its own dense product is asked for, natively on two threads. */
const ASKED = { units: 1024, activity: 0.02, atLeast: 8 } as const;

export const stepsPerSecond = ({ value, task }: Row): number => (1000 * Number(task!.length)) / value;

/** A line on the layer that is asked for: the figure, and whether it is reached. */
export function verdicts(rows: readonly Row[]): string[] {
  const [{ task }] = rows as [Row];
  if (task!.units !== ASKED.units || task!.activity !== ASKED.activity) return [];
  const row = rows.find(
    (each) => each.engine === "heaviside native" && each.threads === 2 && each.task!.form === "skip",
  );
  const ratio = row && ratioOf(row, "dense");
  const wanted = `heaviside native 2T, skip: at least ${ASKED.atLeast}× its own dense product is asked`;
  if (!ratio) return [`${wanted}, not measured`];
  return [`${wanted}, ${formatRatio(ratio)} measured: ${ratio.median >= ASKED.atLeast ? "reached" : "missed"}`];
}

/** A line for each row: time, steps a second, how many times as fast as the dense product and as PyTorch's best form. */
export function spikingReport(rows: readonly Row[]): string {
  const [first] = rows as [Row];
  const workload = first.workload.replace(/, [^,]*$/, "");
  const header = [workload, "threads", "ms (min–max)", "steps/s", "× own dense", "× best PyTorch"];
  const lines = rows.map((row) => {
    const [own, best] = [ratioOf(row, "dense"), ratioOf(row, "PyTorch")];
    return [
      `  ${row.engine}, ${row.task!.form}`,
      `${row.threads}`,
      `${formatNumber(row.value)} (${formatNumber(row.min)}–${formatNumber(row.max)})`,
      formatNumber(stepsPerSecond(row)),
      own ? formatRatio(own) : "",
      best ? formatRatio(best) : "",
    ];
  });
  return [align([header, ...lines]), ...verdicts(rows).map((line) => `  ${line}`)].join("\n");
}
