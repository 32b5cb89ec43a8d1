import { constant, mul, type Tensor } from "../graph/index.ts";
import { make, resolveOptions, resolveSpec, type SpecOf } from "../options/index.ts";
import { adam } from "./adam.ts";
import { clipNorm, clipValue } from "./clip.ts";
import {
  type ClipConfig,
  type Clock,
  clipOptions,
  type OptimizerConfig,
  ofParameters,
  optimizers,
  type ScheduleConfig,
  schedules,
  type WeightDecayConfig,
  weightDecays,
} from "./config.ts";
import { decoupledDecay, l2 } from "./decay.ts";
import { grouped, groupRate } from "./grouped.ts";
import { maxNorm, withinNorm } from "./max-norm.ts";
import { momentum } from "./momentum.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Schedule, warmup } from "./schedule.ts";
import { sgd } from "./sgd.ts";
import type { Incoming } from "./trees.ts";

export type {
  ClipConfig,
  Clock,
  OptimizerConfig,
  OptimizerName,
  ScheduleConfig,
  ScheduleName,
  WeightDecayConfig,
} from "./config.ts";
export type { Optimizer, OptimizerState, OptimizerStateArrays, Updated } from "./optimizer.ts";
export type { Schedule } from "./schedule.ts";
export type { Incoming } from "./trees.ts";
export { adam, clipNorm, clipValue, decoupledDecay, l2, maxNorm, momentum, sgd, warmup, withinNorm };

/** The optimizer of a config with those of its parameters. Throws UserError for an unknown name or option, or a value out of its range. */
export const optimizerFor = (config: OptimizerConfig): Optimizer => withGroups(config, undefined);

/** The learning rate at each step: int32 [] → float32 []. Throws as optimizerFor. */
export function rateFor(rate: number, config: ScheduleConfig, clock: Clock): (step: Tensor) => Tensor {
  const base: Schedule = make("schedule", schedules, config, clock);
  if (config.name === "constant" && !config.warmup) return () => constant(rate);
  const schedule = config.warmup ? warmup(base, config.warmup * clock.epoch) : base;
  return (step) => mul(schedule(step), rate);
}

/** A whole update as JSON: optimizer, schedule, weight decay, clipping and max-norm. */
export interface UpdateConfig {
  /** The optimizer with its rate and options. */
  readonly optimizer: OptimizerConfig;
  /** Scales the rates of all optimizers alike (default: constant). */
  readonly schedule?: ScheduleConfig | undefined;
  /** Weight decay of matrices (default: none). */
  readonly weightDecay?: WeightDecayConfig | undefined;
  /** The largest norm of a unit's incoming weights (default: no limit). */
  readonly maxNorm?: number | undefined;
  /** Clipping of gradients (default: none). */
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
    const { kind, rate } = resolveSpec("weight decay", weightDecays, weightDecay);
    made = (kind === "l2" ? l2 : decoupledDecay)(made, rate, incoming);
  }
  if (clip) resolveOptions("clip", clipOptions, clip);
  if (clip?.norm !== undefined) made = clipNorm(made, clip.norm);
  if (clip?.value !== undefined) made = clipValue(made, clip.value);
  if (limit !== undefined) made = maxNorm(made, limit, incoming);
  return made;
}

/** The optimizer of a config with those of its groups, whose rates a schedule scales alike. */
function withGroups(config: OptimizerConfig, schedule: ScheduleConfig | undefined): Optimizer {
  const { parameters, ...own } = resolveSpec("optimizer", optimizers, config);
  const others: Optimizer = make("optimizer", ofParameters, own);
  if (parameters === undefined) return others;
  const scheduled = schedule !== undefined && (schedule.name !== "constant" || (schedule.warmup ?? 0) > 0);
  const groups = Object.entries(parameters).map(([name, given]) => {
    const group = resolveSpec(`optimizer: parameters.${name}`, ofParameters, given as SpecOf<typeof ofParameters>);
    const optimizer: Optimizer = make("optimizer", ofParameters, group);
    return [name, { optimizer, rate: groupRate(group.rate, own.rate, scheduled) }] as const;
  });
  return grouped(others, Object.fromEntries(groups));
}
