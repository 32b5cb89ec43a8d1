import { namedStages } from "../models/convolutional.ts";
import { usualRate } from "../optimizers/config.ts";
import type { ConfigFlags } from "./flags.ts";

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Tables are small: many short epochs of small batches, a narrow layer, and an optimizer that needs no tuning. */
const table = {
  hidden: [{ units: 64, estimator: "straight-through-slope" }],
  training: { epochs: 100, batch: 20, optimizer: { name: "adam", rate: 0.01 } },
};

/** Networks of images take another optimizer than the small networks that the other defaults are for. */
const ofImages = { optimizer: { name: "adam", rate: 0.001 } };
const imageModels: readonly unknown[] = [...Object.keys(namedStages), "conv"];

function usualOfModel(given: Record<string, unknown>, flag: unknown): Record<string, unknown> {
  const { model, training = {} } = given;
  const name = typeof flag === "string" ? flag.split(":", 1)[0] : isPlain(model) ? model.name : undefined;
  if (!imageModels.includes(name) || !isPlain(training)) return given;
  return { ...given, training: { ...ofImages, ...training } };
}

/** A config with what is usual for its data set, its network and its optimizer, which flags may name, in the places of what it omits: flags go over it. */
export function withUsual(given: Plain, flags: ConfigFlags = {}): Record<string, unknown> {
  const config = usualOfModel(usualOfData(given, flags.data), flags.model);
  const { training = {} } = config;
  const name = typeof flags.optimizer === "string" ? flags.optimizer.split(":", 1)[0]! : undefined;
  if (name === undefined || !isPlain(training)) return config;
  const { optimizer = { name: "momentum" } } = training;
  if (!isPlain(optimizer) || optimizer.name === name) return config;
  return { ...config, training: { ...training, optimizer: { ...optimizer, rate: usualRate(name) } } };
}

function usualOfData(given: Plain, flag: unknown): Record<string, unknown> {
  const { data, model = {}, training = {} } = given;
  const name = typeof flag === "string" ? flag.split(":", 1)[0] : isPlain(data) ? data.name : undefined;
  if (name !== "table" || !isPlain(model) || !isPlain(training)) return { ...given };
  const { epochs, ...others } = table.training;
  const isMlp = model.name === undefined || model.name === "mlp";
  return {
    ...given,
    model: isMlp ? { name: "mlp", hidden: table.hidden, ...model } : model,
    training: { ...(training.steps === undefined && { epochs }), ...others, ...training },
  };
}
