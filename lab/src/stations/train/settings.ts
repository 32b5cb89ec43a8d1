import { choice, whole } from "../../fields.ts";
import { counted, quoted } from "../../parts/text.ts";
import { dataConfigOf, dataFields, dataFlagsOf, dataWords } from "./data.ts";
import { modelOf, networkFields, networkFlags, networks, networkWords, optimizerOf } from "./network.ts";

/** The settings of the station, as they stand in the address. */
export const fields = {
  ...networkFields,
  ...dataFields,
  batch: whole(100, { atLeast: 1, atMost: 10_000 }),
  epochs: whole(5, { atLeast: 1, atMost: 1000 }),
  seed: whole(1, { atLeast: 0, atMost: 2 ** 32 - 1 }),
  /** 0: as many as the machine has. */
  threads: whole(0, { atLeast: 0, atMost: 16 }),
  /** When the test set is read. */
  test: choice("end", ["end", "epoch"] as const),
};

const { threads: _, view: __, ...ofRun } = fields;
/** The settings that make a run what it is: threads don't, nor what is shown. */
export const runFields = ofRun;

/** What the settings say. */
export type Chosen = { -readonly [K in keyof typeof fields]: (typeof fields)[K]["initial"] };

/** The config of the training, as `heaviside train --config` reads it. */
export const configOf = (chosen: Chosen, threads: number) => ({
  data: dataConfigOf(chosen),
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
    ...dataFlagsOf(chosen),
    ...networkFlags(chosen),
    // Of a table, the command line takes another optimizer where none is named.
    ...(chosen.data === "table" && { optimizer: optimizerOf(chosen).name }),
    batch: chosen.batch,
    epochs: chosen.epochs,
    seed: chosen.seed,
    ...(chosen.test === "epoch" && { test: "epoch" }),
    backend: "wasm",
    threads,
  };
  return `npx heaviside train ${Object.entries(flags)
    .map(([name, value]) => `--${name} ${quoted(String(value))}`)
    .join(" ")}`;
}

/** Settings that a choice of data may change, each in words by its name. */
export const settingWords = (chosen: Chosen): Readonly<Record<string, string>> => ({
  network: networks[chosen.network],
  hidden: `${chosen.hidden.join(" and ")} hidden units`,
  epochs: counted(chosen.epochs, "epoch"),
  batch: `batches of ${chosen.batch}`,
  optimizer: `the optimizer ${optimizerOf(chosen).name}`,
  rate: `learning rate ${optimizerOf(chosen).rate}`,
});

/** The settings, each in words, for what tells two runs apart. */
export const wordsOf = (chosen: Chosen): Readonly<Record<string, string>> => ({
  ...networkWords(chosen),
  ...dataWords(chosen),
  epochs: counted(chosen.epochs, "epoch"),
  batch: `batches of ${chosen.batch}`,
  seed: `seed ${chosen.seed}`,
  test: chosen.test === "end" ? "test set read at the end" : "test set read after each epoch",
});
