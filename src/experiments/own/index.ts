import { type Comparison, compare } from "../../compare/index.ts";
import { datasetFor, modelFor, type RunConfig, written } from "../../config/index.ts";
import type { TrainingData } from "../../data/index.ts";
import { clock, count, wrap } from "../../describe/format.ts";
import { titled } from "../../describe/metrics.ts";
import { crc32 } from "../../formats/crc32.ts";
import { headFrom } from "../../models/from-config.ts";
import type { Head, Metric } from "../../models/head.ts";
import { escapeXml } from "../../plots/index.ts";
import { comparisonSvg, figure, page, type SeedCurves, seedCurves } from "../../report/index.ts";
import type { Identity, TrainResult } from "../../train/index.ts";
import { number } from "../engine/options.ts";
import type { Task } from "../engine/tasks.ts";
import { defineExperiment, type Experiment, type Study } from "../experiment.ts";
import { type OwnNetwork, type OwnPlan, readOwnFile } from "./file.ts";

export { isOwnFile, planOf } from "./file.ts";

type Loader = (config: RunConfig) => Promise<TrainingData>;

type OwnStudy = Study<OwnPlan, Loader, OwnRecord>;

/** What a training leaves. */
interface OwnRecord extends Pick<TrainResult<string>, "run" | "seed" | "epochs" | "seconds" | "valid" | "test"> {
  readonly selectedEpoch: number;
  readonly identity: Identity;
  readonly network: string;
  /** The metric that selects, at each validation; undefined in records of earlier versions. */
  readonly curve?: readonly { readonly epoch: number; readonly step: number; readonly value: number }[];
}

/** What the trainings come to. */
interface OwnResults {
  readonly compared: Comparison;
  /** Learning curves of each network; undefined where a record has none. */
  readonly curves:
    | { readonly networks: readonly SeedCurves[]; readonly along: "epoch" | "step"; readonly metric: Metric }
    | undefined;
}

/** The experiment of a user's file. Throws UserError, naming the file, for a mistake in it. */
export async function ownExperiment(path: string): Promise<Experiment> {
  return experimentOf(await readOwnFile(path));
}

/** The experiment of a plan. */
export function experimentOf(plan: OwnPlan) {
  const { name, question } = plan;
  return defineExperiment({
    ...{ name, question, title: question, duration: "as long as its trainings" },
    options: {
      seeds: number("trainings of each network (default: as the file says)", {
        whole: true,
        atLeast: 1,
        atMost: 10_000,
      }),
    },
    folders: "one",
    settings: ({ seeds }): OwnPlan => ({
      ...plan,
      ...(seeds !== undefined && { seeds: Array.from({ length: seeds }, (_, i) => i + 1) }),
    }),
    // Further seeds and networks add to what is there: a record says of which config it is.
    identity: ({ question }) => ({ question }),
    prepare: async (): Promise<Loader> => {
      const loaded = new Map<string, Promise<TrainingData>>();
      return (config) => {
        const key = JSON.stringify(config.data);
        if (!loaded.has(key)) loaded.set(key, datasetFor(config));
        return loaded.get(key)!;
      };
    },
    heading: ({ settings: { networks, seeds } }) => [
      `${networks.length} ${networks.length === 1 ? "network" : "networks"}, ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"} each`,
      ...new Set(networks.map(({ config }) => config.data.name)),
    ],
    tasks: (study: OwnStudy) =>
      study.settings.seeds.flatMap((seed) => study.settings.networks.map((network) => taskOf(study, network, seed))),
    said: (record, { dim }) => `${validOf(record)}  ${dim(clock(record.seconds))}`,
    results: async (records, { settings: { metric, against } }): Promise<OwnResults> => ({
      compared: await compare(records, { metric, against }),
      curves: curvesOf(records),
    }),
    json: ({ compared }) => ({ question, ...compared.toJSON(), sentences: compared.sentences() }),
    text: ({ compared }, { bold }, columns) =>
      [compared.text({ bold, columns }), ...compared.sentences().map((sentence) => wrap(sentence, columns))].join(
        "\n\n",
      ),
    markdown: ({ compared }) =>
      [`# ${question}`, ...compared.sentences(), `\`\`\`text\n${compared.text()}\n\`\`\``].join("\n\n"),
    csv: ({ compared }) => compared.toCsv().trimEnd(),
    latex: ({ compared }) => compared.toLatex().trimEnd(),
    svg: ({ compared }) => comparisonSvg(compared),
    page: pageOf,
    pictures: "a picture",
  });

  async function pageOf(
    { compared, curves }: OwnResults,
    made: readonly (readonly [string, string])[],
  ): Promise<string> {
    const shown = figure(await comparisonSvg(compared), "Means over seeds with their 95 % intervals.");
    const answer = compared.sentences().map((sentence) => `<p>${escapeXml(sentence)}</p>`);
    return page({
      ...{ title: question, question: "", caveats: compared.notes },
      sections: [
        { title: "What was found", html: answer.join("") + shown },
        ...(curves
          ? [{ title: "Learning curves", html: await seedCurves(curves.networks, curves.metric, curves.along) }]
          : []),
        { title: "Figures", html: `<pre>${escapeXml(compared.text({ columns: 100 }))}</pre>` },
      ],
      made,
    });
  }
}

