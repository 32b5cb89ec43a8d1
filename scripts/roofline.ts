// The tables of docs/explanation/roofline.md and scaling.md, and a picture, from a file in bench/results: node
// --conditions=@heaviside/source --import tsx scripts/roofline.ts [--write] prints or writes them; tests hold them to the file. A run
// of which other processes disturbed more than a quarter of the rounds is only written with --disturbed.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Bound, boundOf } from "../bench/subjects/roofline/bound.ts";
import { instructionsIn, type Timed, timeOf, WHOLE } from "../bench/subjects/roofline/table.ts";
import { formatNumber } from "../bench/table.ts";
import { markdownTable } from "../src/describe/table.ts";
import { counted } from "../src/rules.ts";
import { contests, type Measured } from "./conditional.ts";
import { boundBars, type Shown } from "./roofline-picture.ts";
import { committed, isDisturbed, limitsOn, nameOf, type Results, runs, saidOf } from "./roofline-run.ts";
import * as scaling from "./scaling.ts";
import { type Tables, withTables as tablesIn } from "./sections.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const PAGE = "docs/explanation/roofline.md";
export const PICTURE = "docs/pictures/roofline.svg";

/** Instructions that take less than this share of a step are one line. */
const LEAST_SHARE = 0.02;

/** What each size is there for, in the order of the page. */
const about: Readonly<Record<string, string>> = {
  "784-2000-2000-10:100": "dense layers of rectifiers, 100 examples",
  "784-3000-10:37": "one wide layer, 37 examples",
  "300-500-500-500-7:250": "narrow layers, 250 examples",
  "784-32-10:1": "a small network, one example",
  "s784-2000-10:100": "units that fire at random",
  conv: "convolutions with pooling, 32 images",
  lstm: "an LSTM of 128 units over 28 steps, 32 sequences",
  gated: "64 blocks behind gates, 6 open, 100 examples",
};

/** What a time and a limit may differ by from round to round where nothing else runs. */
const NOISE = 0.05;

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** An instruction with its bound by the best limits of the whole run; no bound where gates skip work, whose known work is the most. */
interface Judged extends Timed {
  readonly bound: Bound | undefined;
}

/** A step on some threads, as it usually runs and instruction by instruction. */
interface Step {
  readonly size: string;
  readonly threads: number;
  readonly whole: number;
  readonly instructions: readonly Judged[];
}

/** All steps; the limits of a number of threads are the same for all of them. */
function stepsIn(rows: readonly Measured[]): Step[] {
  return contests(rows).map((own): Step => {
    const { task, threads } = own[0]!;
    const limits = limitsOn(rows, threads);
    const judged = instructionsIn(own).map((row): Judged => {
      const { isAtMost, ...work } = row.instruction;
      return { ...row, bound: isAtMost ? undefined : boundOf(work, limits) };
    });
    return { size: String(task!.size), threads, whole: timeOf(own, WHOLE)!, instructions: judged };
  });
}

/** Those on the most threads. */
function onMost(rows: readonly Measured[]): Step[] {
  const steps = stepsIn(rows);
  const most = Math.max(...steps.map(({ threads }) => threads));
  return steps.filter(({ threads }) => threads === most);
}

const timeIn = (some: readonly Timed[]): number => sum(some.map(({ value }) => value));
const boundIn = (some: readonly Judged[]): number => sum(some.map(({ bound }) => bound?.microseconds ?? 0));
const lossOf = ({ value, bound }: Judged): number => (bound ? value - bound.microseconds : 0);

const bytesText = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${formatNumber(bytes / 2 ** 20)} MiB` : `${formatNumber(bytes / 2 ** 10)} KiB`;

/** A line a level, a column for each number of threads. */
function limits(rows: readonly Measured[]): string {
  const counts = [...new Set(rows.map(({ threads }) => threads))].sort((a, b) => a - b);
  const found = counts.map((threads) => limitsOn(rows, threads));
  const head = ["", "holds", ...counts.map((threads) => counted(threads, "thread"))];
  const lines = found[0]!.moved.map(({ level }, i) => {
    const holds = level.bytes === Number.POSITIVE_INFINITY ? "" : bytesText(level.bytes);
    const shared = level.sharedBy > 1 && holds !== "" ? `, for ${level.sharedBy} cores` : "";
    const rates = found.map(({ moved }) => `${formatNumber(1e6 / moved[i]!.microseconds)} GB/s`);
    return [level.name, holds + shared, ...rates];
  });
  const arithmetic = found.map((each) => `${formatNumber(1e6 / each.arithmetic)} GFLOP/s`);
  return [saidOf(rows), markdownTable([head, ["arithmetic in registers", "", ...arithmetic], ...lines])].join("\n\n");
}

/** A line a step: its time, the least that its instructions can take, and what of the time that is. */
function steps(rows: readonly Measured[]): string {
  const lines = onMost(rows).map(({ size, whole, instructions: all }) => {
    const known = all.filter(({ bound }) => bound);
    const lost = [...known].sort((a, b) => lossOf(b) - lossOf(a))[0]!;
    return [
      ...[`\`${size}\`: ${about[size] ?? ""}`, `${all.length}`, formatNumber(whole), formatNumber(timeIn(all))],
      ...[formatNumber(boundIn(known)), percent(boundIn(known) / timeIn(known))],
      `${nameOf(lost)}: ${formatNumber(Math.max(0, lossOf(lost)))}`,
    ];
  });
  const head = ["step", "instructions", "a call, µs", "one by one, µs", "bound, µs", "of the time", "largest loss, µs"];
  return markdownTable([head, ...lines]);
}

