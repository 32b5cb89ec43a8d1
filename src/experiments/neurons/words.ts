/** What the results say, in words and tables: every sentence follows from the figures by a rule. */
import { count, wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import type { Figure } from "../../statistics/figure.ts";
import { guessesOf, SOLVED } from "./problems.ts";
import { type CellResult, type NeuronsResults, type ProblemResult, REFERENCE, type TimesResult } from "./results.ts";
import { type VariantName, variants } from "./variants.ts";

export const titleOf = (variant: VariantName): string => variants[variant].title;

/** A share of the baseline's error, in per cent. */
export const shareText = (share: number): string => {
  const percent = 100 * share;
  return `${percent >= 9.95 ? percent.toFixed(0) : percent >= 0.095 ? percent.toFixed(1) : "<0.1"}%`;
};

const seedsText = (n: number): string => `${n} ${n === 1 ? "seed" : "seeds"}`;
const pText = (p: number): string => (p < 0.001 ? "< 0.001" : p.toFixed(p < 0.1 ? 3 : 2));
const times = (x: number): string => (Number.isFinite(x) ? x.toPrecision(2) : "∞");
const figureText = ({ value, low, high }: Figure): string =>
  !Number.isFinite(high) ? times(value) : `${times(value)} [${times(low)}, ${times(high)}]`;

/** Which variants solve a problem in every seed. */
export function solvedBy({ name, cells }: ProblemResult): string {
  const solving = cells.filter(({ solved }) => solved).map(({ variant }) => titleOf(variant));
  const all = solving.length === cells.length && cells.length > 1;
  const by = solving.length === 0 ? "no cell" : all ? `all ${cells.length} cells` : solving.join("; ");
  return `${name[0]!.toUpperCase()}${name.slice(1)} is solved by: ${by}.`;
}

/** The answer in a few sentences. */
export function inBrief({ plan, problems, times: found }: NeuronsResults): string[] {
  const modulated = found.find(({ variant }) => variant === "leaky-modulated") ?? found[0];
  return [
    ...leaksInWords(problems),
    ...problems.map(solvedBy),
    `Solved: an error of a tenth of the trivial baseline's or less, in each of ${seedsText(plan.seeds)}.`,
    ...(modulated ? [timesInWords(modulated)] : []),
  ];
}

const leaks = ["leaky-fixed", "leaky-learned", "leaky-modulated"] as const;

/** How many tasks a leaky unit solves by what sets its time constant; nothing where not all three took part. */
function leaksInWords(problems: readonly ProblemResult[]): string[] {
  const solved = leaks.map((variant) => {
    const own = problems.flatMap(({ cells }) => cells.filter((cell) => cell.variant === variant));
    return { took: own.length === problems.length, n: own.filter((cell) => cell.solved).length };
  });
  if (!solved.every(({ took }) => took)) return [];
  const [fixed, learned, modulated] = solved.map(({ n }) => n);
  return [
    `Of ${problems.length} ${problems.length === 1 ? "task" : "tasks"}, leaky units solve ${fixed} with a fixed time constant, ${learned} with one learned for each unit, and ${modulated} with one that the input sets.`,
  ];
}

/** How a trained variant's time constant depends on whether a value is to be remembered. */
export function timesInWords({ variant, marked, elsewhere, p, shorter }: TimesResult): string {
  const [at, other] = [marked, elsewhere].map((values) => stepsText(middle(values)));
  const tested =
    marked.length > 1
      ? ` (${figureText(shorter)} times as long, p ${p < 0.001 ? "" : "= "}${pText(p)}, ${seedsText(marked.length)})`
      : "";
  return `Trained to add, ${titleOf(variant)}: half of the time constants are above ${other} steps where there is nothing to remember, and above ${at} at a marked value${tested}.`;
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const stepsText = (tau: number): string => (tau >= 1e4 ? "10,000" : tau >= 100 ? count(tau) : tau.toPrecision(2));

/** A row for each variant: errors as shares of the baselines, bold or starred where solved. */
export function shareRows({ plan, problems }: NeuronsResults): string[][] {
  return [
    ["cell", ...problems.map(({ name }) => name)],
    ["trivial baseline", ...problems.map(({ baseline }) => Number(baseline.toPrecision(3)).toString())],
    ...plan.variants.map((variant, i) => [
      titleOf(variant),
      ...problems.map(({ cells }) => {
        const { share, solved } = cells[i]!;
        return `${shareText(share)}${solved ? " *" : ""}`;
      }),
    ]),
  ];
}

/** Whether its cells are compared with the reference. */
const isCompared = ({ cells }: Pick<ProblemResult, "cells">): boolean =>
  cells.some(({ against }) => against !== undefined);

/** All figures of a problem, a row for each variant. */
export function problemRows({ cells, problem }: ProblemResult): string[][] {
  const tested = isCompared({ cells });
  return [
    [
      "cell",
      "rate",
      "test errors",
      "of baseline",
      "solved",
      "after steps",
      `× ${titleOf(REFERENCE)}`,
      "p",
      "parameters",
      "s",
      "sequences/s",
    ].filter((name) => tested || (name !== "p" && !name.startsWith("×"))),
    ...cells.map((cell) => [
      titleOf(cell.variant),
      String(cell.rate),
      errorsText(cell),
      shareText(cell.share),
      `${cell.solvedSeeds}/${cell.errors.length}`,
      cell.solvedAt === undefined ? `not in ${count(problem.steps)}` : count(cell.solvedAt),
      ...(tested
        ? [cell.against ? figureText(cell.against.ratio) : "", cell.against ? pText(cell.against.p) : ""]
        : []),
      count(cell.parameters),
      cell.seconds.toFixed(0),
      count(cell.sequencesPerSecond),
    ]),
  ];
}

const errorsText = ({ errors, diverged }: CellResult): string =>
  `${errors.map((error) => error.toPrecision(2)).join(" ")}${diverged > 0 ? `, ${diverged} diverged` : ""}`;

/** Time constants of the trained variants. */
export const timesRows = ({ times: found }: NeuronsResults): string[][] => [
  ["cell", "τ at a marked step", "τ elsewhere", "times as long elsewhere", "p"],
  ...found.map(({ variant, marked, elsewhere, shorter, p }) => [
    titleOf(variant),
    stepsText(middle(marked)),
    stepsText(middle(elsewhere)),
    figureText(shorter),
    marked.length > 1 ? pText(p) : "",
  ]),
];

/** What the figures are that are shown: of the problems' own tables, the columns that compare cells only where those tables stand there. */
export function notes({ plan, problems }: NeuronsResults, { tables }: { readonly tables: boolean }): string[] {
  const { seeds, rates, clip } = plan;
  return [
    `Errors are those of the test set, for the validation with the lowest error; shares of the trivial baseline are geometric means over ${seedsText(seeds)}. * solved: ${100 * SOLVED}% or less in every seed.`,
    `Every cell of a task has as many units, Adam with ${rates.length === 1 ? `rate ${rates[0]}` : `a rate from ${rates.join(", ")} (the lowest validation error of a training with another seed)`}, gradients clipped to a norm of ${clip}, and as many steps.`,
    ...(tables && problems.some(isCompared)
      ? [
          `× ${titleOf(REFERENCE)}: how many times its error, seed by seed, with the 95% interval; p: a t-test of the paired logarithms, after Holm's correction over the cells of a task.`,
        ]
      : []),
    `Trivial baselines. ${guessesOf(plan.problems).join(" ")}`,
  ];
}

/** The results for a terminal. */
export function neuronsText(results: NeuronsResults, bold: (text: string) => string, columns: number): string {
  const table = (rows: string[][]): string =>
    shownTable(rows, { columns, bold, right: rows[0]!.map((_, i) => i).slice(1), optional: [], wrapped: 0 });
  return [
    ...inBrief(results).map((text) => wrap(text, columns)),
    table(shareRows(results)),
    ...(results.times.length > 0 ? [table(timesRows(results))] : []),
    ...notes(results, { tables: false }).map((text) => wrap(text, columns)),
  ].join("\n\n");
}

/** The same in Markdown, with every task's own table. */
export function neuronsMarkdown(results: NeuronsResults): string {
  const table = (rows: string[][]): string => markdownTable(rows, rows[0]!.map((_, i) => i).slice(1));
  return [
    ...inBrief(results),
    table(shareRows(results)),
    ...notes(results, { tables: true }),
    ...(results.times.length > 0 ? [table(timesRows(results))] : []),
    ...results.problems.flatMap((problem) => [
      `### ${problem.name}: ${problem.measures}, baseline ${Number(problem.baseline.toPrecision(3))}`,
      table(problemRows(problem)),
    ]),
  ].join("\n\n");
}

/** A line for each training that counts. */
export const neuronsCsv = ({ problems }: NeuronsResults): string =>
  [
    "task,cell,seed,rate,error,baseline,share,solved",
    ...problems.flatMap(({ name, baseline, cells }) =>
      cells.flatMap(({ variant, rate, errors }) =>
        errors.map((error, i) =>
          [name, variant, i + 1, rate, error, baseline, error / baseline, Number(error <= SOLVED * baseline)].join(","),
        ),
      ),
    ),
  ].join("\n");
