import type { Backend } from "../../backends/backend.ts";
import { modelFor } from "../../config/make.ts";
import type { TrainingData } from "../../data/index.ts";
import type { NdArray } from "../../graph/index.ts";
import type { Model, Params } from "../../models/model.ts";
import { Diverged, type Trained } from "../../train/index.ts";
import { best, comparisonTasks, TUNING_SEED } from "../engine/comparison.ts";
import type { Task } from "../engine/tasks.ts";
import type { StudyTraining } from "../experiment.ts";
import { type NeuronsPlan, tracedProblem } from "./plan.ts";
import { measureOf, modelOf, nameOf, type Problem, SOLVED } from "./problems.ts";
import { type LearnedTrace, learnedTrace } from "./trained.ts";
import { type VariantName, variants } from "./variants.ts";

/** A training that chose a rate, or one that counts. Errors are what the task measures. */
export interface NeuronsRecord {
  readonly kind: "rate" | "run";
  readonly problem: string;
  readonly variant: VariantName;
  readonly rate: number;
  readonly seed: number;
  /** Of the selected validation; null where the training diverged. */
  readonly valid: number | null;
  /** Of a run that counts. */
  readonly test: number | null;
  /** Training steps at the first validation at which the problem was solved; null where there was none. */
  readonly solvedAt: number | null;
  readonly curve: readonly { readonly step: number; readonly error: number }[];
  readonly parameters: number;
  readonly sequencesPerSecond: number;
  /** In all, validations included. */
  readonly seconds: number;
  /** What the units do after the training, of the variants and the problem that are looked at. */
  readonly trace?: LearnedTrace;
}

/** What the tasks need of a study. */
export interface Surroundings {
  readonly done: ReadonlyMap<string, NeuronsRecord>;
  readonly backend: Backend;
  /** Reads or draws the data of a problem, once. */
  readonly load: (problem: Problem) => Promise<TrainingData>;
  /** Trains, keeping what is needed to resume under this name. */
  readonly train: (name: string, model: Model, data: TrainingData, options: StudyTraining) => Promise<Trained<string>>;
}

/** The trainings of every problem: each variant tries its rates on the validation set, then all variants train with each seed. */
export const tasks = (plan: NeuronsPlan, study: Surroundings): Task<NeuronsRecord>[] =>
  plan.problems.flatMap((problem) =>
    comparisonTasks<VariantName, number, NeuronsRecord>({
      variants: plan.variants,
      // A single rate is no choice.
      candidates: () => (plan.rates.length > 1 ? plan.rates : []),
      tuningSeeds: [TUNING_SEED],
      seeds: plan.seeds,
      tuning: (variant, rate, seed) => training(plan, study, { kind: "rate", problem, variant, seed }, () => rate),
      final: (variant, seed) =>
        training(plan, study, { kind: "run", problem, variant, seed }, () =>
          chosenRate([...study.done.values()], plan, nameOf(problem), variant),
        ),
    }),
  );

/** The rate with the lowest validation error, the first of equals. */
export const chosenRate = (
  records: readonly NeuronsRecord[],
  { rates }: Pick<NeuronsPlan, "rates">,
  problem: string,
  variant: VariantName,
): number =>
  best(rates, (rate) => {
    const tried = records.find(
      (r) => r.kind === "rate" && r.problem === problem && r.variant === variant && r.rate === rate,
    );
    return tried?.valid ?? Number.NaN;
  });

interface Place extends Pick<NeuronsRecord, "kind" | "variant" | "seed"> {
  readonly problem: Problem;
}

function training(plan: NeuronsPlan, study: Surroundings, at: Place, rateOf: () => number): Task<NeuronsRecord> {
  const { kind, problem, variant, seed } = at;
  const { steps, batch } = problem;
  const work = workOf(problem, variant);
  const title = `${nameOf(problem)}, ${variants[variant].title}, seed ${seed}`;
  const run = async (rate: number, onWork: Parameters<Task<NeuronsRecord>["run"]>[0]): Promise<NeuronsRecord> => {
    const data = await study.load(problem);
    const model: Model = modelFor({ model: modelOf(variant, problem, data) }, data);
    const name = `${kind} ${nameOf(problem)} ${variant} ${kind === "rate" ? rate : seed}`;
    const started = performance.now();
    const found = await study
      .train(name, model, data, {
        ...{ steps, batch, seed, validateEvery: problem.validateEvery, clip: { norm: plan.clip } },
        optimizer: { name: "adam", rate },
        onProgress: ({ epoch, step, steps: each, loss, examplesPerSecond }) => {
          const done = Math.min(1, ((epoch - 1) * each + step) / steps);
          onWork(work * done, `loss ${loss.toPrecision(3)}`, `${Math.round(examplesPerSecond)} sequences/s`);
        },
      })
      .catch((error: unknown) => {
        if (error instanceof Diverged) return undefined;
        throw error;
      });
    const record = { kind, problem: nameOf(problem), variant, rate, seed };
    if (!found) return { ...record, ...lost, seconds: (performance.now() - started) / 1000 };
    const looked = kind === "run" && problem === tracedProblem(plan) && plan.traced.includes(variant);
    return {
      ...{ ...record, ...scoresOf(found, problem, kind) },
      ...(looked && { trace: traceOf(found.params, variant, problem, data, study.backend) }),
    };
  };
  const id = `${kind} ${nameOf(problem)} ${variant} ${kind === "rate" ? `${plan.rates.indexOf(rateOf())}` : seed}`;
  return { id, work, title, run: (onWork) => run(rateOf(), onWork) };
}

const lost = { valid: null, test: null, solvedAt: null, curve: [], parameters: 0, sequencesPerSecond: 0 } as const;

/** The error of the selected validation, of the test set, and along the way. */
function scoresOf(found: Trained<string>, problem: Problem, kind: NeuronsRecord["kind"]) {
  const { metric, baseline } = measureOf(problem);
  const curve = found.history.map(({ step, valid }) => ({ step, error: valid.deterministic[metric]! }));
  return {
    valid: found.valid[metric]!,
    test: kind === "run" ? found.test.deterministic[metric]! : null,
    solvedAt: curve.find(({ error }) => error <= SOLVED * baseline)?.step ?? null,
    curve,
    parameters: found.parameters,
    sequencesPerSecond: found.examplesPerSecond,
    seconds: found.seconds,
  };
}

/** In cell steps of an LSTM's cost, by the number of its weights. */
const workOf = (problem: Problem, variant: VariantName): number =>
  variants[variant].work * problem.steps * problem.batch * measureOf(problem).steps * problem.units ** 1.5;

function traceOf(
  params: Params<NdArray>,
  variant: VariantName,
  problem: Problem,
  data: TrainingData,
  backend: Backend,
): LearnedTrace {
  const cell = variants[variant].cell(measureOf(problem).steps);
  return learnedTrace({ cell, units: problem.units, params: params[0]!, data, backend });
}
