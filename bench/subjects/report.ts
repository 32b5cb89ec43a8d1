import { BUSY } from "../../src/measure/load.ts";
import type { Ratio, Row } from "../rows.ts";
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

/** How many times as fast as another lane, from the ratios within each round. */
const ratioTo = (contest: Contest, own: Taken, part: string, other: Taken | undefined) => {
  const theirs = other?.values.get(part);
  return theirs && timesAsFast(own.values.get(part)!, theirs, contest.better);
};

/** The ratios to the base and to the contest's rivals, for the results file. */
function ratiosOf(contest: Contest, own: Taken, part: string, taken: readonly Taken[]): Ratio[] {
  const others = [baseOf(contest, own, taken), ...(contest.rivals?.(own, taken) ?? [])];
  return others.flatMap((other) => {
    const ratio = ratioTo(contest, own, part, other);
    if (!other || !ratio) return [];
    const { engine, threads, setting } = other.lane;
    const { min, median, max } = ratio;
    return [
      {
        engine: [engine, setting].filter(Boolean).join(", "),
        threads,
        ...{ min: rounded(min), median: rounded(median), max: rounded(max) },
      },
    ];
  });
}

/** A row for each lane and each thing that it measured, in the bench's format. */
export function rowsOfTurns(contest: Contest, { taken, others }: Turns): Row[] {
  const load = others.length > 0 && {
    others: others.map((cores) => Math.round(cores * 1000) / 1000),
    disturbed: others.filter((cores) => cores > BUSY).length,
  };
  return taken.flatMap((own) =>
    [...own.values].map(([part, values]): Row => {
      const { engine, threads, note, setting, flop } = own.lane;
      const { min, median, max } = spread(values);
      const ratios = ratiosOf(contest, own, part, taken);
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
        ...(flop !== undefined && { gflops: rounded((1e-6 * flop) / median) }),
        ...(ratios.length > 0 && { timesAsFast: ratios }),
        ...(contest.task && { task: { ...contest.task, ...(setting !== undefined && { form: setting }) } }),
        note,
      };
    }),
  );
}

/** Two digits behind the point, or three in all of what is larger. */
const formatRatio = (ratio: number): string => (ratio < 10 ? ratio.toFixed(2) : formatNumber(ratio));

/** A line a lane and a column a part: the median with its range, and how many times as fast as the base it is. */
export function turnsTable(contest: Contest, { taken }: Turns): string {
  const parts = [...new Set(taken.flatMap(({ values }) => [...values.keys()]))];
  const unit = contest.unit;
  const header = [contest.workload, "threads", ...parts.map((part) => (part === "" ? unit : `${part}, ${unit}`))];
  if (contest.base !== undefined) header.push(`× ${contest.base}`);
  const lines = taken.map((own) => {
    const { engine, threads, setting } = own.lane;
    const cells = parts.map((part) => {
      const values = own.values.get(part);
      if (!values) return "";
      const { min, median, max } = spread(values);
      return `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;
    });
    const base = baseOf(contest, own, taken);
    const ratio = parts.map((part) => ratioTo(contest, own, part, base)).find(Boolean);
    const shares = ratio ? [`${formatRatio(ratio.median)}×`] : [];
    return [`  ${[engine, setting].filter(Boolean).join(", ")}`, `${threads}`, ...cells, ...shares];
  });
  return align([header, ...lines]);
}
