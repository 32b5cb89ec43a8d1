import { wrap } from "../../describe/format.ts";
import { metricText } from "../../describe/metrics.ts";
import { alignColumns, markdownTable } from "../../describe/table.ts";
import { titleOf, titleWithUnit } from "../../models/head.ts";
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
  const better = usual && usual.gain.low > 0;
  const points = metric.unit === "%" ? "percentage points" : "";
  const gain = ({ value, low, high }: Figure): string =>
    `${numberText(value, 3)}${points && ` ${points}`} (${numberText(low, 3)} to ${numberText(high, 3)})`;
  return [
    `The mean test ${title} over ${folds.length} folds is ${of(mean.value)} (95 % interval ${bounds(mean)}).`,
    ...(pooled
      ? [`Over all ${examples} examples, each tested on once, it is ${of(pooled.value)} (${bounds(pooled)}${metric.unit === "" ? " for normal errors" : ""}).`] // biome-ignore format: one line
      : []),
    ...(usual
      ? [
          `Always answering ${usual.answer} has ${of(usual.mean)}: ${
            better
              ? `the network is better by ${gain(usual.gain)}.`
              : `the difference, ${gain(usual.gain)}, may be 0. These ${examples} examples don't tell the network from that answer.`
          }`,
        ]
      : []),
  ];
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
