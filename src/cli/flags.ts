import type { Command } from "commander";
import { precisions } from "../backends/precision.ts";
import { flagName, numberOrText, parsePairs, parseSpec, parseSpecs } from "../config/spec.ts";
import { datasets } from "../data/index.ts";
import { UserError } from "../errors.ts";
import { sparsityNames } from "../gating/sparsity/index.ts";
import { activationNames } from "../layers/activations.ts";
import { gaterNames } from "../layers/gaters/index.ts";
import { optimizers, schedules } from "../optimizers/index.ts";
import { show } from "../rules.ts";
import { gatedDefaults, modelNames, trainDefaults } from "../train/config.ts";

/** What commander gives for the flags below: texts as they were typed. */
export interface ConfigFlags {
  readonly config?: string;
  readonly data?: string;
  readonly dataDir?: string;
  readonly limit?: string;
  readonly model?: string;
  readonly hidden?: string;
  readonly estimator?: string;
  readonly gain?: string;
  readonly blocks?: string;
  readonly width?: string;
  readonly activation?: string;
  readonly blockGain?: string;
  readonly gater?: string;
  readonly gate?: string;
  readonly gaterRate?: string;
  readonly sparsity?: string;
  readonly open?: string;
  readonly trainingSamples?: string;
  readonly epochs?: string;
  readonly batch?: string;
  readonly rate?: string;
  readonly optimizer?: string;
  readonly momentum?: string;
  readonly schedule?: string;
  readonly weightDecay?: string;
  readonly maxNorm?: string;
  readonly maxNormEvery?: string;
  readonly inputDropout?: string;
  readonly clip?: string;
  readonly seed?: string;
  readonly patience?: string;
  readonly samples?: string;
  readonly test?: string;
  readonly backend?: string;
  readonly threads?: string;
  readonly precision?: string;
  readonly out?: string | false;
}

/** Adds a flag for everything that a config can say. */
export function addConfigFlags(command: Command): Command {
  const d = trainDefaults;
  const [g] = gatedDefaults.gated;
  return command
    .option("--config <file>", "a JSON file; flags override what it says")
    .optionsGroup("Data:")
    .option("--data <name>", `${Object.keys(datasets).join(", ")} (${d.data})`)
    .option("--data-dir <folder>", "read the data set's IDX files from this folder")
    .option("--limit <n>", "train on n training examples only (a folder's: stratified)")
    .optionsGroup("Model:")
    .option("--model <name>", `${modelNames.join(", ")} (${d.model})`)
    .option(
      "--hidden <sizes>",
      `units of each hidden layer, such as 400,400 (${d.hidden[0].units}); none: no hidden layer`,
    )
    .option(
      "--estimator <names>",
      `one for all hidden layers, or one each, with options as in noisy-rectifier:sd=0.5; see heaviside estimators (${d.hidden[0].estimator})`,
    )
    .option("--gain <factors>", "factor on the range of the first weights, one for all hidden layers or one each (1)")
    .option(
      "--training-samples <n>",
      "noise samples of each example in a training step, whose gradients are averaged (1)",
    )
    .optionsGroup("Gated blocks (of --model gated-mlp, whose --hidden come before them):")
    .option("--blocks <n>", `blocks with a gate of their own (${g.blocks})`)
    .option("--width <n>", "units of a block (1)")
    .option("--activation <name>", `of a block's units: ${activationNames.join(", ")} (linear)`)
    .option("--block-gain <factor>", "factor on the range of the first weights of what blocks send on (1)")
    .option(
      "--gater <name>",
      `${gaterNames.join(", ")}, such as dense:hidden=400 (${g.gater.name}:hidden=${g.gater.hidden})`,
    )
    .option("--gate <name>", `any estimator; see heaviside estimators (${g.gate})`)
    .option("--gater-rate <factor>", "factor on the gradient of the gater's parameters (1)")
    .option(
      "--sparsity <names>",
      `${sparsityNames.join(", ")}, with options, or none; several work together (kl:target=${g.sparsity.target},weight=${g.sparsity.weight})`,
    )
    .option("--open <share>", "share of gates open in the deterministic readout (the sparsity's target)")
    .optionsGroup("Training:")
    .option("--epochs <n>", `passes over the training examples (${d.epochs})`)
    .option("--batch <n>", `examples in a mini-batch (${d.batch})`)
    .option("--optimizer <name>", `${Object.keys(optimizers).join(", ")}, such as adam:beta1=0.5 (${d.optimizer.name})`)
    .option("--rate <number>", `learning rate (${d.optimizer.rate})`)
    .option("--momentum <number>", "of momentum and nesterov (0.9)")
    .option(
      "--schedule <name>",
      `${Object.keys(schedules).join(", ")}, in epochs, such as step-decay:every=5,factor=0.5 (${d.schedule.name})`,
    )
    .option("--weight-decay <number>", "of matrices, as L2; decoupled:rate=0.01 as in AdamW")
    .option("--max-norm <number>", "largest norm of a unit's incoming weights")
    .option("--max-norm-every <n>", "enforce it after every n-th step (1)")
    .option("--clip <number>", "clip the gradient's norm; value=1,norm=5 clips single values first")
    .option("--input-dropout <share>", "share of input values that are 0 in a training step (none)")
    .option("--seed <n>", `decides every random number (${d.seed})`)
    .option("--patience <n>", "stop after n epochs without a lower validation error")
    .option("--samples <n>", `noise samples that the stochastic readout is averaged over (${d.samples})`)
    .option("--test <when>", `read the test set at the end, or also after every epoch: end, epoch (${d.test})`)
    .optionsGroup("Machine:")
    .option("--backend <name>", `where it runs; see heaviside backends (${d.backend})`)
    .option("--threads <n>", "as many as there are processors when left out")
    .option(
      "--precision <name>",
      `of the operands of large matrix products: ${precisions.join(", ")} (${precisions[0]})`,
    );
}

