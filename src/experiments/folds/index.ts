import { datasetFor, modelFor, type RunConfig, written } from "../../config/index.ts";
import type { TrainingData } from "../../data/index.ts";
import { modelTitle } from "../../describe/architecture.ts";
import { clock, count } from "../../describe/format.ts";
import { metricText } from "../../describe/metrics.ts";
import type { Model } from "../../models/model.ts";
import { usualOf } from "../../report/certainty.ts";
import type { Identity, TrainResult } from "../../train/index.ts";
import type { Task } from "../engine/tasks.ts";
import { defineExperiment, type Experiment, type Study } from "../experiment.ts";
import { type FoldResult, type FoldsResults, foldsResults } from "./results.ts";
import { foldsCsv, foldsMarkdown, foldsPage, foldsText } from "./show.ts";

/** A cross-validation of one config. */
export interface FoldsPlan {
  readonly config: RunConfig;
  /** Parts that the examples are divided into. */
  readonly folds: number;
  /** The command that asks for it again. */
  readonly command: string;
  /** Whether its folder is the one that was named, which the same command resumes, or one with a number. */
  readonly folders: "one" | "numbered";
  /** Its folder's name below runs/. */
  readonly name: string;
}

/** What a training leaves. */
interface FoldRecord extends FoldResult, Pick<TrainResult<string>, "epochs" | "seconds" | "valid" | "test"> {
  readonly selectedEpoch: number;
  readonly identity: Identity;
}

interface Loaded {
  readonly model: Model;
  fold(fold: number): Promise<TrainingData>;
  /** Warnings that were shown: folds share most of them. */
  readonly warned: Set<string>;
}

type FoldsStudy = Study<FoldsPlan, Loaded, FoldRecord>;

/** A config that tests on one fold. */
const ofFold = (config: RunConfig, fold: number): RunConfig => ({
  ...config,
  data: { ...config.data, fold } as RunConfig["data"],
});

/** Trains a network on all folds but one, tests it on that one, for each, and says what all of them say together. */
export function foldsExperiment(plan: FoldsPlan): Experiment {
  const { config, folds, folders, command, name } = plan;
  const load = (fold: number): Promise<TrainingData> => datasetFor(ofFold(config, fold));
  return defineExperiment({
    ...{ name, folders, title: `Cross-validation over ${folds} folds`, options: {} },
    question: `How good is this network, tested on each example once?`,
    duration: `${folds} trainings`,
    settings: () => plan,
    identity: () => ({ data: config.data, model: config.model, training: config.training }),
    // Of the first fold: the others have the same layers, with other means to scale by.
    prepare: async (): Promise<Loaded> => {
      const first = await load(1);
      const fold = async (at: number): Promise<TrainingData> => (at === 1 ? first : load(at));
      return { model: modelFor(config, first), fold, warned: new Set() };
    },
    heading: ({ data: { model } }) => [modelTitle(model), config.data.name],
    tasks: (study: FoldsStudy) => Array.from({ length: folds }, (_, i) => taskOf(study, i + 1)),
    said: ({ deterministic, seconds }, { dim }) => {
      const { metric } = deterministic;
      return `test ${metric.title ?? metric.name} ${metricText(metric, deterministic.value)}  ${dim(clock(seconds))}`;
    },
    results: (records) => foldsResults(records),
    json: (results: FoldsResults) => ({ command, ...results }),
    text: foldsText,
    markdown: foldsMarkdown,
    csv: foldsCsv,
    page: (results, made) => foldsPage(results, [["command", command], ...made]),
    pictures: "with a picture",
    next: () => [
      "Each fold's training is a run folder in it. A network to use is trained by the same command without --folds.",
    ],
  });
}

function taskOf(
  { data: { fold: load, warned }, settings: { config, folds }, train, say }: FoldsStudy,
  fold: number,
): Task<FoldRecord> {
  // biome-ignore format: one line
  const id = `fold-${fold}`;
  return {
    ...{ id, title: `fold ${fold} of ${folds}`, work: 1 },
    async run(onWork) {
      const data = await load(fold);
      for (const warning of data.warnings ?? []) {
        if (!warned.has(warning)) say(`warning: ${warning}`);
        warned.add(warning);
      }
      const model = modelFor(config, data);
      const result = await train(id, model, data, {
        ...{ ...config.training, config: written(ofFold(config, fold)), checkpointSeconds: 60 },
        onProgress: ({ epoch, epochs, step, steps, examplesPerSecond }) =>
          onWork(
            (epoch - 1 + step / steps) / epochs,
            `epoch ${epoch}/${epochs}`,
            `${count(examplesPerSecond)} examples/s`,
          ),
      });
      const { epochs, selectedEpoch, valid, test, identity, seconds } = result;
      const { metrics, select } = model.head;
      const metric = metrics.find(({ name }) => name === select.metric)!;
      const usual = usualOf(model, data);
      return {
        ...{ fold, examples: data.test.size, ...(usual && { usual }) },
        ...{ deterministic: { metric, value: test.deterministic[metric.name]! } },
        sampling: test.stochastic[metric.name]!,
        ...{ epochs, selectedEpoch, valid, test, identity, seconds },
      };
    },
  };
}
