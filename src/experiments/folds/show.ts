import { wrap } from "../../describe/format.ts";
import { metricText } from "../../describe/metrics.ts";
import { alignColumns, markdownTable } from "../../describe/table.ts";
import { type Metric, titleOf, titleWithUnit } from "../../models/head.ts";
import { escapeXml, intervalChart, numberText } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import type { Figure } from "../../statistics/figure.ts";
import type { Style } from "../engine/screen.ts";
import type { FoldsResults } from "./results.ts";

/** A row for each fold, with the head first. */
function rowsOf({ metric, folds, usual }: FoldsResults): string[][] {
  const differs = folds.some(({ sampling, deterministic }) => sampling !== deterministic.value);
  const title = titleOf(metric);
  return [
    ["fold", "examples", `test ${title}`, ...(differs ? ["sampling"] : []), ...(usual ? ["without a network"] : [])],
    ...folds.map(({ fold, examples, deterministic, sampling, usual: of }) => [
      ...[String(fold), String(examples), metricText(metric, deterministic.value)],
      ...(differs ? [metricText(metric, sampling)] : []),
      ...(of ? [metricText(metric, of.usual)] : []),
    ]),
  ];
}

/** What was found, a sentence each. */
export function foldsSentences({ metric, folds, examples, mean, pooled, usual }: FoldsResults): string[] {
  const of = (value: number): string => `${numberText(value, 3)}${metric.unit === "" ? "" : ` ${metric.unit}`}`;
  const title = titleOf(metric);
  const bounds = ({ low, high }: Figure): string => `${of(low)} to ${of(high)}`;
  const over = Number.isFinite(mean.low)
    ? `95 % interval ${bounds(mean)}`
    : "equal in all, so that there is no interval";
  return [
    `The mean test ${title} over ${folds.length} folds is ${of(mean.value)} (${over}).`,
    ...(pooled
      ? [`Over all ${examples} examples, each tested on once, it is ${of(pooled.value)} (${bounds(pooled)}${metric.unit === "" ? " for normal errors" : ""}).`] // biome-ignore format: one line
      : []),
    ...(usual
      ? [`Always answering ${usual.answer} has ${of(usual.mean)}: ${gainText(usual.gain, metric, examples)}`]
      : []),
  ];
}

/** How much better a network is than an answer that needs none. */
function gainText({ value, low, high }: Figure, { unit }: Metric, examples: number): string {
  const size = (of: number): string => `${numberText(of, 3)}${unit === "%" ? " percentage points" : ""}`;
  const ends = (a: number, b: number): string => `(${numberText(a, 3)} to ${numberText(b, 3)})`;
  if (!Number.isFinite(low)) return `the difference is ${size(value)} in every fold, so that there is no interval.`;
  if (low > 0) return `the network is better by ${size(value)} ${ends(low, high)}.`;
  if (high < 0) return `the network is worse by ${size(-value)} ${ends(-high, -low)}.`;
  return `the difference, ${size(value)} ${ends(low, high)}, may be 0. These ${examples} examples don't tell the network from that answer.`;
}

const CAVEAT =
  "Folds share examples to train on, so intervals over folds are somewhat too narrow. Within a fold's training, a part of the other folds chooses the epoch; the fold itself decides nothing.";

export function foldsText(results: FoldsResults, { bold }: Style, columns: number): string {
  const [head, ...rows] = alignColumns(rowsOf(results), [0, 1, 2, 3, 4]);
  const said = foldsSentences(results).map((sentence) => wrap(sentence, columns));
  return [[bold(head!), ...rows].join("\n"), ...said, wrap(CAVEAT, columns)].join("\n\n");
}

export const foldsMarkdown = (results: FoldsResults): string =>
  [...foldsSentences(results), markdownTable(rowsOf(results)), CAVEAT].join("\n\n");

export const foldsCsv = ({ metric, folds }: FoldsResults): string =>
  [
    ["fold", "examples", metric.name, "sampling", "without_a_network"],
    ...folds.map(({ fold, examples, deterministic, sampling, usual }) => [
      ...[fold, examples, deterministic.value, sampling, usual?.usual ?? ""],
    ]),
  ]
    .map((row) => row.join(","))
    .join("\n");

export async function foldsPage(results: FoldsResults, made: readonly (readonly [string, string])[]): Promise<string> {
  const { metric, folds, mean, usual } = results;
  const [finding, ...more] = foldsSentences(results);
  const chart = await intervalChart(
    [
      { name: "the network", ...mean, points: folds.map(({ deterministic }) => deterministic.value) },
      ...(usual
        ? [{ name: `always ${usual.answer}`, value: usual.mean, low: usual.mean, high: usual.mean, points: folds.map((fold) => fold.usual!.usual) }] // biome-ignore format: one line
        : []),
    ],
    { title: finding!, x: `test ${titleWithUnit(metric)}`, scale: "linear" },
  );
  const paragraphs = [finding!, ...more].map((text) => `<p>${escapeXml(text)}</p>`).join("\n");
  const caption = "Dots are means over folds, lines their 95 % intervals, circles the folds.";
  return page({
    ...{ title: `Cross-validation over ${folds.length} folds`, question: "", caveats: [CAVEAT] },
    sections: [
      { title: "What was found", html: `${paragraphs}\n${figure(chart, caption)}` },
      { title: "Folds", html: htmlTable(rowsOf(results)) },
    ],
    made,
  });
}
