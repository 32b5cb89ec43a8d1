import { datasetFor } from "../../config/make.ts";
import type { TrainingData } from "../../data/index.ts";
import { count } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { TUNING_SEED } from "../engine/comparison.ts";
import { choices, dataDir, number, toggle } from "../engine/options.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { neuronsPage, question } from "./page.ts";
import { changed, type NeuronsPlan, neuronsPlan, problemNames, quickNeuronsPlan } from "./plan.ts";
import { dataOf, nameOf, type Problem, SOLVED, taskNames } from "./problems.ts";
import { resultsOf } from "./results.ts";
import { type NeuronsRecord, tasks } from "./study.ts";
import { variantNames } from "./variants.ts";
import { neuronsCsv, neuronsMarkdown, neuronsText } from "./words.ts";

export interface Settings {
  readonly plan: NeuronsPlan;
  readonly quick: boolean;
  readonly dataDir: string | undefined;
}

type Loader = (problem: Problem) => Promise<TrainingData>;

const QUICK = "--quick trains on short sequences with one rate: it shows what the command does, and no result.";

/** Membranes beside an LSTM's forget gate, and recurrent cells on tasks that need memory. */
export const neurons = defineExperiment({
  name: "neurons",
  title: "Gates as neurons",
  question,
  duration: "16 hours on one core; with --quick 1 minute",
  options: {
    quick: toggle("short sequences and small cells, in about a minute"),
    tasks: choices("some of the tasks (default: all)", taskNames),
    cells: choices("some of the cells (default: all)", variantNames),
    seeds: number("trainings of each cell on each task (default: 5)", {
      ...{ whole: true, atLeast: 1, atMost: TUNING_SEED - 1 },
    }),
    longest: number("longest sequences, T (default: all)", { whole: true, atLeast: 1 }),
    dataDir,
  },
  threads: 1,
  folders: "one",
  settings({ quick, dataDir, ...changes }): Settings {
    const usual = quick ? quickNeuronsPlan : neuronsPlan;
    const plan = changed(usual, changes);
    if (plan.problems.length === 0)
      throw new UserError(
        `neurons: --tasks and --longest leave none of the tasks: choose from ${problemNames(usual).join(", ")}`,
      );
    return { plan, quick, dataDir };
  },
  // Tasks, cells and seeds can be added to what is there: a training's numbers depend on the rest of the plan alone.
  identity: ({ plan: { problems: _, variants: __, seeds: ___, ...plan }, quick, dataDir }) => ({
    ...{ plan, problems: (quick ? quickNeuronsPlan : neuronsPlan).problems, dir: dataDir },
  }),
  prepare: async ({ dataDir }): Promise<Loader> => {
    const loaded = new Map<string, Promise<TrainingData>>();
    return (problem) => {
      const name = nameOf(problem);
      if (!loaded.has(name)) loaded.set(name, datasetFor({ data: dataOf(problem, dataDir) }));
      return loaded.get(name)!;
    };
  },
  heading: ({ settings: { plan } }) => [
    `${plan.variants.length} ${plan.variants.length === 1 ? "cell" : "cells"} on ${problemNames(plan).join(", ")}`,
    `${plan.seeds} ${plan.seeds === 1 ? "seed" : "seeds"}`,
  ],
  note: ({ quick }) => (quick ? QUICK : undefined),
  tasks: ({ settings: { plan }, data: load, ...study }: Study<Settings, Loader, NeuronsRecord>) =>
    tasks(plan, {
      ...{ load, done: study.done, backend: study.backend },
      train: (name, model, data, options) => study.train(name, model, data, { ...options, checkpointSeconds: 300 }),
    }),
  pace: (work) => `${count(work / 1e6)} M units of work/s`,
  said: ({ valid, solvedAt, seconds }) =>
    valid === null
      ? "diverged"
      : `validation error ${valid.toPrecision(3)}, ${solvedAt === null ? "not solved" : `solved after ${count(solvedAt)} steps`}, ${seconds.toFixed(0)} s`,
  results: (records, { settings: { plan } }) => resultsOf(records, plan),
  json: (results) => ({ solved: SOLVED, ...results }),
  text: (results, { bold }, columns) => neuronsText(results, bold, columns),
  markdown: neuronsMarkdown,
  csv: neuronsCsv,
  page: neuronsPage,
  pictures: "pictures and all figures",
});
