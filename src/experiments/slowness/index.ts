import type { Dataset } from "../../data/dataset.ts";
import { loadDataset } from "../../data/index.ts";
import { count, wrap } from "../../describe/format.ts";
import { shownTable } from "../../describe/table.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import { dataDir, number, toggle } from "../engine/options.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { answer, claimInWords, described, formInWords, interval, percent } from "./answer.ts";
import { inBrief } from "./brief.ts";
import { reasons } from "./decomposition.ts";
import { slownessPage } from "./page.ts";
import { changed, checkFits, type Plan, partNames, quickPlan, standardPlan } from "./plan.ts";
import { type ArmResult, type Results, resultsOf } from "./results.ts";
import { type StudyRecord, tasks } from "./study.ts";

export interface Settings {
  readonly plan: Plan;
  readonly dataDir: string | undefined;
}

/** Why binary stochastic units train slowly: arms that differ in one reason each. */
export const slowness = defineExperiment({
  name: "slowness",
  title: "Why do binary stochastic units train slowly?",
  question: "Why do binary stochastic units train slowly: noise, lost information, or a derivative that is pretended?",
  duration: "12 minutes on two cores; with --quick 1 minute",
  options: {
    quick: toggle("a first answer in about a minute, with wide intervals"),
    seeds: number("seeds of the results, the same for all (default: 5)", {
      ...{ whole: true, atLeast: 2, atMost: TUNING_SEED - 1 },
    }),
    epochs: number("epochs on all training examples", { whole: true, atLeast: 1, atMost: 1000 }),
    units: number("hidden units of the large network (default: 200)", { whole: true, atLeast: 1, atMost: 100_000 }),
    limit: number("first training examples to train on (default: all)", { whole: true, atLeast: 1 }),
    dataDir,
  },
  folders: "numbered",
  settings: ({ quick, dataDir, ...changes }): Settings => ({
    plan: changed(quick ? quickPlan : standardPlan, changes),
    dataDir,
  }),
  identity: ({ plan, dataDir }) => ({ plan, data: "mnist", dir: dataDir }),
  async prepare({ plan, dataDir }): Promise<Dataset> {
    const data = await loadDataset("mnist", { dir: dataDir });
    checkFits(plan, data.train.size);
    return data;
  },
  heading: ({ settings: { plan }, data }) => [
    `networks of ${partNames.map((name) => plan.parts[name].hidden.join("-")).join(", ")} hidden units on ${data.name}`,
    `${plan.seeds} seeds`,
  ],
  tasks: ({ settings: { plan }, data, ...study }: Study<Settings, Dataset, StudyRecord>) => tasks(plan, data, study),
  pace: (work) => `${count(work)} steps/s`,
  results: (records, { settings: { plan }, data }) => resultsOf(records, plan, data),
  json: (results) => rounded(results) as object,
  text: (results, { bold }, columns) => summary(results, bold, columns),
  page: slownessPage,
  pictures: "pictures and all figures",
});

/** Numbers to six digits: the seeds differ in the second. What only pictures need is left to the records. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, v) => {
      if (key === "shown") return undefined;
      return typeof v === "number" && Number.isFinite(v) ? Number(v.toPrecision(6)) : v;
    }),
  );

function summary(results: Results, bold: (text: string) => string, columns: number): string {
  const { shares, parts, plan, steps } = results;
  const measures = [shares.nll, shares.readout, shares.logSteps];
  const table = [
    ["share of the gap", "loss with coins", "loss with p", "log steps"],
    ["the gap itself", ...measures.map(({ gap }) => interval(gap))],
    ...reasons.map((reason, i) => [described[reason], ...measures.map(({ shares: all }) => percent(all[i]!.share))]),
  ];
  return [
    ...new Set([inBrief(results), answer(results)].map((text) => wrap(text, columns))),
    shownTable(table, { columns, bold, right: [1, 2, 3], optional: [3], wrapped: 0 }),
    ...partNames.map((name) =>
      [
        bold(
          `${name}: 784-${plan.parts[name].hidden.join("-")}-10 after ${count(steps[name])} steps, ${plan.seeds} seeds`,
        ),
        armLines(parts[name], columns),
      ].join("\n"),
    ),
    ...formInWords(results).map((text) => wrap(text, columns)),
    wrap(claimInWords(results), columns),
  ].join("\n\n");
}

function armLines(arms: readonly ArmResult[], columns: number): string {
  const rows = [
    ["arm", "rate", "training NLL", "− sigmoid", "with p", "− sigmoid", "test % with p"],
    ...arms.map((r) => [
      r.name,
      `${r.rate}${r.edge ? "*" : ""}`,
      r.nll.value.toFixed(3),
      r.arm === "sigmoid" ? "" : interval(r.against.nll),
      r.readoutNll.value.toFixed(3),
      r.arm === "sigmoid" ? "" : interval(r.against.readoutNll),
      r.readoutTestError.value.toFixed(2),
    ]),
  ];
  const right = [1, 2, 3, 4, 5, 6];
  const table = shownTable(rows, { columns, bold: (head) => head, right, optional: [1, 5, 3], wrapped: 0 });
  return [table, ...(arms.some(({ edge }) => edge) ? ["* the smallest or largest rate of the grid"] : [])].join("\n");
}
