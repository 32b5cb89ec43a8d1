import { floats, inputAndClasses, integers, type LabelledDataset, partOf } from "../../data/dataset.ts";
import { best, comparisonTasks, seedsUpTo, TUNING_SEED } from "../engine/comparison.ts";
import type { Task } from "../engine/tasks.ts";
import type { Study } from "../experiment.ts";
import { type Arm, type ArmName, armModel, arms } from "./arms.ts";
import { type Bias, biasOf } from "./bias.ts";
import { type Form, noiseForm } from "./form.ts";
import { type Part, type PartName, type Plan, partNames } from "./plan.ts";
import { limited, stepsOf, trainArm } from "./train-arm.ts";
import { type Outcome, trial } from "./trial.ts";

/** A trial that is done. */
export interface TrialRecord {
  readonly kind: "trial";
  readonly part: PartName;
  readonly arm: ArmName;
  readonly rate: number;
  readonly seed: number;
  readonly outcome: Outcome;
}

/** The noise of one network at some steps of one training. */
export interface FormRecord {
  readonly kind: "form";
  readonly hidden: readonly number[];
  readonly seed: number;
  readonly at: readonly { readonly step: number; readonly form: Form }[];
}

/** The bias on the small network at some steps of one training. */
export interface BiasRecord {
  readonly kind: "bias";
  readonly seed: number;
  readonly at: readonly { readonly step: number; readonly bias: Bias }[];
}

export type StudyRecord = TrialRecord | FormRecord | BiasRecord;

/** What the tasks need of a study. */
type Surroundings = Pick<Study<unknown, unknown, StudyRecord>, "backend" | "signal" | "done">;

/** Score that chooses a rate, lower is better. */
const merit = ({ valid }: Outcome, { choose }: Part): number => (choose === "nll" ? valid.nll : valid.readout.error);

/** The rate that an arm chose: the lowest mean score on the validation set, the first of equals. */
export function chosenRate(records: readonly StudyRecord[], name: PartName, part: Part, arm: ArmName): number {
  const tried = records.filter(
    (r): r is TrialRecord => r.kind === "trial" && r.part === name && r.arm === arm && r.seed >= TUNING_SEED,
  );
  const value = (rate: number): number => {
    const scores = tried.filter((record) => record.rate === rate).map(({ outcome }) => merit(outcome, part));
    return scores.reduce((total, score) => total + score, 0) / scores.length;
  };
  return best(part.rates, value);
}

/** What every task is made from. */
interface Setting {
  readonly plan: Plan;
  readonly data: LabelledDataset;
  readonly shape: ReturnType<typeof inputAndClasses>;
  /** The first training examples, the same for all. */
  readonly batch: { readonly inputs: ReturnType<typeof floats>; readonly labels: ReturnType<typeof integers> };
  readonly surroundings: Surroundings;
}

function settingOf(plan: Plan, data: LabelledDataset, surroundings: Surroundings): Setting {
  const shape = inputAndClasses(data);
  const { fields } = partOf(data.train, 0, plan.form.examples);
  const batch = { inputs: floats(fields.x), labels: integers(fields.label) };
  return { plan, data, shape, batch, surroundings };
}

/** Everything that the plan asks for. A task rejects with the signal's reason when it is aborted. */
export function tasks(plan: Plan, data: LabelledDataset, surroundings: Surroundings): Task<StudyRecord>[] {
  const seeds = seedsUpTo(plan.seeds);
  const setting = settingOf(plan, data, surroundings);
  const { done } = surroundings;
  return [
    ...partNames.flatMap((name) => {
      const part = plan.parts[name];
      return comparisonTasks<ArmName, number, StudyRecord>({
        variants: part.arms,
        candidates: () => part.rates,
        tuningSeeds: Array.from({ length: part.tuning }, (_, i) => TUNING_SEED + i),
        seeds: plan.seeds,
        tuning: (arm, rate, seed) => trialTask(setting, name, arm, seed, () => rate),
        final: (arm, seed) =>
          trialTask(setting, name, arm, seed, () => chosenRate([...done.values()], name, part, arm)),
      });
    }),
    ...seeds.map((seed) => biasTask(setting, seed)),
    ...plan.form.networks.flatMap((hidden) => seeds.map((seed) => formTask(setting, hidden, seed))),
  ];
}

