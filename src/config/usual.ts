import type { ConfigFlags } from "./flags.ts";

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Tables are small: many short epochs of small batches, a narrow layer, and an optimizer that needs no tuning. */
const table = {
  hidden: [{ units: 64, estimator: "straight-through-slope" }],
  training: { epochs: 100, batch: 20, optimizer: { name: "adam", rate: 0.01 } },
};

/** A config with what is usual for its data set, which a flag may name, in the places of what it omits: flags go over it. */
export function withUsual(given: Plain, { data: flag }: ConfigFlags = {}): Record<string, unknown> {
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
