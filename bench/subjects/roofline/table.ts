import type { InstructionRow, Row } from "../../rows.ts";
import { align, formatNumber } from "../../table.ts";
import { ceilingsIn } from "./limits.ts";

/** What the rows are called that are no instruction and no limit: a whole step, and a wait of all threads for each other. */
export const WHOLE = "a call";
export const BARRIER = "barrier";

/** An instruction's row. */
export interface Timed extends Row {
  instruction: InstructionRow;
}

/** The instructions of one contest, in their order. */
export const instructionsIn = (rows: readonly Row[]): Timed[] =>
  rows
    .flatMap((row) => (row.instruction ? [{ ...row, instruction: row.instruction }] : []))
    .sort((a, b) => a.instruction.number - b.instruction.number);

/** Microseconds of a row that is neither; undefined where it wasn't measured. */
export const timeOf = (rows: readonly Row[], part: typeof WHOLE | typeof BARRIER): number | undefined =>
  rows.find(({ workload }) => workload.endsWith(`, ${part}`))?.value;

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** A line an instruction: its time, its bound and what bounds it; then the call as a whole, and the limits. */
export function rooflineTable(title: string, rows: readonly Row[]): string {
  const timed = instructionsIn(rows);
  const line = (name: string, time: number, bound: number | undefined, by: string, multiplyAdds?: number): string[] => [
    ...[`  ${name}`, formatNumber(time)],
    ...(bound === undefined ? ["", "", ""] : [formatNumber(bound), `${Math.round((100 * bound) / time)}%`, by]),
    bound === undefined ? "" : formatNumber(time - bound),
    multiplyAdds ? formatNumber((2e-3 * multiplyAdds) / time) : "",
  ];
  // Where gates skip work, what is known is the most that there may be, and no bound.
  const bound = sum(timed.map(({ instruction: x }) => (x.isAtMost ? 0 : x.bound)));
  const { arithmetic, moved } = ceilingsIn(rows);
  const rates = moved.map(({ level, microseconds }) => `${formatNumber(1e6 / microseconds)} GB/s in the ${level.name}`);
  const barrier = timeOf(rows, BARRIER);
  return align([
    [title, "µs", "bound, µs", "of it", "by", "lost, µs", "GFLOP/s"],
    ...timed.map(({ workload, value, instruction: x }) =>
      line(
        workload.slice(workload.indexOf(", ") + 2),
        value,
        x.isAtMost ? undefined : x.bound,
        x.by,
        x.isAtMost ? 0 : x.multiplyAdds,
      ),
    ),
    line("all of them, one by one", sum(timed.map(({ value }) => value)), bound, ""),
    line(WHOLE, timeOf(rows, WHOLE)!, bound, ""),
    [`  limits: ${formatNumber(1e6 / arithmetic)} GFLOP/s; ${rates.join(", ")}`],
    ...(barrier === undefined ? [] : [[`  a barrier: ${formatNumber(barrier)} µs`]]),
  ]);
}