/** A trial of one arm, which helps to choose the rate where the seed is one for tuning. */
function trialTask(
  { plan, data, surroundings: { backend, signal } }: Setting,
  name: PartName,
  arm: ArmName,
  seed: number,
  rate: () => number,
): Task<StudyRecord> {
  const part = plan.parts[name];
  const steps = stepsOf(part, data, plan.batch);
  const tuning = seed >= TUNING_SEED;
  return {
    id: `${name}/${arm}/${seed}${tuning ? `/${rate()}` : ""}`,
    work: steps * costOf(arms[arm], part.hidden),
    title: `${name} ${part.hidden.join("-")}: ${arms[arm].name}, ${tuning ? `rate ${rate()}` : `seed ${seed}`}`,
    async run(onStep) {
      const outcome = await trainArm(plan, data, {
        ...{ part: name, arm, rate: rate(), seed, backend, signal },
        test: !tuning,
        onProgress: (step) => onStep((step / steps) * this.work),
      });
      return { kind: "trial", part: name, arm, rate: rate(), seed, outcome };
    },
  };
}

/** The noise of one network, in a training of its own. */
function formTask(setting: Setting, hidden: readonly number[], seed: number): Task<StudyRecord> {
  const {
    plan,
    data,
    shape,
    batch,
    surroundings: { backend, signal },
  } = setting;
  return {
    id: `form/${hidden.join("-")}/${seed}`,
    work: 2 * stepsOf(plan.parts.large, data, plan.batch),
    title: `noise ${hidden.join("-")}, seed ${seed}`,
    async run(onStep) {
      const model = armModel(arms.k1, { ...shape, hidden });
      const at = await watched(setting, hidden, "large", seed, onStep, (params) =>
        noiseForm(model, params, { ...plan.form, ...batch, backend, signal }),
      );
      return { kind: "form", hidden, seed, at: at.map(({ step, found }) => ({ step, form: found })) };
    },
  };
}

/** The bias on the small network, in a training of its own. */
function biasTask(setting: Setting, seed: number): Task<StudyRecord> {
  const {
    plan,
    data,
    shape,
    batch,
    surroundings: { backend },
  } = setting;
  return {
    id: `bias/${seed}`,
    work: stepsOf(plan.parts.small, data, plan.batch),
    title: `bias, seed ${seed}`,
    async run(onStep) {
      const { hidden } = plan.parts.small;
      const [estimate, truth] = [arms.expected, arms.exact].map((arm) => armModel(arm, { ...shape, hidden }));
      const at = await watched(setting, hidden, "small", seed, onStep, (params) =>
        biasOf({ estimate: estimate!, truth: truth! }, params, batch.inputs, batch.labels, backend),
      );
      return { kind: "bias", seed, at: at.map(({ step, found }) => ({ step, bias: found })) };
    },
  };
}

/** A training of the K = 1 arm that is looked into at some steps. */
async function watched<T>(
  { plan, data, shape, surroundings: { backend, signal, done } }: Setting,
  hidden: readonly number[],
  part: PartName,
  seed: number,
  onStep: (step: number) => void,
  look: (params: Parameters<NonNullable<Parameters<typeof trial>[2]["onSnapshot"]>>[1]) => Promise<T> | T,
): Promise<{ step: number; found: T }[]> {
  const model = armModel(arms.k1, { ...shape, hidden });
  const steps = stepsOf(plan.parts[part], data, plan.batch);
  const found: { step: number; found: T }[] = [];
  await trial(model, limited(data, plan.parts[part].limit), {
    ...plan,
    backend,
    signal,
    rate: chosenRate([...done.values()], part, plan.parts[part], "k1"),
    seed,
    steps,
    points: 1,
    scored: 1,
    samples: 1,
    test: false,
    snapshots: plan.form.at.map((share) => Math.round(share * steps)),
    onSnapshot: async (step, params) => {
      found.push({ step, found: await look(params) });
    },
    onProgress: onStep,
  });
  return found;
}

/** About how long a step takes, in steps of a small sigmoid network: only for the time that is left. */
function costOf({ estimator, noise }: Arm, hidden: readonly number[]): number {
  const units = hidden.reduce((total, n) => total + n, 0);
  const name = typeof estimator === "string" ? estimator : "card" in estimator ? estimator.card.name : estimator.name;
  const plain = 1 + units / 60;
  const samples = /mean-of-(\d+)/.exec(name)?.[1];
  const enumerates = name === "exact" || name.endsWith("expected");
  return plain * (noise ? 2 : 1) + (samples ? Number(samples) * (0.05 + units / 600) : 0) + (enumerates ? 12 : 0);
}
