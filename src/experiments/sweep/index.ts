import { availableParallelism } from "node:os";
import { join } from "node:path";
import { wrap } from "../../describe/format.ts";
import { markdownTable, shownTable } from "../../describe/table.ts";
import { csvOf } from "../../formats/csv.ts";
import { escapeXml } from "../../plots/index.ts";
import { figure, htmlTable, page } from "../../report/index.ts";
import { number } from "../engine/options.ts";
import type { Parallel } from "../engine/tasks.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { bestSoFar, byOption } from "./pictures.ts";
import { readSweep, type SweepPlan, trialsIn } from "./plan.ts";
import { Worker } from "./pool.ts";
import { columnsOf, commandOf, errorOf, findings, type Ranking, rankingOf, said, tableOf } from "./ranking.ts";
import { Schedule, scoreOf, type TrialRecord } from "./scheduling.ts";
import { searches } from "./search.ts";
import type { Machine } from "./trial.ts";

export { serveSweep } from "./serve.ts";

/** Rows of the table of the best trials in a terminal. */
const SHOWN = 10;
/** Rows of the same table in the page. */
const MOST_SHOWN = 100;

interface Settings {
  readonly plan: SweepPlan;
  readonly workers: number;
  readonly retries: number;
  /** Where each worker runs. */
  readonly machine: Machine;
}

/** The sweep of a user's file. Throws UserError, naming the file, for a mistake in it. */
export const sweepExperiment = async (path: string) => experimentOf(await readSweep(path));

/** The sweep of a plan. */
export function experimentOf(plan: SweepPlan) {
  const { name, question } = plan;
  return defineExperiment({
    ...{ name, question, title: question, duration: "as long as its trials", pictures: "pictures by option" },
    options: {
      workers: number("processes that run trials (default: one a processor)", {
        whole: true,
        atLeast: 1,
        atMost: 1024,
      }),
      retries: number(
        "how often a trial is begun again whose process ended",
        { whole: true, atLeast: 0, atMost: 100 },
        3,
      ),
    },
    threads: 1,
    folders: "one",
    settings: ({ workers, retries, backend, threads = 1 }): Settings => ({
      ...{ plan, retries, machine: { backend, threads } },
      workers: workers ?? Math.max(1, Math.floor(availableParallelism() / threads)),
    }),
    identity: () => ({ ...plan }),
    prepare: async () => undefined,
    heading: ({ settings: { plan, workers } }) => [
      `${trialsIn(plan).toLocaleString("en")} trials`,
      searches[plan.search].title,
      ...(plan.halving ? [`those that lead go on after epochs ${plan.halving.rungs.slice(0, -1).join(", ")}`] : []),
      `${workers} ${workers === 1 ? "worker" : "workers"}`,
    ],
    tasks: (study: SweepStudy): Parallel<TrialRecord> => ({
      length: trialsIn(plan),
      run: (keeping) => run(study, keeping),
    }),
    results: (records, { settings: { plan } }): Ranking => rankingOf(plan, records),
    partial: async ({ done, settings: { plan } }) => rankingOf(plan, [...done.values()]),
    json: (ranking) => ({ question, findings: findings(ranking), trials: ranking.trials }),
    text: (ranking, { bold }, columns) =>
      [
        ...findings(ranking).map((sentence) => wrap(sentence, columns)),
        shownTable(tableOf(ranking, SHOWN), { bold, columns }),
      ].join("\n\n"),
    markdown: (ranking) =>
      [`# ${question}`, ...findings(ranking), markdownTable(tableOf(ranking, MOST_SHOWN))].join("\n\n"),
    csv: (ranking) => csvOf(columnsOf(ranking)).trimEnd(),
    page: pageOf,
    next: (ranking) =>
      plan.work.kind === "train" && ranking.ranked[0]
        ? ["The best trial again, with a run folder of its own:", `  ${commandOf(plan, ranking.ranked[0])}`]
        : [],
  });
}

type SweepStudy = Study<Settings, undefined, TrialRecord>;

/** Runs the trials in processes of this machine. */
function run({ settings, folderOf, say }: SweepStudy, keeping: Parameters<Parallel<TrialRecord>["run"]>[0]) {
  const { plan, workers, retries, machine } = settings;
  const places = Array.from({ length: Math.min(workers, trialsIn(plan)) }, () => new Worker());
  let best: TrialRecord | undefined;
  const notice = (record: TrialRecord): void => {
    if (record.state === "failed") say(`trial ${record.trial} failed: ${record.name}: ${errorOf(record)}`);
    else if (!best || record.rung > best.rung || (record.rung === best.rung && scoreOf(record) < scoreOf(best)))
      best = record;
  };
  for (const record of keeping.known.values()) if (record.state !== "failed") notice(record);
  const words = (): string[] =>
    best && best.state !== "failed" ? [`best ${best.metric} ${said(best)}: ${best.name}`] : [];
  const folder = ({ id }: { readonly id: string }): string => folderOf(join("trials", id));
  return new Schedule(
    plan,
    places,
    { machine, retries, words, folderOf: folder },
    {
      ...keeping,
      async onRecord(id, record, place) {
        await keeping.onRecord(id, record, place);
        notice(record);
      },
    },
  ).run();
}

async function pageOf(ranking: Ranking, made: readonly (readonly [string, string])[]): Promise<string> {
  const { plan, ranked, failed } = ranking;
  const pictures = ranked.length > 1 ? [await bestSoFar(ranking), ...(await byOption(ranking))] : [];
  return page({
    ...{ title: plan.question, question: "", caveats: [] },
    sections: [
      {
        title: "What was found",
        html: findings(ranking)
          .map((sentence) => `<p>${escapeXml(sentence)}</p>`)
          .join(""),
      },
      ...(pictures.length === 0
        ? []
        : [{ title: "Values by option", html: pictures.map((svg) => figure(svg, "")).join("") }]),
      {
        title: `The best ${Math.min(MOST_SHOWN, ranked.length)} trials`,
        html: htmlTable(tableOf(ranking, MOST_SHOWN)),
      },
      ...(failed.length === 0
        ? []
        : [
            {
              title: "Failed",
              html: htmlTable([
                ["trial", "options", "error"],
                ...failed.map((record) => [String(record.trial), record.name, errorOf(record)]),
              ]),
            },
          ]),
    ],
    made,
  });
}
