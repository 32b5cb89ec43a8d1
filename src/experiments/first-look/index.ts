import { type RunConfig, resolveConfig } from "../../config/index.ts";
import { inputAndClasses, type LabelledDataset, loadDataset } from "../../data/index.ts";
import { architecture } from "../../describe/architecture.ts";
import { clock, count, nats, percent } from "../../describe/format.ts";
import { UserError } from "../../errors.ts";
import { type HiddenConfig, mlp } from "../../models/mlp.ts";
import type { Trained, TrainResult } from "../../train/index.ts";
import { checkTrainingRoom } from "../../train/room.ts";
import { dataDir, number } from "../engine/options.ts";
import type { Task } from "../engine/tasks.ts";
import { defineExperiment, type Study } from "../experiment.ts";
import { examplesText, type FinishedMethod, firstLookPage, firstLookText, nextStep, question, title } from "./page.ts";
import { type Plan, standardPlan, trainingOf } from "./plan.ts";

/** One method's training. */
export interface Job {
  readonly name: string;
  readonly hidden: readonly HiddenConfig[];
  /** All of it as a config file has it. */
  readonly config: RunConfig;
}

export interface Prepared {
  readonly data: LabelledDataset;
  /** Trainings that this process has done, by method. */
  readonly trained: Map<string, Trained>;
}

export interface MethodRecord {
  readonly name: string;
  readonly result: TrainResult;
}

type FirstLook = Study<readonly Job[], Prepared, MethodRecord>;

const options = {
  seconds: number("about how long it may take; chooses the epochs", { above: 0 }),
  epochs: number("epochs of each method (default: 20)", { whole: true, atLeast: 1 }),
  units: number("hidden units", { whole: true, atLeast: 1 }, standardPlan.units),
  seed: number("decides every random number", { whole: true, atLeast: 0, atMost: 2 ** 32 - 1 }, 1),
  limit: number("first training examples to train on (default: all)", { whole: true, atLeast: 1 }),
  dataDir,
};

/** What `npm start` runs: one network a method. */
export const firstLookOf = (plan: Plan) =>
  defineExperiment({
    name: "first-look",
    ...{ title, question },
    duration: "3 minutes on two cores",
    options,
    folders: "numbered",
    settings: ({ seconds, epochs, units, seed, ...machine }): readonly Job[] => {
      if (seconds !== undefined && epochs !== undefined)
        throw new UserError("first-look: --seconds chooses the epochs: give one of --seconds and --epochs");
      const inTime =
        seconds === undefined ? plan.base.epochs : Math.max(1, Math.round((plan.base.epochs * seconds) / plan.seconds));
      const { dataDir: dir, limit, ...where } = machine;
      return plan.methods.map((method): Job => {
        const training = { ...trainingOf(plan, method), epochs: epochs ?? inTime, seed };
        const hidden = [{ units, estimator: method.estimator }];
        const data = { name: "mnist", ...(dir !== undefined && { dir }), ...(limit !== undefined && { limit }) };
        const given = { data, model: { name: "mlp", hidden }, training, machine: defined(where) };
        return { name: method.name, hidden, config: resolveConfig(given, "first-look") };
      });
    },
    identity: (jobs) => ({ jobs: jobs.map(({ name, config }) => ({ name, config })) }),
    async prepare(jobs): Promise<Prepared> {
      const { dir, limit } = { dir: undefined, limit: undefined, ...jobs[0]!.config.data };
      return { data: await loadDataset("mnist", { dir, limit }), trained: new Map() };
    },
    heading: ({ settings: jobs, data: { data } }) => {
      const { epochs } = jobs[0]!.config.training;
      return [
        `${architecture(networkOf(jobs[0]!, data))}, ${count(data.train.size)} training examples, ${epochs} ${epochs === 1 ? "epoch" : "epochs"} a method`,
      ];
    },
    opening: ({ data: { data } }, columns) => examplesText(data, columns),
    tasks: (study: FirstLook) => study.settings.map((job) => taskOf(job, study)),
    said: ({ result }, { dim }) => `validation error ${percent(result.valid.error)}  ${dim(clock(result.seconds))}`,
    results: (_, study) => finishedOf(study.settings, study),
    partial: (study) => finishedOf(study.settings.filter(({ name }) => study.done.has(name)), study), // biome-ignore format: one line
    json: (finished) => ({
      results: finished.map(({ name, job, result }) => ({ name, config: job, ...result.toJSON() })),
    }),
    text: (finished, { bold }, columns) => firstLookText(finished, bold, columns),
    page: firstLookPage,
    pictures: "learning curves, weights and firing rates",
    next: nextStep,
  });

export const firstLook = firstLookOf(standardPlan);

/** The trainings of these methods, which are done. */
async function finishedOf(jobs: readonly Job[], study: FirstLook): Promise<FinishedMethod[]> {
  const { data, backend } = study;
  const finished: FinishedMethod[] = [];
  for (const job of jobs) {
    // The pictures are of what was learned: a training of an earlier process gives it again.
    const result = data.trained.get(job.name) ?? (await trained(job, study));
    const { name, config } = job;
    const model = networkOf(job, data.data);
    finished.push({ name, training: config.training, job: config, model, data: data.data, result, on: backend });
  }
  return finished;
}

/** An object without what is undefined. */
const defined = (given: object): object =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

const networkOf = ({ hidden }: Job, data: LabelledDataset) => mlp({ ...inputAndClasses(data), hidden });

function taskOf(job: Job, study: FirstLook): Task<MethodRecord> {
  const { name } = job;
  return {
    ...{ id: name, title: name, work: 1 },
    async run(onWork) {
      const result = await trained(job, study, onWork);
      study.data.trained.set(name, result);
      return { name, result: result.toJSON() };
    },
  };
}

/** "2/8 noisy sigmoid" */
const place = ({ name }: Job, { settings: jobs }: FirstLook): string =>
  `${jobs.findIndex((job) => job.name === name) + 1}/${jobs.length} ${name}`;

/** Trains a method's network, or gives the result of the training that is done. */
function trained(job: Job, study: FirstLook, onWork?: Parameters<Task<MethodRecord>["run"]>[0]): Promise<Trained> {
  const { name, config } = job;
  const { data } = study.data;
  const model = networkOf(job, data);
  checkTrainingRoom(config.training, model, data);
  return study.train(name, model, data, {
    ...config.training,
    config,
    // The first number takes a second or two, long before the first row of the table.
    onEpoch({ epoch, valid }) {
      if (epoch !== 1 || onWork === undefined) return;
      const title = place(job, study);
      study.say(`${title}, after 1 epoch: validation error ${percent(valid.deterministic.error ?? Number.NaN)}`);
    },
    onProgress: ({ epoch, epochs, step, steps, loss, examplesPerSecond }) =>
      onWork?.(
        (epoch - 1 + step / steps) / epochs,
        `epoch ${epoch}/${epochs}`,
        `loss ${nats(loss)}`,
        `${count(examplesPerSecond)} examples/s`,
        `step ${step}/${steps}`,
      ),
  });
}
