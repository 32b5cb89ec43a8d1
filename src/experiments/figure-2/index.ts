import type { Dataset } from "../../data/dataset.ts";
import { loadDataset } from "../../data/index.ts";
import { wrap } from "../../describe/format.ts";
import { shownTable } from "../../describe/table.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import { choices, dataDir, number, toggle } from "../engine/options.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { figure2Page } from "./page.ts";
import { changed, type Plan, quickPlan, standardPlan } from "./plan.ts";
import { type Results, resultsOf } from "./results.ts";
import { beatRows, paperRows } from "./rows.ts";
import { type TrialRecord, tasks } from "./study.ts";
import { claimsInWords, inBrief, table } from "./words.ts";

export interface Settings {
  readonly plan: Plan;
  readonly quick: boolean;
  readonly dataDir: string | undefined;
}

const QUICK =
  "--quick trains on few examples for few epochs, each row with its first setting: it shows that all seven rows run, and nothing about their order.";

/** The table of Bengio, Léonard and Courville 2013 with seeds and paired tests. */
export const figure2 = defineExperiment({
  name: "figure-2",
  title: "Figure 2 of Bengio, Léonard and Courville 2013, with seeds",
  question:
    "Do the claims of Bengio, Léonard and Courville 2013 (figure 2) about sparse stochastic gates hold over seeds?",
  duration: "90 minutes on one core; with --quick 2 minutes",
  options: {
    quick: toggle("few examples and epochs: all rows run, no order shown"),
    beat: toggle("rows beyond the paper, one of them of equal cost"),
    rows: choices("only these rows, such as straight-through,sigmoid", [...paperRows, ...beatRows]),
    epochs: number("epochs of every training (default: 20)", { whole: true, atLeast: 1, atMost: 10_000 }),
    seeds: number("seeds of the results, the same for all (default: 5)", {
      ...{ whole: true, atLeast: 1, atMost: TUNING_SEED - 1 },
    }),
    limit: number("first training examples to train on (default: all)", { whole: true, atLeast: 1 }),
    dataDir,
  },
  threads: 1,
  folders: "one",
  settings: ({ quick, dataDir, ...changes }): Settings => ({
    plan: changed(quick ? quickPlan : standardPlan, changes),
    quick,
    dataDir,
  }),
  // Rows and seeds can be added to what is there: a training's numbers depend on the rest of the plan alone.
  identity: ({ plan: { rows: _, seeds: __, ...plan }, dataDir }) => ({ plan, data: "mnist", dir: dataDir }),
  prepare: ({ plan: { limit }, dataDir }): Promise<Dataset> => loadDataset("mnist", { dir: dataDir, limit }),
  heading: ({ settings: { plan }, data }) => [
    `${plan.rows.length} ${plan.rows.length === 1 ? "row" : "rows"} on ${data.name}`,
    `${plan.epochs} ${plan.epochs === 1 ? "epoch" : "epochs"}, ${plan.seeds} ${plan.seeds === 1 ? "seed" : "seeds"}`,
  ],
  note: ({ quick }) => (quick ? QUICK : undefined),
  tasks: ({ settings: { plan }, data, ...study }: Study<Settings, Dataset, TrialRecord>) => tasks(plan, data, study),
  pace: (work) => `${(60 * work).toFixed(1)} epochs/min`,
  results: (records, { settings: { plan } }) => resultsOf(records, plan),
  json: (results) => results,
  text: (results, { bold }, columns) => summary(results, bold, columns),
  page: figure2Page,
  pictures: "pictures and all figures",
});

function summary(results: Results, bold: (text: string) => string, columns: number): string {
  const { cells, numbers } = table(results.rows);
  return [
    wrap(inBrief(results), columns),
    shownTable(cells, { columns, bold, right: numbers, optional: [11, 8, 4, 5, 9, 10, 1, 3, 7], wrapped: 0 }),
    claimsInWords(results)
      .map((text) => wrap(text, columns))
      .join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}
