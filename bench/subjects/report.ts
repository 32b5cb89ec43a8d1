import { BUSY } from "../../src/measure/load.ts";
import type { Row } from "../rows.ts";
import { spread, timesAsFast } from "../statistics.ts";
import { align, formatNumber } from "../table.ts";
import type { Contest } from "./subject.ts";
import type { Taken, Turns } from "./turns.ts";

const rounded = (value: number): number => Number(value.toPrecision(5));

/** The lane that this one is compared with. */
const baseOf = ({ base }: Contest, { lane }: Taken, taken: readonly Taken[]): Taken | undefined =>
  base === undefined || lane.setting === base
    ? undefined
    : taken.find(
        (other) =>
          other.lane.setting === base && other.lane.engine === lane.engine && other.lane.threads === lane.threads,
      );

/** How many times as fast as the base, from the ratios within each round. */
function ratioToBase(contest: Contest, own: Taken, part: string, taken: readonly Taken[]) {
  const base = baseOf(contest, own, taken)?.values.get(part);
  return base && timesAsFast(own.values.get(part)!, base, contest.better);
}

/** A row for each lane and each thing that it measured, in the bench's format. */
export function rowsOfTurns(contest: Contest, { taken, others }: Turns): Row[] {
  const load = others.length > 0 && {
    others: others.map((cores) => Math.round(cores * 1000) / 1000),
    disturbed: others.filter((cores) => cores > BUSY).length,
  };
  return taken.flatMap((own) =>
    [...own.values].map(([part, values]): Row => {
      const { engine, threads, note, setting } = own.lane;
      const { min, median, max } = spread(values);
      const ratio = ratioToBase(contest, own, part, taken);
      return {
        workload: [contest.workload, setting, part].filter(Boolean).join(", "),
        engine,
        threads,
        value: rounded(median),
        unit: contest.unit,
        min: rounded(min),
        max: rounded(max),
        values: values.map(rounded),
        ...load,
        ...(ratio && {
          timesAsFast: [
            {
              engine: `${engine}, ${contest.base}`,
              threads,
              min: rounded(ratio.min),
              median: rounded(ratio.median),
              max: rounded(ratio.max),
            },
          ],
        }),
        note,
      };
    }),
  );
}

/** A line a lane and a column a part: the median with its range, and how it compares with the base. */
export function turnsTable(contest: Contest, { taken }: Turns): string {
  const parts = [...new Set(taken.flatMap(({ values }) => [...values.keys()]))];
  const unit = contest.unit;
  const header = [contest.workload, "threads", ...parts.map((part) => (part === "" ? unit : `${part}, ${unit}`))];
  if (contest.base !== undefined) header.push(`of ${contest.base}`);
  const lines = taken.map((own) => {
    const { engine, threads, setting } = own.lane;
    const cells = parts.map((part) => {
      const values = own.values.get(part);
      if (!values) return "";
      const { min, median, max } = spread(values);
      return `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;
    });
    const ratio = parts.map((part) => ratioToBase(contest, own, part, taken)).find(Boolean);
    const shares = ratio ? [`${Math.round(100 * ratio.median)}%`] : [];
    return [`  ${[engine, setting].filter(Boolean).join(", ")}`, `${threads}`, ...cells, ...shares];
  });
  return align([header, ...lines]);
}
