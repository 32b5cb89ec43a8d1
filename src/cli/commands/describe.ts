import { stat } from "node:fs/promises";
import { join } from "node:path";
import { startBackend } from "../../backends/select.ts";
import { datasetFor, modelFor, overlay, type RunConfig, resolveConfig } from "../../config/index.ts";
import { type StepMemory, stepMemoryOf } from "../../cost/step-memory.ts";
import type { TrainingData } from "../../data/dataset.ts";
import { inMemory } from "../../data/in-memory.ts";
import { COLUMNS, count, jsonLine, wrap } from "../../describe/format.ts";
import { describe } from "../../describe/index.ts";
import { MORE, narrowTable, tableText } from "../../describe/table.ts";
import { UserError } from "../../errors.ts";
import type { Model } from "../../models/model.ts";
import { counted } from "../../rules.ts";
import { files, writeAtomically } from "../../runs/index.ts";
import { weightNoiseInWords } from "../../train/weight-noise/words.ts";
import { configFrom, readConfig } from "../config.ts";
import type { ConfigFlags } from "../flags.ts";
import type { Terminal } from "../terminal.ts";

export interface DescribeFlags extends ConfigFlags {
  readonly svg?: string;
  readonly wide?: boolean;
  readonly json?: boolean;
}

/** Prints a network's layer table; `folder` is that of a run, whose config the flags are laid over. */
export async function describeCommand(
  folder: string | undefined,
  flags: DescribeFlags,
  terminal: Terminal,
): Promise<number> {
  const path = folder === undefined ? undefined : (await isFolder(folder)) ? join(folder, files.config) : folder;
  const job =
    path === undefined
      ? await configFrom("describe", flags)
      : resolveConfig(overlay(await readConfig(path), flags), path);
  const data = await datasetFor(job);
  const model = modelFor(job, data);
  const { rows, totals, svg } = describe(model);
  const { weightNoise } = job.training;
  const memory = await memoryOf(model, job.training, data);
  if (flags.svg !== undefined) await writeAtomically(flags.svg, svg);
  if (flags.json)
    terminal.out.write(
      `${jsonLine({ name: model.name, rows, totals, ...(typeof memory !== "string" && { memory }), ...(weightNoise && { weightNoise }) })}\n`,
    );
  else {
    const columns = terminal.out.columns || COLUMNS;
    const { lines, dropped } = narrowTable(rows, totals, columns);
    const table = flags.wide ? tableText(rows, totals, Math.max(columns, WIDE)) : lines.join("\n");
    const megabytes = (totals.bytes / 2 ** 20).toFixed(1);
    const notes = [
      `multiply-adds: of one example, forward; parameters: ${count(totals.bytes)} bytes (${megabytes} MiB)`,
      typeof memory === "string" ? `memory of a training step: not known: ${memory}` : memorySaid(memory),
      ...(dropped && !flags.wide ? [MORE] : []),
      ...(weightNoise ? [`trained with ${weightNoiseInWords(weightNoise)}`] : []),
    ];
    terminal.out.write(`${table}\n\n${notes.map((note) => wrap(note, columns)).join("\n")}\n`);
    if (flags.svg !== undefined) terminal.out.write(`functional diagram: ${flags.svg}\n`);
  }
  return 0;
}

/** What a training step needs, as WebAssembly kernels of one thread would run it; in words why nothing can be said. */
async function memoryOf(
  model: Model,
  training: RunConfig["training"],
  data: TrainingData,
): Promise<StepMemory | string> {
  const backend = await startBackend("wasm", { threads: 1 });
  try {
    return stepMemoryOf({ model, training }, await inMemory(data, { seed: training.seed, bytes: 2 ** 22 }), backend);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  } finally {
    await backend.close();
  }
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const memorySaid = ({ batch, parameters, state, use }: StepMemory): string =>
  `memory of a training step of ${counted(batch, "example")}: ${mebibytes(use.peak)} at its peak (parameters ${mebibytes(parameters)}, what the optimizer and estimators keep ${mebibytes(state)}, the examples ${mebibytes(use.handed)}, intermediate results ${mebibytes(use.intermediate)}); at least ${mebibytes(use.bound)} are needed at once`;

/** Columns from which all of the table is readable. */
const WIDE = 100;

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => true,
  );
