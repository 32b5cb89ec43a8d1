import { stat } from "node:fs/promises";
import { join } from "node:path";
import { datasetFor, modelFor, overlay, resolveConfig } from "../../config/index.ts";
import { count, jsonLine } from "../../describe/format.ts";
import { describe } from "../../describe/index.ts";
import { tableText } from "../../describe/table.ts";
import { files, writeAtomically } from "../../runs/index.ts";
import { weightNoiseInWords } from "../../train/weight-noise/words.ts";
import { configFrom, readConfig } from "../config.ts";
import type { ConfigFlags } from "../flags.ts";
import type { Terminal } from "../terminal.ts";

export interface DescribeFlags extends ConfigFlags {
  readonly svg?: string;
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
    path === undefined ? await configFrom(flags) : resolveConfig(overlay(await readConfig(path), flags), path);
  const model = modelFor(job, await datasetFor(job));
  const { rows, totals, svg } = describe(model);
  const { weightNoise } = job.training;
  if (flags.svg !== undefined) await writeAtomically(flags.svg, svg);
  if (flags.json)
    terminal.out.write(`${jsonLine({ name: model.name, rows, totals, ...(weightNoise && { weightNoise }) })}\n`);
  else {
    const megabytes = (totals.bytes / 2 ** 20).toFixed(1);
    terminal.out.write(
      `${tableText(rows, totals, terminal.out.columns || undefined)}\n\nmultiply-adds for one example, forward; ${count(totals.bytes)} bytes (${megabytes} MiB) of parameters\n`,
    );
    if (weightNoise) terminal.out.write(`trained with ${weightNoiseInWords(weightNoise)}\n`);
    if (flags.svg !== undefined) terminal.out.write(`functional diagram: ${flags.svg}\n`);
  }
  return 0;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => true,
  );
