import type { Account } from "../cost/account.ts";
import { type Cost, countsSkipped, skips } from "../cost/after-training.ts";
import type { Match } from "../cost/match.ts";
import type { Phase, Time } from "../cost/timings.ts";
import { gainInWords } from "../cost/verdict.ts";
import { count, percent, widthOf, wrap } from "../describe/format.ts";
import { alignColumns, shownTable } from "../describe/table.ts";
import { BUSY, busyLine } from "../measure/load.ts";
import { type Skipping, savesNothing, shareNotes, shareTitle } from "./skipped-text.ts";

const phases: Readonly<Record<Phase, string>> = { training: "training step", inference: "inference" };

/** Multiply-adds of an example, done against dense, as aligned lines. */
function accountText(accounts: Record<Phase, Account>, model: Skipping, { bold, columns }: Setting): string {
  const { training, inference } = accounts;
  const row = (phase: Phase, { done, dense, open }: Account): string[] => [
    phases[phase],
    count(done),
    count(dense),
    (dense / done).toFixed(2),
    open.length === 0 ? "all computed" : [...new Set(open.map((share) => percent(100 * share)))].join(", "),
  ];
  const table = [
    ["multiply-adds of an example", "done", "dense", "times fewer", shareTitle(model)],
    row("training", training),
    row("inference", inference),
  ];
  const saves = training.open.length > 0 || inference.open.length === 0;
  const notes = [...(countsSkipped(accounts) ? shareNotes(model) : []), ...(saves ? [] : [savesNothing(model)])];
  const shown = shownTable(table, { columns, bold, right: [1, 2, 3, 4], optional: [2], wrapped: 4 });
  return [shown, ...notes.map((note) => wrap(note, columns))].join("\n");
}

/** How text is set. */
interface Setting {
  bold(text: string): string;
  /** The room in characters. */
  readonly columns: number;
}

/** Milliseconds with three digits: 0.123, 1.23, 123. */
const ms = (seconds: number): string => {
  const value = 1000 * seconds;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
};
const both = ({ p50, p95 }: Time): string => `${ms(p50)} / ${ms(p95)}`;

/** Multiply-adds and latency as text, and what they amount to. */
export function costText({ accounts, timings, match }: Cost, model: Skipping, setting: Setting): string {
  const { columns, bold } = setting;
  const small = timings.some((timing) => timing.small);
  const compared = timings.some((timing) => timing.dense);
  const names = compared ? [skips(model) ? "gated" : "network", "dense"] : ["network"];
  const head = ["milliseconds, p50 / p95", "batch", ...names, ...(small ? [smallName(match)] : [])];
  const rows = timings.map((timing) => [
    ...[phases[timing.phase], String(timing.batch), both(timing.gated)],
    ...(timing.dense ? [both(timing.dense)] : []),
    ...(timing.small ? [both(timing.small)] : []),
  ]);
  const verdicts = timings
    .filter(({ againstDense }) => againstDense)
    .map(({ phase, batch, againstDense, againstSmall }) => [
      `${phases[phase]}, batch ${batch}`,
      `against dense: ${gainInWords(againstDense!)}`,
      ...(againstSmall ? [`against ${smallName(match)}: ${gainInWords(againstSmall)}`] : []),
    ]);
  const busy = busyLine(timings.flatMap(({ others }) => others));
  return [
    accountText(accounts, model, setting),
    "",
    shownTable([head, ...rows], { columns, bold, right: [1, 2, 3, 4], optional: [3] }),
    ...(verdicts.length === 0 ? [] : ["", ...verdictLines(verdicts, columns)]),
    ...(match ? ["", ...matchLines(match).map((line) => wrap(line, columns))] : []),
    ...(busy === undefined ? [] : ["", wrap(`${busy}; one counts as disturbed from ${BUSY} cores on`, columns)]),
  ].join("\n");
}

/** As columns where there is room, else what each is compared with in a line of its own. */
function verdictLines(verdicts: readonly (readonly string[])[], columns: number): readonly string[] {
  const aligned = alignColumns(verdicts);
  if (aligned.every((line) => widthOf(line) <= columns)) return aligned;
  return verdicts.flatMap(([where, ...gains]) => [where!, ...gains.map((gain) => `  ${gain}`)]);
}

const smallName = (match: Match | undefined): string => `${match?.width ?? "?"} dense units`;

/** What the smaller dense net is, and how well it is known. */
function matchLines({ width, low, high, error, standardError, rate, tried }: Match): string[] {
  const target = `${percent(error)} ± ${standardError.toFixed(2)} validation error`;
  const widest = Math.max(...tried.map((run) => run.width));
  const found =
    width === undefined
      ? `no dense net of one hidden layer reached ${target}, up to ${count(widest)} units`
      : `a dense net of one hidden layer needs ${count(width)} units (${low === undefined ? "fewer" : count(low)} to ${high === undefined ? "more" : count(high)}) for ${target}`;
  const runs = tried.filter((run) => run.rate === rate).sort((a, b) => a.width - b.width);
  return [
    found,
    `trained alike at rate ${Number(rate.toPrecision(3))}: ${runs.map((run) => `${run.width} units ${percent(run.error)}`).join(", ")}`,
  ];
}
