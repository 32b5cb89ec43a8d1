import { constant, mul, type Tensor } from "../graph/index.ts";
import { checkChoice, checkKeys, checkNamed, checkNumber } from "../rules.ts";
import { adam } from "./adam.ts";
import { clipNorm, clipValue } from "./clip.ts";
import type {
  ClipConfig,
  GroupedOptimizerConfig,
  OptimizerConfig,
  OptimizerName,
  ScheduleConfig,
  ScheduleName,
  WeightDecayConfig,
} from "./config.ts";
import { decoupledDecay, l2 } from "./decay.ts";
import { grouped, groupRate } from "./grouped.ts";
import { maxNorm, withinNorm } from "./max-norm.ts";
import { momentum } from "./momentum.ts";
import { nesterov } from "./nesterov.ts";
import type { Optimizer } from "./optimizer.ts";
import { constantRate, cosine, exponential, type Schedule, stepDecay, warmup } from "./schedule.ts";
import { sgd } from "./sgd.ts";
import type { Incoming } from "./trees.ts";

export * from "./config.ts";
export type { Optimizer, OptimizerState, OptimizerStateArrays, Updated } from "./optimizer.ts";
export type { Schedule } from "./schedule.ts";
export type { Incoming } from "./trees.ts";
export {
  adam,
  clipNorm,
  clipValue,
  constantRate,
  cosine,
  decoupledDecay,
  exponential,
  l2,
  maxNorm,
  momentum,
  nesterov,
  sgd,
  stepDecay,
  warmup,
  withinNorm,
};

type Make<C extends { readonly name: string }, R, Rest extends readonly unknown[] = []> = {
  readonly [N in C["name"]]: {
    readonly options: readonly string[];
    make(config: Extract<C, { name: N }>, ...rest: Rest): R;
  };
};

/** Every optimizer by the name a config uses, with its options. */
export const optimizers: Make<OptimizerConfig, Optimizer> = {
  sgd: { options: [], make: sgd },
  momentum: { options: ["momentum"], make: momentum },
  nesterov: { options: ["momentum"], make: nesterov },
  adam: { options: ["beta1", "beta2", "epsilon"], make: adam },
};

/** Steps in an epoch and in the whole training: what turns a schedule's epochs into steps. */
export interface Clock {
  readonly epoch: number;
  readonly total: number;
}

/** Every schedule by the name a config uses, with its options. */
export const schedules: Make<ScheduleConfig, Schedule, [Clock]> = {
  constant: { options: [], make: constantRate },
  "step-decay": {
    options: ["every", "factor"],
    make: ({ every, factor }, { epoch }) => stepDecay({ every: every * epoch, factor }),
  },
  exponential: { options: ["factor"], make: ({ factor }, { epoch }) => exponential({ every: epoch, factor }) },
  cosine: { options: ["final"], make: ({ final }, { total }) => cosine({ steps: total, final }) },
};

/** The optimizer of a config alone. Throws UserError for an unknown name or option, or a value out of its range. */
export function optimizerFor(config: OptimizerConfig): Optimizer {
  checkNamed("optimizer:", config);
  checkChoice("optimizer: name", config.name, Object.keys(optimizers) as OptimizerName[]);
  const { options, make } = optimizers[config.name];
  checkKeys(`optimizer ${config.name}`, config, ["name", "rate", ...options]);
  checkNumber("optimizer: rate", config.rate, { above: 0 });
  return (make as (config: OptimizerConfig) => Optimizer)(config);
}

/** The learning rate at each step: int32 [] → float32 []. Throws as optimizerFor. */
export function rateFor(rate: number, config: ScheduleConfig, clock: Clock): (step: Tensor) => Tensor {
  checkNamed("schedule:", config);
  checkChoice("schedule: name", config.name, Object.keys(schedules) as ScheduleName[]);
  const { options, make } = schedules[config.name];
  checkKeys(`schedule ${config.name}`, config, ["name", "warmup", ...options]);
  const base = (make as (config: ScheduleConfig, clock: Clock) => Schedule)(config, clock);
  if (config.name === "constant" && !config.warmup) return () => constant(rate);
  if (config.warmup !== undefined) checkNumber("schedule: warmup", config.warmup, { atLeast: 0 });
  const schedule = config.warmup ? warmup(base, config.warmup * clock.epoch) : base;
  return (step) => mul(schedule(step), rate);
}

export interface UpdateConfig {
  readonly optimizer: GroupedOptimizerConfig;
  /** Scales the rates of all optimizers alike (default: constant). */
  readonly schedule?: ScheduleConfig | undefined;
  readonly weightDecay?: WeightDecayConfig | undefined;
  readonly maxNorm?: number | undefined;
  readonly clip?: ClipConfig | undefined;
}

/**
 * The whole update of a config, in this order: clip by value, clip by norm, add L2, the optimizer's step, decoupled decay,
 * max-norm. Throws UserError for an unknown name or option, or a value out of its range.
 * @param incoming as maxNorm takes it
 */
export function updateFor(
  { optimizer, schedule, weightDecay, clip, maxNorm: limit }: UpdateConfig,
  incoming?: Incoming,
): Optimizer {
  let made = withGroups(optimizer, schedule);
  if (weightDecay) {
    checkKeys("weight decay", weightDecay, ["kind", "rate"]);
    checkChoice("weight decay: kind", weightDecay.kind, ["l2", "decoupled"]);
    made = (weightDecay.kind === "l2" ? l2 : decoupledDecay)(made, weightDecay.rate, incoming);
  }
  if (clip) checkKeys("clip", clip, ["value", "norm"]);
  if (clip?.norm !== undefined) made = clipNorm(made, clip.norm);
  if (clip?.value !== undefined) made = clipValue(made, clip.value);
  if (limit !== undefined) made = maxNorm(made, limit, incoming);
  return made;
}

/** The optimizer of a config with those of its groups. */
function withGroups({ parameters, ...own }: GroupedOptimizerConfig, schedule: ScheduleConfig | undefined): Optimizer {
  const others = optimizerFor(own);
  if (parameters === undefined) return others;
  const scheduled = schedule !== undefined && (schedule.name !== "constant" || (schedule.warmup ?? 0) > 0);
  const groups = Object.entries(parameters).map(([name, config]) => {
    const optimizer = optimizerFor(config);
    return [name, { optimizer, rate: groupRate(config.rate, own.rate, scheduled) }] as const;
  });
  return grouped(others, Object.fromEntries(groups));
}
