import type { Backend, BackendInfo } from "../../backends/backend.ts";
import type { Account } from "../../cost/account.ts";
import { accountsOf, type ComparedTiming, freshState, type Phase, type Subject, timingOf } from "../../cost/timings.ts";
import type { LabelledDataset } from "../../data/dataset.ts";
import type { Classifier, Model } from "../../models/model.ts";
import { type Progress, resolveTraining, type Trained, type TrainingConfig } from "../../train/index.ts";
import { pause } from "../../train/pause.ts";
import { best, comparisonTasks } from "../engine/comparison.ts";
import type { Task } from "../engine/tasks.ts";
import { type Arm, armsOn, netOf, trainingOf, tuned, type WidePlan } from "./plan.ts";

/** A training that chose a rate, or one that counts. */
export interface TrainingRecord {
  readonly kind: "rate" | "run";
  readonly data: string;
  readonly arm: Arm;
  readonly rate: number;
  readonly seed: number;
  /** Per cent. */
  readonly valid: number;
  /** Of a run that counts. */
  readonly test?: number;
  readonly epoch?: number;
  readonly examplesPerSecond?: number;
}

/** The two networks' times on one backend. */
export interface TimingRecord {
  readonly kind: "times";
  readonly backend: BackendInfo;
  readonly accounts: Record<Phase, Account>;
  readonly timings: readonly ComparedTiming[];
}

export type WideRecord = TrainingRecord | TimingRecord;

/** Reads a data set, cut to its first training examples. */
export type Loader = (name: string, limit: number | undefined) => Promise<LabelledDataset>;

/** What the tasks need of a study. */
export interface Surroundings {
  readonly done: ReadonlyMap<string, WideRecord>;
  readonly load: Loader;
  /** Trains, keeping what is needed to go on under this name; a training that is done gives its result again. */
  readonly train: (
    name: string,
    model: Classifier,
    data: LabelledDataset,
    options: Partial<TrainingConfig> & { readonly onProgress: (at: Progress) => void },
  ) => Promise<Trained>;
  /** Starts a backend to time on. */
  readonly backend: (name: string) => Promise<Backend>;
  readonly signal?: AbortSignal | undefined;
}

/** Rates are chosen on so few examples that the seed may be one of the results'. */
const TUNING_SEED = 1;

/**
 * Chooses each arm's rate, trains all seeds and times the two networks. Work is in units of one training example's share of a whole
 * training.
 */
export function tasks(plan: WidePlan, options: Surroundings): Task<WideRecord>[] {
  const { done } = options;
  const dataOf: Loader = (name, limit = plan.limit) => options.load(name, limit);
  const training = (
    { kind, data, arm, seed }: Pick<TrainingRecord, "kind" | "data" | "arm" | "seed">,
    rateOf: () => number,
    suffix: string,
  ): Task<WideRecord> => {
    const id = `${kind} ${data} ${arm} ${suffix}`;
    const work = workOf(plan, arm) * (kind === "rate" ? plan.chosenOn : (plan.limit ?? 50_000));
    return {
      ...{ id, work, title: id },
      async run(onWork) {
        const rate = rateOf();
        const examples = await dataOf(data, kind === "rate" ? plan.chosenOn : plan.limit);
        const { valid, test, selectedEpoch, examplesPerSecond } = await options.train(
          id,
          netOf(arm, plan, examples),
          examples,
          {
            ...trainingOf(plan, arm, rate, seed),
            onProgress: ({ epoch, epochs, step, steps }) => onWork((work * (epoch - 1 + step / steps)) / epochs),
          },
        );
        const chosen = { kind, data, arm, rate, seed, valid: valid.error };
        if (kind === "rate") return chosen;
        return { ...chosen, test: test.deterministic.error, epoch: selectedEpoch, examplesPerSecond };
      },
    };
  };
  const rateOf = (data: string, arm: Arm): number => {
    const like = arm === "dense" ? arm : "gated";
    return bestRate(
      [...done.values()].filter((r) => r.kind === "rate" && r.data === data && r.arm === like) as TrainingRecord[],
    );
  };
  const times = (name: string): Task<WideRecord> => ({
    ...{ id: `times ${name}`, work: 0, title: `the two networks' times on ${name}` },
    run: () => timesOn(name, plan, options, dataOf, rateOf),
  });
  const trainings = (data: string): Task<WideRecord>[] =>
    comparisonTasks<Arm, number, WideRecord>({
      variants: armsOn(plan, data),
      candidates: (arm) => (tuned.some((name) => name === arm) ? plan.rates : []),
      tuningSeeds: [TUNING_SEED],
      seeds: plan.seeds,
      tuning: (arm, rate, seed) => training({ kind: "rate", data, arm, seed }, () => rate, `rate ${rate}`),
      final: (arm, seed) => training({ kind: "run", data, arm, seed }, () => rateOf(data, arm), `seed ${seed}`),
    });
  const [first, ...others] = plan.data;
  return [...trainings(first!), ...plan.backends.map(times), ...others.flatMap(trainings)];
}

/** The rate with the lowest validation error, the lower of equals. */
export const bestRate = (tried: readonly Pick<TrainingRecord, "rate" | "valid">[]): number =>
  best(
    [...tried].sort((a, b) => a.rate - b.rate),
    ({ valid }) => valid,
  ).rate;

/** About how long a training example takes in an arm, in any unit. */
const workOf = ({ trunk, blocks, width, open }: WidePlan, arm: Arm): number =>
  (arm === "gated, twice the epochs" ? 2 : 1) * (784 * trunk + trunk * width * (arm === "dense" ? blocks : 4 * open));

/** Times the gated network as it was trained on the first data set, and a dense one. */
async function timesOn(
  name: string,
  plan: WidePlan,
  { train, backend, signal }: Surroundings,
  dataOf: Loader,
  rateOf: (data: string, arm: Arm) => number,
): Promise<TimingRecord> {
  const data = await dataOf(plan.data[0]!, plan.limit);
  const [model, dense] = [netOf("gated", plan, data), netOf("dense", plan, data)];
  const training = resolveTraining(trainingOf(plan, "gated", rateOf(plan.data[0]!, "gated"), 1));
  const { params } = await train(`run ${plan.data[0]} gated seed 1`, model, data, {
    ...training,
    onProgress: () => {},
  });
  const subject: Subject & { readonly dense: Model } = {
    ...{ model, dense, denseState: freshState(dense, training), training },
    state: { ...freshState(model, training), params },
  };
  const on = await backend(name);
  try {
    const timings: ComparedTiming[] = [];
    for (const phase of ["training", "inference"] as const)
      for (const batch of plan.batches)
        timings.push(
          await timingOf(subject, data, {
            ...{ phase, batch, backend: on, rounds: plan.rounds, seconds: plan.seconds },
            async onRound() {
              await pause();
              signal?.throwIfAborted();
            },
          }),
        );
    return { kind: "times", backend: on.info(), accounts: accountsOf(subject, data, on), timings };
  } finally {
    await on.close();
  }
}