type Raw = { [key: string]: unknown };

/** A config of a file (or nothing) with the flags' values over it. What is wrong with it is for the schema to say. */
export function overlay(base: Raw, flags: ConfigFlags): Raw {
  const config: Raw = { ...base };
  for (const key of ["data", "dataDir", "model", "test", "backend", "precision"] as const)
    if (flags[key] !== undefined) config[key] = flags[key];
  for (const key of [
    "limit",
    "trainingSamples",
    "epochs",
    "batch",
    "maxNorm",
    "maxNormEvery",
    "inputDropout",
    "seed",
    "patience",
    "samples",
    "threads",
  ] as const)
    if (flags[key] !== undefined) config[key] = numberOrText(flags[key]);
  if (flags.out !== undefined) config.out = flags.out === false ? null : flags.out;
  if (flags.hidden !== undefined || flags.estimator !== undefined || flags.gain !== undefined)
    config.hidden = hiddenLayers(
      base.hidden ?? (config.model === "gated-mlp" ? gatedDefaults.hidden : trainDefaults.hidden),
      flags,
    );
  const about = gateFlags.find((flag) => flags[flag] !== undefined);
  if (about !== undefined) {
    if (config.model !== "gated-mlp")
      throw new UserError(
        `${flagName(about)}: needs --model gated-mlp, received ${show(config.model ?? trainDefaults.model)}`,
      );
    const gates = gateOptions(flags);
    const layers = Array.isArray(base.gated) ? (base.gated as readonly Raw[]) : gatedDefaults.gated;
    config.gated = layers.map((layer) => ({ ...layer, ...gates }));
  }
  if (flags.optimizer !== undefined || flags.rate !== undefined || flags.momentum !== undefined)
    config.optimizer = optimizerOf((base.optimizer ?? trainDefaults.optimizer) as Raw, flags);
  if (flags.schedule !== undefined) config.schedule = parseSpec(flags.schedule);
  if (flags.weightDecay !== undefined) config.weightDecay = decay(flags.weightDecay);
  if (flags.clip !== undefined)
    config.clip = flags.clip.includes("=") ? parsePairs(flags.clip) : { norm: numberOrText(flags.clip) };
  return config;
}

