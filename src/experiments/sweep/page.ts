import { shellWord } from "../../describe/shell.ts";
import { markdownTable, markdownText } from "../../describe/table.ts";
import { escapeXml } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import { counted } from "../../rules.ts";
import { bestSoFar, byOption } from "./pictures.ts";
import { commandOf, errorOf, findings, type Ranking, tableOf } from "./ranking.ts";

/** Rows of the table of the best trials in the page and in Markdown. */
const MOST_SHOWN = 100;
/** Rows of failed trials. */
const MOST_FAILED = 1000;

/** The page of a ranking. @param made how it was made, as names and values */
export async function pageOf(ranking: Ranking, made: readonly (readonly [string, string])[]): Promise<string> {
  const { plan, ranked, points, failed } = ranking;
  const pictures = ranked.length > 1 ? [await bestSoFar(ranking), ...(await byOption(ranking))] : [];
  const shown = points.length > MOST_SHOWN ? `Ranking: the best ${MOST_SHOWN}` : "Ranking";
  const sections = [
    {
      title: "What was found",
      html: findings(ranking)
        .map((sentence) => `<p>${escapeXml(sentence)}</p>`)
        .join(""),
    },
    { title: "Values by option", html: pictures.map((svg) => figure(svg, "")).join("") },
    { title: shown, html: points.length > 0 ? htmlTable(tableOf(ranking, MOST_SHOWN)) : "" },
    {
      title: failed.length > MOST_FAILED ? `Failed: the first ${MOST_FAILED}` : "Failed",
      html:
        failed.length === 0
          ? ""
          : htmlTable([
              ["trial", "options", "error"],
              ...failed.slice(0, MOST_FAILED).map((record) => [String(record.trial), record.name, errorOf(record)]),
            ]),
    },
  ];
  return page({
    ...{ title: plan.question, question: "", caveats: [], made },
    sections: sections.filter(({ html }) => html !== ""),
  });
}

/** The same as Markdown. */
export const markdownOf = (ranking: Ranking): string =>
  [
    `# ${markdownText(ranking.plan.question)}`,
    ...findings(ranking).map(markdownText),
    markdownTable(tableOf(ranking, MOST_SHOWN).map((cells) => cells.map(markdownText))),
  ].join("\n\n");

/** What to do with a ranking: paragraphs. */
export function nextOf({ plan, folder, points: [best], failed }: Ranking): string[] {
  const trained = plan.work.kind === "train";
  const [first] = failed;
  return [
    ...(trained && best
      ? [
          `The best ${plan.seeds.length > 1 ? "point again, with its first seed and" : "trial again, with"} a run folder of its own:`,
          `  ${commandOf(plan, { point: best.point, seed: best.trials[0]!.seed })}`,
        ]
      : []),
    ...(trained && first
      ? [
          `Trial ${first.trial}, which failed, again:`,
          `  ${commandOf(plan, first)}${/\bNaN\b|[Ii]nfinit/.test(first.error) ? " --debug-nan" : ""}`,
        ]
      : []),
    ...(folder !== undefined && first ? [retrySaid(failed.length), `  ${retryCommand(folder)}`] : []),
  ];
}

const retrySaid = (n: number): string =>
  `The sweep doesn't try ${n === 1 ? "a failed trial" : "failed trials"} again by itself. To let it, forget ${n === 1 ? "it" : "them"}, and give the sweep's command again:`;

const retryCommand = (folder: string): string => `npx heaviside sweep retry ${shellWord(folder)}`;

/** A sentence about trials that failed before, and how they are tried again. */
export const failedBefore = (n: number, folder: string): string =>
  `${counted(n, "trial")} failed and ${n === 1 ? "isn't" : "aren't"} tried again by itself: ${retryCommand(folder)} lets the sweep do it`;
