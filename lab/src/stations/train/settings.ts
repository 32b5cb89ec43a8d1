import { choice, whole } from "../../fields.ts";
import { modelOf, networkFields, networkFlags, networkWords, optimizerOf } from "./network.ts";

/** Training examples that MNIST has, beside those that validate. */
export const EXAMPLES = 50_000;

/** The settings of the station, as they stand in the address. */
export const fields = {
  ...networkFields,
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

const { threads: _, ...ofRun } = fields;
/** The settings that make a run what it is: threads don't. */
export const runFields = ofRun;

/** What the settings say. */
export type Chosen = { -readonly [K in keyof typeof fields]: (typeof fields)[K]["initial"] };

/** The config of the training, as `heaviside train --config` reads it. */
export const configOf = (chosen: Chosen, threads: number) => ({
  data: { name: "mnist", ...(chosen.limit < EXAMPLES && { limit: chosen.limit }) },
  model: modelOf(chosen),
  training: {
    epochs: chosen.epochs,
    batch: chosen.batch,
    optimizer: optimizerOf(chosen),
    seed: chosen.seed,
    test: chosen.test,
  },
  machine: { backend: "wasm", threads },
});

/** The same training as a command. */
export function commandOf(chosen: Chosen, threads: number): string {
  const flags = {
    ...(chosen.limit < EXAMPLES && { limit: chosen.limit }),
    ...networkFlags(chosen),
    batch: chosen.batch,
    epochs: chosen.epochs,
    seed: chosen.seed,
    ...(chosen.test === "epoch" && { test: "epoch" }),
    backend: "wasm",
    threads,
  };
  return `npx heaviside train ${Object.entries(flags)
    .map(([name, value]) => `--${name} ${/[^\w.,:=+-]/.test(String(value)) ? `"${value}"` : value}`)
    .join(" ")}`;
}

/** The settings, each in words, for what tells two runs apart. */
export const wordsOf = (chosen: Chosen): Readonly<Record<string, string>> => ({
  ...networkWords(chosen),
  limit: `${chosen.limit} examples`,
  epochs: chosen.epochs === 1 ? "1 epoch" : `${chosen.epochs} epochs`,
  batch: `batches of ${chosen.batch}`,
  seed: `seed ${chosen.seed}`,
  test: chosen.test === "end" ? "test set read at the end" : "test set read after each epoch",
});