/** One value for all layers, or one each. A list of another length is left for the check of the whole. */
function hiddenLayers(base: unknown, { hidden, estimator, gain }: ConfigFlags): unknown {
  const before: readonly Raw[] = Array.isArray(base) ? base : trainDefaults.hidden;
  const sizes = hidden === undefined ? undefined : hidden === "none" ? [] : hidden.split(",").map(numberOrText);
  const length = sizes?.length ?? before.length;
  for (const [flag, value] of Object.entries({ estimator, gain }))
    if (value !== undefined && length === 0)
      throw new UserError(
        `--${flag}: needs a hidden layer, received ${show(value)} for a network without one (of gates the flags are --gate and --block-gain)`,
      );
  const estimators = estimator === undefined ? undefined : each("estimator", parseSpecs(estimator), length);
  const gains = gain === undefined ? undefined : each("gain", gain.split(",").map(numberOrText), length);
  return Array.from({ length }, (_, i) => ({
    ...(before[i] ?? before.at(-1) ?? trainDefaults.hidden[0]),
    ...(sizes && { units: sizes[i] }),
    ...(estimators && { estimator: estimators[i] }),
    ...(gains && { gain: gains[i] }),
  }));
}

const gateFlags = [
  "blocks",
  "width",
  "activation",
  "blockGain",
  "gater",
  "gate",
  "gaterRate",
  "sparsity",
  "open",
] as const;

/** What the flags say about gated layers, the same for all of them. */
function gateOptions(flags: ConfigFlags): Raw {
  const options: Raw = {};
  for (const key of ["blocks", "width", "gaterRate", "open"] as const)
    if (flags[key] !== undefined) options[key] = numberOrText(flags[key]);
  if (flags.blockGain !== undefined) options.gain = numberOrText(flags.blockGain);
  if (flags.activation !== undefined) options.activation = flags.activation;
  if (flags.gater !== undefined) options.gater = parseSpec(flags.gater);
  if (flags.gate !== undefined) options.gate = flags.gate.includes(":") ? parseSpec(flags.gate) : flags.gate;
  if (flags.sparsity !== undefined)
    options.sparsity =
      flags.sparsity === "none" ? [] : parseSpecs(flags.sparsity).map((s) => (typeof s === "string" ? { name: s } : s));
  return options;
}

function each<T>(flag: string, values: readonly T[], layers: number): T[] {
  if (values.length !== 1 && values.length !== layers)
    throw new UserError(
      `--${flag}: must be one for all hidden layers or one each (${layers}), received ${values.length}`,
    );
  return Array.from({ length: layers }, (_, i) => (values.length === 1 ? values[0]! : values[i]!));
}

function optimizerOf(base: Raw, { optimizer, rate, momentum }: ConfigFlags): Raw {
  const given = optimizer === undefined ? undefined : parseSpec(optimizer);
  for (const [option, value] of Object.entries({ rate, momentum }))
    if (value !== undefined && given?.[option] !== undefined)
      throw new UserError(`--${option}: must be given once, received ${value} and --optimizer ${optimizer}`);
  // Another optimizer keeps the rate alone: the other options are not its own.
  const kept = given === undefined || given.name === base.name ? base : { rate: base.rate };
  return {
    ...kept,
    ...given,
    ...(rate !== undefined && { rate: numberOrText(rate) }),
    ...(momentum !== undefined && { momentum: numberOrText(momentum) }),
  };
}

function decay(text: string): Raw {
  if (!text.includes(":")) return { kind: "l2", rate: numberOrText(text) };
  const { name, ...options } = parseSpec(text);
  return { kind: name, ...options };
}
