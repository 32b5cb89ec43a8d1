import { configurable, family, type Given, map, number, type SpecOf, spec } from "../options/index.ts";
import { adam } from "./adam.ts";
import { momentum } from "./momentum.ts";
import { nesterov } from "./nesterov.ts";
import { constantRate, cosine, exponential, type Schedule, stepDecay } from "./schedule.ts";
import { sgd } from "./sgd.ts";

/** Every optimizer by the name that a config uses. Adding a file means adding a line here. */
const members = { sgd, momentum, nesterov, adam };

const rate = number({ above: 0 }, "learning rate before any schedule", {
  required: true,
  flag: "--rate <number>",
  flagUsual: "0.1; adam 0.001",
});

/** The rate that is usual for an optimizer, where nothing else is known. */
export const usualRate = (name: string): number => (name === "adam" ? 0.001 : 0.1);

/** An optimizer of single parameters. */
export const ofParameters = family("optimizer", members, { common: { rate } });

/** The optimizers, each with a learning rate and the parameters that have one of their own. */
export const optimizers = family("optimizer", members, {
  common: {
    rate,
    parameters: map(spec(ofParameters, "an optimizer of its own"), "by name: those with an optimizer of their own", {
      usual: "none",
    }),
  },
  aliases: { "gradient-descent": "sgd", "heavy-ball": "momentum", nag: "nesterov" },
  hints: { adamw: "adam", nadam: "adam", rmsprop: "adam" },
});

/** Which optimizer, as JSON. */
export type OptimizerConfig = SpecOf<typeof optimizers>;
/** An optimizer by name: "sgd", "momentum", "nesterov" or "adam". */
export type OptimizerName = OptimizerConfig["name"];

/** Steps in an epoch and in the whole training: what turns a schedule's epochs into steps. */
export interface Clock {
  readonly epoch: number;
  readonly total: number;
}

const factor = number({ above: 0, atMost: 1 }, "factor on the rate", { required: true });

/** Every schedule by the name that a config uses. Times are in epochs; a step is a fraction of one. */
const ofSchedules = {
  constant: configurable("constant", {}, (_, __: Clock): Schedule => constantRate()),
  /** rate · factor^⌊t / every⌋ */
  "step-decay": configurable(
    "step-decay",
    { every: number({ above: 0 }, "epochs between two decays", { required: true }), factor },
    ({ every, factor }, { epoch }: Clock) => stepDecay({ every: every * epoch, factor }),
  ),
  /** rate · factor^t */
  exponential: configurable("exponential", { factor }, ({ factor }, { epoch }: Clock) =>
    exponential({ every: epoch, factor }),
  ),
  /** From the rate to `final` times the rate along half a cosine, over the whole training. */
  cosine: configurable(
    "cosine",
    { final: number({ atLeast: 0, atMost: 1 }, "share of the rate at the end", { default: 0 }) },
    ({ final }, { total }: Clock) => cosine({ steps: total, final }),
  ),
};

export const schedules = family("schedule", ofSchedules, {
  common: { warmup: number({ atLeast: 0 }, "epochs in which the rate first grows from 0", { usual: "0" }) },
  aliases: { step: "step-decay" },
});

/** How the rate changes with time, as JSON. */
export type ScheduleConfig = SpecOf<typeof schedules>;
export type ScheduleName = ScheduleConfig["name"];

const lambda = number({ atLeast: 0 }, "λ", { required: true });

/**
 * Weight decay of matrices (biases are left alone). "l2": λ·w is added to the gradient, so that momentum and Adam see it. "decoupled": w
 * shrinks by rate·λ·w beside the update, as in AdamW.
 */
export const weightDecays = family(
  "weight decay",
  { l2: { options: { rate: lambda } }, decoupled: { options: { rate: lambda } } },
  { tag: "kind" },
);
export type WeightDecayConfig = SpecOf<typeof weightDecays>;

/** Gradient clipping: by value first, then by the norm over all parameters. */
export const clipOptions = {
  value: number({ above: 0 }, "largest size of a single value", { usual: "none" }),
  norm: number({ above: 0 }, "largest norm over all parameters", { usual: "none" }),
};
export type ClipConfig = Given<typeof clipOptions>;
