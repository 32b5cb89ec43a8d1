import type { BackendName } from "../../backends/select.ts";
import { type LabelledDatasetName, labelledDatasetNames, loadDataset } from "../../data/index.ts";
import { count } from "../../describe/format.ts";
import { choices, dataDir, number, toggle } from "../engine/options.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { wideMarkdown, widePage, wideText } from "./page.ts";
import { quickWidePlan, type WidePlan, widePlan } from "./plan.ts";
import { resultsOf } from "./results.ts";
import { type Loader, tasks, type WideRecord } from "./study.ts";

export interface Settings {
  readonly plan: WidePlan;
  readonly dataDir: string | undefined;
}

/** A wide network of gated blocks against a dense one as wide. */
export const wide = defineExperiment({
  name: "wide",
  title: "A wide network of gated blocks",
  question:
    "Does skipping win end to end: fewer milliseconds than a dense network of the same width, at the same test error?",
  duration: "15 minutes on two cores; with --quick 1 minute",
  options: {
    quick: toggle("a small one in about a minute, without a result"),
    data: choices("data sets (default: mnist,fashion-mnist)", labelledDatasetNames),
    seeds: number("trainings of each network (default: 3)", { whole: true, atLeast: 1, atMost: 10_000 }),
    epochs: number("epochs of each training (default: 6)", { whole: true, atLeast: 1 }),
    dataDir,
  },
  threads: 1,
  folders: "one",
  settings: ({ quick, data, seeds, epochs, dataDir }): Settings => {
    const usual = quick ? quickWidePlan : widePlan;
    return {
      plan: { ...usual, seeds: seeds ?? usual.seeds, epochs: epochs ?? usual.epochs, data: data ?? usual.data },
      dataDir,
    };
  },
  // Further seeds and data sets add to what is there.
  identity: ({ plan: { seeds: _, data: __, ...plan }, dataDir }) => ({ plan, dir: dataDir }),
  prepare: async ({ dataDir }): Promise<Loader> => {
    const loaded = new Map<string, ReturnType<Loader>>();
    return (name, limit) => {
      const key = `${name} ${limit}`;
      if (!loaded.has(key)) loaded.set(key, loadDataset(name as LabelledDatasetName, { dir: dataDir, limit }));
      return loaded.get(key)!;
    };
  },
  heading: ({ settings: { plan } }) => [
    `784-${plan.trunk}-${plan.blocks * plan.width}-10, ${plan.open} of ${plan.blocks} blocks open, on ${plan.data.join(", ")}`,
    `${plan.epochs} ${plan.epochs === 1 ? "epoch" : "epochs"}, ${plan.seeds} ${plan.seeds === 1 ? "seed" : "seeds"}`,
  ],
  tasks: ({ settings: { plan }, data: load, ...study }: Study<Settings, Loader, WideRecord>) =>
    tasks(plan, {
      ...{ load, done: study.done, signal: study.signal },
      train: (name, model, data, training) => study.train(name, model, data, { ...training, checkpointSeconds: 300 }),
      backend: (name) => study.start(name as BackendName),
    }),
  pace: (work) => `${count(work / 1e6)} M multiply-adds/s`,
  said: (record) => (record.kind === "times" ? "done" : `validation error ${record.valid.toFixed(2)}%`),
  async results(records, { settings: { plan }, data: load }) {
    const { test } = await load(plan.data[0]!, undefined);
    return resultsOf(records, plan, test.size);
  },
  json: (results) => results,
  text: (results, { bold }, columns) => wideText(results, bold, columns),
  markdown: wideMarkdown,
  page: widePage,
  pictures: "picture",
});
