import { cards } from "../../cards.ts";
import { choice, list, number, whole, word } from "../../fields.ts";

/** Training examples that MNIST has, beside those that validate. */
export const EXAMPLES = 50_000;

/** Estimators that a hidden layer of any width can have: bits and numbers, not one-hot variables, and none that enumerates all patterns. */
export const forLayers = cards.filter(
  ({ categorical, family }) => !categorical && family !== "exact" && family !== "selection",
);

const estimator = word(
  "straight-through-slope",
  "an estimator, as in straight-through or concrete:temperature=0.5",
  (text) => forLayers.some(({ name }) => name === text.replace(/:.*$/s, "")) && /^[\w-]+(:[\w.=,-]+)?$/.test(text),
);

/** The settings of the station, as they stand in the address. */
export const fields = {
  /** Units of each hidden layer. */
  hidden: list([100], whole(100, { atLeast: 1, atMost: 2000 }), { atLeast: 1, atMost: 4 }),
  /** One for all hidden layers, or one each. */
  estimators: list(["straight-through-slope"], estimator, { atLeast: 1, atMost: 4 }),
  rate: number(0.3, { atLeast: 0.0001, atMost: 10 }),
  batch: whole(100, { atLeast: 1, atMost: 10_000 }),
  epochs: whole(5, { atLeast: 1, atMost: 1000 }),
  /** Training examples. */
  limit: whole(10_000, { atLeast: 1, atMost: EXAMPLES }),
  seed: whole(1, { atLeast: 0, atMost: 2 ** 32 - 1 }),
  /** 0: as many as the machine has. */
  threads: whole(0, { atLeast: 0, atMost: 16 }),
  /** When the test set is read. */
  test: choice("end", ["end", "epoch"] as const),
};

/** What the settings say. */
export type Chosen = { -readonly [K in keyof typeof fields]: (typeof fields)[K]["initial"] };

/** The estimator of each layer. */
export const estimatorsOf = ({ hidden, estimators }: Pick<Chosen, "hidden" | "estimators">): string[] =>
  hidden.map((_, i) => estimators[Math.min(i, estimators.length - 1)]!);

const optionOf = (text: string): number | string => (Number.isNaN(Number(text)) ? text : Number(text));

/** "concrete:temperature=0.5" as a config has it. */
function specOf(label: string): unknown {
  const [, name = label, options] = /^([^:]*):(.*)$/s.exec(label) ?? [];
  if (options === undefined) return name;
  return {
    name,
    ...Object.fromEntries(
      options.split(",").map((pair) => [pair.replace(/=.*$/s, ""), optionOf(pair.replace(/^.*?=/s, ""))]),
    ),
  };
}

/** The config of the training, as `heaviside train --config` reads it. */
export const configOf = (chosen: Chosen, threads: number) => ({
  data: { name: "mnist", ...(chosen.limit < EXAMPLES && { limit: chosen.limit }) },
  model: {
    name: "mlp",
    hidden: estimatorsOf(chosen).map((label, i) => ({ units: chosen.hidden[i]!, estimator: specOf(label) })),
  },
  training: {
    epochs: chosen.epochs,
    batch: chosen.batch,
    optimizer: { name: "momentum", rate: chosen.rate },
    seed: chosen.seed,
    test: chosen.test,
  },
  machine: { backend: "wasm", threads },
});

/** The same training as a command. */
export function commandOf(chosen: Chosen, threads: number): string {
  const labels = estimatorsOf(chosen);
  const same = labels.every((label) => label === labels[0]);
  const flags = {
    ...(chosen.limit < EXAMPLES && { limit: chosen.limit }),
    hidden: chosen.hidden.join(","),
    estimator: same ? labels[0]! : labels.join(","),
    rate: chosen.rate,
    batch: chosen.batch,
    epochs: chosen.epochs,
    seed: chosen.seed,
    ...(chosen.test === "epoch" && { test: "epoch" }),
    backend: "wasm",
    threads,
  };
  return `npx heaviside train ${Object.entries(flags)
    .map(([name, value]) => `--${name} ${value}`)
    .join(" ")}`;
}
