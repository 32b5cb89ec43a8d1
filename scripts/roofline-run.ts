// What the pages on the machine's limits and on scaling have in common: the run that both are made of.
import type { Ceilings } from "../bench/subjects/roofline/bound.ts";
import { ceilingsIn } from "../bench/subjects/roofline/limits.ts";
import type { Timed } from "../bench/subjects/roofline/table.ts";
import { caption, disturbance, type Measured, rowsIn } from "./conditional.ts";

/** What the command of the run left. */
export interface Results {
  readonly roofline: readonly Measured[];
}

export const runs = { roofline: ["bench/results/roofline.json", "roofline"] } as const;

export const committed = (): Results => ({ roofline: rowsIn(runs.roofline[0]) });

/** The best limits of all contests on as many threads: they don't depend on the step. */
export function limitsOn(rows: readonly Measured[], threads: number): Ceilings {
  return ceilingsIn(bestRows(rows.filter((row) => row.threads === threads)));
}

/** Of rows that have the same name but for the size the one with the least time. */
function bestRows(rows: readonly Measured[]): Measured[] {
  const best = new Map<string, Measured>();
  for (const row of rows.filter(({ instruction }) => !instruction)) {
    const name = row.workload.slice(row.workload.indexOf(", "));
    if (!best.has(name) || row.min < best.get(name)!.min) best.set(name, row);
  }
  return [...best.values()];
}

/** An instruction in a table: kind and sizes. */
export const nameOf = ({ instruction: { text } }: Pick<Timed, "instruction">): string =>
  text.replace(/ (over|by) .*/, "").replace(/ for each.*/, "");

/** The command, the machine and the rounds, and how many of them others disturbed where those were too many to compare times. */
export function saidOf(rows: readonly Measured[]): string {
  const { disturbed, rounds } = disturbance(rows);
  const busy = `The machine was busy: other processes disturbed ${disturbed} of ${rounds} rounds, so that times are too long and their ratios say little.`;
  return [caption(rows), ...(isDisturbed(rows) ? [busy] : [])].join(" ");
}

/** Whether other processes disturbed more than a quarter of the rounds. */
export function isDisturbed(rows: readonly Measured[]): boolean {
  const { disturbed, rounds } = disturbance(rows);
  return disturbed > rounds / 4;
}
