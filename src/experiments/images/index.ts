import type { Backend } from "../../backends/backend.ts";
import { resident } from "../../compile/resident.ts";
import { type LabelledDataset, type LabelledDatasetName, labelledDatasetNames, loadDataset } from "../../data/index.ts";
import { clock, count } from "../../describe/format.ts";
import type { Tensor } from "../../graph/index.ts";
import type { Params } from "../../models/model.ts";
import { evaluator, type Trained } from "../../train/index.ts";
import { choices, dataDir, number, toggle } from "../engine/options.ts";
import type { Task } from "../engine/tasks.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { imagesMarkdown, imagesPage, imagesText, question, title } from "./page.ts";
import { type Arm, arms, type ImagesPlan, imagesPlan, netOf, quickImagesPlan, trainingOf } from "./plan.ts";
import { type ImagesRecord, resultsOf, type SpeedRecord } from "./results.ts";
import { speedsOf } from "./speed.ts";

export interface Settings {
  readonly plan: ImagesPlan;
  readonly dataDir: string | undefined;
}

type Loader = (name: string) => Promise<LabelledDataset>;
type ImagesStudy = Study<Settings, Loader, ImagesRecord | SpeedRecord>;

/** Convolutional networks whose units fire or stay silent, beside ordinary ones and beside closed channels. */
export const images = defineExperiment({
  name: "images",
  ...{ title, question },
  duration: "3 hours on two cores; with --quick 2 minutes",
  options: {
    quick: toggle("a small one in about 2 minutes, without a result"),
    data: choices("data sets (default: mnist,fashion-mnist)", labelledDatasetNames),
    arms: choices("what is compared (default: the first four)", arms),
    seeds: number("trainings of each network (default: 3)", { whole: true, atLeast: 1, atMost: 10_000 }),
    epochs: number("epochs of each training (default: 20, or 12)", { whole: true, atLeast: 1 }),
    limit: number("training examples to use (default: all)", { whole: true, atLeast: 1 }),
    dataDir,
  },
  folders: "one",
  settings: ({ quick, dataDir, backend: _, threads: __, ...given }): Settings => {
    const typed = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    return { plan: { ...(quick ? quickImagesPlan : imagesPlan), ...typed }, dataDir };
  },
  // Further seeds, data sets and networks add to what is there.
  identity: ({ plan: { seeds: _, data: __, arms: ___, ...plan }, dataDir }) => ({ plan, dir: dataDir }),
  prepare: async ({ plan: { limit }, dataDir }): Promise<Loader> => {
    const loaded = new Map<string, ReturnType<Loader>>();
    return (name) => {
      if (!loaded.has(name)) loaded.set(name, loadDataset(name as LabelledDatasetName, { dir: dataDir, limit }));
      return loaded.get(name)!;
    };
  },
  heading: ({ settings: { plan } }) => [
    `${plan.arms.join(", ")} on ${plan.data.join(", ")}`,
    `${plan.seeds} ${plan.seeds === 1 ? "seed" : "seeds"}`,
  ],
  tasks: (study: ImagesStudy) => {
    const { plan } = study.settings;
    return plan.data.flatMap((data) => [
      speedTask(study, data),
      ...Array.from({ length: plan.seeds }, (_, i) =>
        plan.arms.map((arm) => trainingTask(study, data, arm, i + 1)),
      ).flat(),
    ]);
  },
  said: (record, { dim }) =>
    "speeds" in record
      ? undefined
      : `validation ${record.valid.toFixed(2)}%, test ${record.test.toFixed(2)}%  ${dim(clock(record.seconds))}`,
  results: (records, { settings: { plan } }) => resultsOf(records, plan),
  json: (results) => results,
  text: (results, { bold }, columns) => imagesText(results, bold, columns),
  markdown: (results) => imagesMarkdown(results),
  page: imagesPage,
  pictures: "a picture",
});

/** The networks beside each other on the clock. Its name has the arms: other ones are timed anew. */
const speedTask = ({ settings: { plan }, data: load, backend }: ImagesStudy, data: string): Task<SpeedRecord> => ({
  ...{ id: `${data} speed of ${plan.arms.join(", ")}`, title: `${data}: time of a batch`, work: 0.1 },
  run: async (onWork) => ({
    data,
    speeds: await speedsOf(plan, data, await load(data), backend, async (share) => onWork(0.1 * share)),
  }),
});

function trainingTask(
  { settings: { plan }, data: load, train, backend }: ImagesStudy,
  data: string,
  arm: Arm,
  seed: number,
) {
  const id = `${data} ${arm} seed ${seed}`;
  return {
    ...{ id, title: id, work: 1 },
    async run(onWork) {
      const examples = await load(data);
      const trained = await train(id, netOf(arm, plan, data, examples), examples, {
        ...trainingOf(plan, data, seed),
        checkpointSeconds: 60,
        onProgress: ({ epoch, epochs, step, steps, examplesPerSecond }) =>
          onWork(
            (epoch - 1 + step / steps) / epochs,
            `epoch ${epoch}/${epochs}`,
            `${count(examplesPerSecond)} examples/s`,
          ),
      });
      const { valid, test, selectedEpoch, seconds } = trained;
      return {
        ...{ data, arm, seed, epoch: selectedEpoch, seconds },
        ...{ valid: valid.error, test: test.deterministic.error, sampled: test.stochastic.error },
        ...(await withRunningMoments(trained, examples, backend)),
      };
    },
  } satisfies Task<ImagesRecord>;
}

/** The test error of the deterministic readout with the moments of units that sample, where it has its own. */
async function withRunningMoments(
  { model, params: found }: Pick<Trained, "model" | "params">,
  { test }: LabelledDataset,
  backend: Backend,
): Promise<Pick<ImagesRecord, "running">> {
  if (model.moments.length === 0) return {};
  const rows = new Map(model.moments.map((moments) => [moments.row, moments]));
  const params = found.map((own, i) => {
    const names = rows.get(i);
    return names ? { ...own, [names.mean]: own.mean!, [names.variance]: own.variance! } : own;
  });
  const { score } = evaluator(model, backend, { seed: 1, samples: 1 });
  const { error } = await score(resident<Params<Tensor>>(params, { backend }), test, "deterministic");
  return { running: error };
}
