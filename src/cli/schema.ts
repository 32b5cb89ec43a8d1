import { z } from "zod";
import { MOST_THREADS } from "../backends/engine/engine.ts";
import { precisions } from "../backends/precision.ts";
import { backendNames } from "../backends/select.ts";
import { labelledDatasetNames } from "../data/index.ts";
import { UserError } from "../errors.ts";
import { type EstimatorConfig, resolveEstimator } from "../estimators/index.ts";
import { type GatedConfig, resolveGated } from "../models/stages/gated/config.ts";
import { nearest } from "../nearest.ts";
import { optimizers, schedules } from "../optimizers/index.ts";
import { cut, show, suggestion } from "../rules.ts";
import { gatedDefaults, modelNames, type TrainConfig, trainDefaults } from "../train/config.ts";

/** What the command line runs: a TrainConfig in which `out: null` says that nothing is written. */
export type Job = Omit<TrainConfig, "out"> & { readonly out?: string | null | undefined };

const whole = (from: number, to = Number.MAX_SAFE_INTEGER) =>
  z.custom<number>(
    (v) => Number.isSafeInteger(v) && (v as number) >= from && (v as number) <= to,
    `must be a whole number from ${from}${to < Number.MAX_SAFE_INTEGER ? ` to ${to}` : ""}`,
  );
const real = (test: (v: number) => boolean, rule: string) =>
  z.custom<number>((v) => typeof v === "number" && Number.isFinite(v) && test(v), `must be a number ${rule}`);
const positive = real((v) => v > 0, "above 0");
const notNegative = real((v) => v >= 0, "from 0");
const below1 = real((v) => v >= 0 && v < 1, "from 0, below 1");
const share = real((v) => v > 0 && v <= 1, "above 0, at most 1");
const text = z.custom<string>((v) => typeof v === "string" && v !== "", "must be a text that is not empty");
const choice = <T extends string>(names: readonly T[]) =>
  z.custom<T>((v) => names.includes(v as T), {
    error: ({ input }) => `must be one of ${names.join(", ")}${suggestion(input, names)}`,
  });
const named = (names: readonly string[], given: unknown): string => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return "must be an object with a name";
  return `name must be one of ${names.join(", ")}${suggestion((given as { name?: unknown }).name, names)}`;
};

const optimizer = z.discriminatedUnion(
  "name",
  [
    z.strictObject({ name: z.literal("sgd"), rate: positive }),
    z.strictObject({ name: z.literal("momentum"), rate: positive, momentum: below1.optional() }),
    z.strictObject({ name: z.literal("nesterov"), rate: positive, momentum: below1.optional() }),
    z.strictObject({
      name: z.literal("adam"),
      rate: positive,
      beta1: below1.optional(),
      beta2: below1.optional(),
      epsilon: positive.optional(),
    }),
  ],
  { error: ({ input }) => named(Object.keys(optimizers), input) },
);

const warmup = notNegative.optional();
const schedule = z.discriminatedUnion(
  "name",
  [
    z.strictObject({ name: z.literal("constant"), warmup }),
    z.strictObject({ name: z.literal("step-decay"), every: positive, factor: share, warmup }),
    z.strictObject({ name: z.literal("exponential"), factor: share, warmup }),
    z.strictObject({
      name: z.literal("cosine"),
      final: real((v) => v >= 0 && v <= 1, "from 0 to 1").optional(),
      warmup,
    }),
  ],
  { error: ({ input }) => named(Object.keys(schedules), input) },
);

/** An estimator's own rules say what is wrong with it. */
const estimator = z.custom<EstimatorConfig>().superRefine((given, context) => {
  try {
    resolveEstimator(given);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace(/^estimator:? /, "") });
  }
});

const object = "must be an object";
const layer = z.strictObject({ units: whole(1), estimator, gain: positive.optional() }, { error: object });

/** A gated layer's own rules say what is wrong with it; the last one's output, the class scores, is known with the data. */
const gated = z.custom<readonly GatedConfig[]>().superRefine((given, context) => {
  if (!Array.isArray(given) || given.length === 0) {
    context.addIssue({ code: "custom", message: "must be a list of at least one layer" });
    return;
  }
  given.forEach((layer, i) => {
    try {
      // What the layer reads is known with the data, too.
      resolveGated(layer, "", { input: undefined, output: i === given.length - 1 ? (layer?.output ?? 1) : undefined });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.addIssue({ code: "custom", message: error.message, path: [i] });
    }
  });
});

