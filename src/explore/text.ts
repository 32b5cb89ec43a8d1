import { wrap } from "../describe/format.ts";
import { alignColumns, fitColumns } from "../describe/table.ts";
import { numberText } from "../plots/numbers.ts";
import { cut } from "../rules.ts";
import type { Figure } from "../statistics/figure.ts";
import type { Baselines } from "./cross-validate.ts";
import { type Exploration, pairedText } from "./explore.ts";
import { type Finding, many } from "./findings.ts";
import type { Pair } from "./pairs.ts";
import type { ColumnProfile } from "./profile.ts";

/** How text is set. */
export interface Setting {
  readonly columns: number;
  bold(text: string): string;
}

/** Findings of one rule, pairs, and columns that are printed; the page and the JSON have all of them. */
const [EACH_RULE, BEST] = [3, 5];
/** Columns that are printed. */
const PRINTED = 40;
/** Characters of a value's name. */
const LONGEST = 20;

const count = (n: number): string => n.toLocaleString("en-US");
const percent = (share: number): string => `${numberText(100 * share, 3)} %`;

/** An exploration for a terminal: findings first, then columns, the target, and what goes together. */
export function explorationText(found: Exploration, setting: Setting): string {
  const { file, rows, columns, target } = found;
  const { bold } = setting;
  const parts = [
    [wrap(`${file}: ${many(rows, "row")}, ${many(columns.length, "column")}`, setting.columns)],
    findingLines(found.findings, setting),
    columnLines(columns, rows, setting),
    ...(target?.classes ? [[wrap(classesText(found), setting.columns)]] : []),
    ...(found.alone.length > 0 ? [aloneLines(found, bold)] : []),
    ...(found.pairs.length > 0 ? [pairLines(found, bold)] : []),
  ];
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}

/** How many findings there are. */
export const countText = (n: number): string => (n === 0 ? "No findings" : n === 1 ? "1 finding" : `${n} findings`);

/** All findings, each rule's first ones; how many there are more is said. */
function findingLines(findings: readonly Finding[], { columns, bold }: Setting): string[] {
  if (findings.length === 0) return [bold(countText(0))];
  const lines: string[] = [];
  for (const rule of new Set(findings.map((finding) => finding.rule))) {
    const all = findings.filter((finding) => finding.rule === rule);
    for (const { text } of all.slice(0, EACH_RULE)) lines.push(indented(`${rule}: ${text}`, columns));
    const more = all.slice(EACH_RULE).flatMap(({ column }) => column ?? []);
    if (more.length > 0) lines.push(indented(`${rule}: also ${count(more.length)} more: ${more.join(", ")}`, columns));
  }
  return [bold(countText(findings.length)), ...lines];
}

/** A sentence whose further lines are set in. */
const indented = (text: string, columns: number): string => `- ${wrap(text, columns - 2).replaceAll("\n", "\n  ")}`;

function columnLines(columns: readonly ColumnProfile[], rows: number, { columns: room, bold }: Setting): string[] {
  const cells = columns
    .slice(0, PRINTED)
    .map((column) => [
      ...[cut(column.name, 30), column.kind, column.missing > 0 ? percent(column.missing / rows) : ""],
      ...[count(column.distinct), valuesText(column)],
    ]);
  const head = ["column", "kind", "missing", "distinct", "values"];
  const { lines } = fitColumns([head, ...cells], { columns: room, right: [2, 3], wrapped: 4 });
  const more = columns.length - PRINTED;
  const rest = more > 0 ? [wrap(`${count(more)} further columns: --json and the page have all of them`, room)] : [];
  return [bold(lines[0]!), ...lines.slice(1), ...rest];
}

/** What a column's values are, in a line. */
export function valuesText({ kind, numbers, values = [] }: ColumnProfile): string {
  if (numbers) {
    const { min, max, mean, sd, quantiles } = numbers;
    if (min === max) return numberText(min);
    const range = `${numberText(min)} to ${numberText(max)}`;
    return kind === "id"
      ? range
      : `${range}, median ${numberText(quantiles["50"]!)}, mean ${numberText(mean)} ± ${numberText(sd, 3)}`;
  }
  if (kind === "id" || kind === "text" || kind === "date")
    return values.length > 0 ? `such as ${cut(values[0]!.value, LONGEST)}` : "";
  const shown = values.slice(0, 4).map(({ value, count: n }) => `${cut(value, LONGEST)} ${count(n)}`);
  return `${shown.join(", ")}${values.length > shown.length ? ", …" : ""}`;
}

function classesText({ target, rows }: Exploration): string {
  const { name, classes = [] } = target!;
  const sorted = [...classes].sort((a, b) => b.count - a.count).slice(0, 10);
  const shown = sorted.map((of) => `${cut(of.name, LONGEST)} ${percent(of.count / rows)}`);
  return `target ${name}, ${count(classes.length)} classes: ${shown.join(", ")}${classes.length > shown.length ? ", …" : ""}`;
}

/** What the error of a single column is, in words. */
export const aloneHead = ({ target }: Pick<Exploration, "target">): string =>
  target?.classes ? "error" : "variance left";

function aloneLines(found: Exploration, bold: (text: string) => string): string[] {
  const rows = found.alone.slice(0, BEST).map(({ column, error }) => [cut(column, 40), percent(error)]);
  const chance = [found.target?.classes ? "(the most frequent class)" : "(the mean)", percent(found.alone[0]!.chance)];
  const head = ["best single columns", aloneHead(found)];
  const [first, ...rest] = alignColumns([head, ...rows, chance], [1]);
  return [bold(first!), ...rest];
}

/** The pairs that go together most closely. */
export const closest = (pairs: readonly Pair[], most: number): Pair[] =>
  pairs
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, most);

function pairLines(found: Exploration, bold: (text: string) => string): string[] {
  const rows = closest(found.pairs, BEST).map(({ columns, measure, value, spearman }) => [
    columns.map((name) => cut(name, 20)).join(" and "),
    `${measure} ${numberText(value, 2)}`,
    spearman === undefined ? "" : `Spearman ${numberText(spearman, 2)}`,
  ]);
  if (rows.length === 0) return [];
  const of = pairedText(found);
  const [first, ...rest] = alignColumns([[`closest pairs${of && ` ${of}`}`, "", ""], ...rows]);
  return [bold(first!), ...rest];
}

/** The baselines for a terminal: the error of each with its interval. */
export function baselinesText(found: Baselines, { columns, bold }: Setting): string {
  const { results, unit, rows, of, folds } = found;
  const cells = results.map(({ name, error }) => [name, errorText(error.value, unit), intervalText(error, unit)]);
  const head = ["baseline", unit === "%" ? "error" : "RMSE", "95 % interval"];
  const { lines } = fitColumns([head, ...cells], { columns, right: [1, 2] });
  const sample = rows < of ? ` ${count(rows)} of ${count(of)} rows, drawn at random;` : ` ${count(rows)} rows;`;
  return [
    bold(lines[0]!),
    ...lines.slice(1),
    wrap(`mean over ${folds} folds;${sample} the interval is Student's over folds, which share rows.`, columns),
  ].join("\n");
}

/** An error with its unit. */
export const errorText = (value: number, unit: "%" | ""): string =>
  unit === "%" ? `${value.toFixed(1)} %` : numberText(value, 3);

const intervalText = ({ low, high }: Figure, unit: "%" | ""): string =>
  `${errorText(Math.max(0, low), unit)} to ${errorText(unit === "%" ? Math.min(100, high) : high, unit)}`;