/** A config in eight characters: a record is that of one config, whatever the file says later. */
const shortOf = ({ data, model, training }: RunConfig): string =>
  crc32(new TextEncoder().encode(JSON.stringify([data, model, training])))
    .toString(16)
    .padStart(8, "0");

function taskOf({ data: load, train }: OwnStudy, { name, config }: OwnNetwork, seed: number): Task<OwnRecord> {
  const title = `${name}, seed ${seed}`;
  const id = `${title}, ${shortOf(config)}`;
  return {
    ...{ id, title, work: 1 },
    async run(onWork) {
      const data = await load(config);
      const { epochs, selectedEpoch, valid, test, identity, seconds, history } = await train(
        id,
        modelFor(config, data),
        data,
        {
          ...{ ...config.training, seed, config: written(config), checkpointSeconds: 60 },
          onProgress: ({ epoch, epochs, step, steps, examplesPerSecond }) =>
            onWork(
              (epoch - 1 + step / steps) / epochs,
              `epoch ${epoch}/${epochs}`,
              `${count(examplesPerSecond)} examples/s`,
            ),
        },
      );
      const { metric, readout } = headOf({ identity, network: name }).select;
      const curve = history.map((at) => ({ epoch: at.epoch, step: at.step, value: at.valid[readout][metric]! }));
      return { network: name, run: title, seconds, seed, epochs, selectedEpoch, valid, test, identity, curve };
    },
  };
}

/** The head of a record's network. */
const headOf = ({ identity, network }: Pick<OwnRecord, "identity" | "network">): Head =>
  headFrom((identity.model as { readonly head?: unknown }).head, {}, network);

/** What selects the epoch, on the validation set. */
function validOf({ valid, ...record }: OwnRecord): string {
  const { metrics, select } = headOf(record);
  return `validation ${titled(metrics.find(({ name }) => name === select.metric)!, valid[select.metric])}`;
}

/** The learning curves of each network, a curve a seed, where all networks are selected by one metric. Over steps where an epoch has several validations. */
function curvesOf(records: readonly OwnRecord[]): OwnResults["curves"] {
  const heads = records.map(headOf);
  const { metrics, select } = heads[0]!;
  if (records.some(({ curve }) => !curve) || heads.some((head) => head.select.metric !== select.metric))
    return undefined;
  const bySteps = records.some(({ curve }) => curve!.some(({ epoch }, i) => epoch === curve![i + 1]?.epoch));
  const along = bySteps ? "step" : "epoch";
  const networks = [...new Set(records.map(({ network }) => network))].map((name) => ({
    name,
    seeds: records
      .filter(({ network }) => network === name)
      .map(({ curve }) => curve!.map((at) => ({ x: at[along], y: at.value }))),
  }));
  return { networks, along, metric: metrics.find(({ name }) => name === select.metric)! };
}