const fields = {
  data: choice(labelledDatasetNames),
  dataDir: text.optional(),
  limit: whole(1).optional(),
  model: choice(modelNames),
  hidden: z.array(layer, "must be a list of hidden layers"),
  gated: gated.optional(),
  trainingSamples: whole(1).optional(),
  epochs: whole(1),
  batch: whole(1),
  optimizer,
  schedule,
  weightDecay: z
    .strictObject({ kind: choice(["l2", "decoupled"] as const), rate: notNegative }, { error: object })
    .optional(),
  maxNorm: positive.optional(),
  maxNormEvery: whole(1).optional(),
  clip: z.strictObject({ value: positive.optional(), norm: positive.optional() }, { error: object }).optional(),
  inputDropout: below1.optional(),
  seed: whole(0, 2 ** 32 - 1),
  patience: whole(1).optional(),
  samples: whole(1),
  test: choice(["end", "epoch"] as const),
  backend: choice(backendNames),
  threads: whole(1, MOST_THREADS).optional(),
  precision: choice(precisions).optional(),
  out: text.nullable().optional(),
} satisfies { [K in keyof Job]-?: z.ZodType<Job[K]> };

const job = z
  .strictObject(fields, { error: object })
  .superRefine(({ model, gated, maxNorm, maxNormEvery }, context) => {
    if (maxNormEvery !== undefined && maxNorm === undefined)
      context.addIssue({ code: "custom", path: ["maxNormEvery"], message: "needs maxNorm" });
    if (gated !== undefined && model !== "gated-mlp")
      context.addIssue({ code: "custom", path: ["gated"], message: "belongs to the model gated-mlp" });
  });

/** The defaults for a config as it is given: those of its model. */
const defaultsFor = (given: object) =>
  (given as { model?: unknown }).model === "gated-mlp" ? { ...trainDefaults, ...gatedDefaults } : trainDefaults;

/** Every key that a config file can have. */
export const configKeys = Object.keys(fields);

/**
 * A config with the defaults in the places of what it leaves out.
 * Throws UserError with a line `path: rule, received value` for each mistake; `name` says where the config comes from.
 */
export function resolveJob(given: unknown, name: string): Job {
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  const result = job.safeParse(isObject ? { ...defaultsFor(given), ...given } : given);
  if (result.success) return result.data;
  const { issues } = result.error;
  const mistakes = issues.reduce((n, issue) => n + (issue.code === "unrecognized_keys" ? issue.keys.length : 1), 0);
  const shown = issues.slice(0, SHOWN).flatMap((issue) => explain(issue, given));
  const lines = [...shown.slice(0, SHOWN), ...(mistakes > SHOWN ? [`and ${mistakes - SHOWN} more mistakes`] : [])];
  throw new UserError(
    lines.length === 1 ? `${name}: ${lines[0]}` : `${name}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}

/** Mistakes that a message lists. */
const SHOWN = 20;

function explain(issue: z.core.$ZodIssue, given: unknown): string[] {
  const at = (path: readonly PropertyKey[]): unknown =>
    path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], given);
  const path = issue.path.map((key) => cut(String(key))).join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(issue.path, at(issue.path));
    return issue.keys.slice(0, SHOWN).map((key) => {
      const meant = nearest(key, known);
      const where = path === "" ? cut(key) : `${path}.${cut(key)}`;
      return `${where}: there is no such option${meant ? `, did you mean ${meant}?` : `, the options are ${known.join(", ")}`}`;
    });
  }
  const message = issue.message.startsWith("name must") ? issue.message.slice(5) : issue.message;
  // A gated layer's mistakes name the option that they are about: gated.0.blocks must be …
  if (issue.path[0] === "gated" && issue.path.length > 1) return [`${path}${message}`];
  const subject = path === "" ? "the config" : path;
  return [`${subject}: ${message}${message.includes("received") ? "" : `, received ${show(at(issue.path))}`}`];
}

/** The keys that an object at this path may have. */
function knownKeys(path: readonly PropertyKey[], value: unknown): readonly string[] {
  const { name } = (value ?? {}) as { name?: string };
  if (path.length === 0) return configKeys;
  if (path[0] === "hidden") return ["units", "estimator", "gain"];
  if (path[0] === "weightDecay") return ["kind", "rate"];
  if (path[0] === "clip") return ["value", "norm"];
  if (path[0] === "optimizer") return ["name", "rate", ...(optimizers[name as keyof typeof optimizers]?.options ?? [])];
  return ["name", "warmup", ...(schedules[name as keyof typeof schedules]?.options ?? [])];
}