/** A line of an instruction, and the microseconds of its step. */
function lineOf({ instruction: x, value, bound }: Judged, all: number): string[] {
  const most = x.isAtMost ? "≤ " : "";
  return [
    ...[`${x.number} ${nameOf({ instruction: x })}`, formatNumber(value), percent(value / all)],
    x.multiplyAdds ? most + formatNumber(x.multiplyAdds / 1e6) : "",
    most + formatNumber(x.bytes / 1e6),
    ...(bound ? [formatNumber(bound.microseconds), bound.by, percent(bound.microseconds / value)] : ["", "", ""]),
  ];
}

/** For each step a table of the instructions that take most of it. */
function instructions(rows: readonly Measured[]): string {
  const tables = onMost(rows).map(({ size, threads, instructions: timed }) => {
    const all = timeIn(timed);
    const large = timed.filter(({ value }) => value >= LEAST_SHARE * all);
    const small = timed.filter((row) => !large.includes(row));
    const rest = timeIn(small);
    const head = ["instruction", "µs", "share", "10⁶ multiply-adds", "MB", "bound, µs", "by", "bound / µs"];
    const others = [counted(small.length, "other"), formatNumber(rest), percent(rest / all), "", "", "", "", ""];
    const lines = [...large.map((row) => lineOf(row, all)), ...(small.length > 0 ? [others] : [])];
    const what = about[size] ?? size;
    return `### \`${size}\`\n\nA step of ${what}, on ${counted(threads, "thread")}.\n\n${markdownTable([head, ...lines])}`;
  });
  return tables.join("\n\n");
}

/** How many instructions took less time than their bound, and by how much the most. */
function exceeded(rows: readonly Measured[]): string {
  const all = stepsIn(rows).flatMap(({ instructions }) => instructions.filter(({ bound }) => bound));
  const faster = all.filter((row) => lossOf(row) < 0);
  if (faster.length === 0) return `None of the ${all.length} instructions took less time than its bound.`;
  const most = Math.max(...faster.map(({ value, bound }) => bound!.microseconds / value - 1));
  return [
    `${faster.length} of the ${all.length} instructions took less time than their bound: one is ${percent(most)} faster than its bound,`,
    most <= NOISE
      ? "the others by less. That is noise: limits and instructions are measured in turns, and each round has a little of it."
      : "the others by less. That is more than noise: some limit here is lower than what the machine can do.",
  ].join("\n");
}

const sections: Tables<keyof Results, Measured> = {
  limits: ["roofline", limits],
  steps: ["roofline", steps],
  exceeded: ["roofline", exceeded],
  instructions: ["roofline", instructions],
};

/** The page with every table as the file has it. Throws where a table has no place. */
export const withTables = (page: string, results: Results): string => tablesIn(PAGE, page, sections, results, runs);

/** The first step's instructions as bars; undefined before there are results. */
export async function picture({ roofline }: Results): Promise<string | undefined> {
  const [first] = roofline.length > 0 ? onMost(roofline) : [];
  if (!first) return undefined;
  const all = timeIn(first.instructions);
  const large = first.instructions.filter(({ value, bound }) => bound && value >= LEAST_SHARE * all);
  const shown = large.map((row): Shown => ({ name: nameOf(row), time: row.value, bound: row.bound! }));
  const [time, bound] = [timeIn(large), boundIn(large)];
  const title = `${counted(shown.length, "instruction")} take ${percent(time / all)} of a step of ${first.size}, and run at ${percent(bound / time)} of their limit`;
  return `${await boundBars(shown, title)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = committed();
  const pages = [
    [PAGE, withTables],
    [scaling.PAGE, scaling.withTables],
  ] as const;
  const made = pages.map(([page, make]) => [page, make(readFileSync(root + page, "utf8"), results)] as const);
  if (!process.argv.includes("--write")) {
    for (const [, text] of made) console.log(text);
  } else if (isDisturbed(results.roofline) && !process.argv.includes("--disturbed")) {
    console.error(
      `${runs.roofline[0]}: other processes disturbed more than a quarter of the rounds; the pages take quiet runs`,
    );
    process.exitCode = 1;
  } else {
    for (const [page, text] of made) writeFileSync(root + page, text);
    const svg = await picture(results);
    if (svg !== undefined) writeFileSync(root + PICTURE, svg);
  }
}
