import { stat } from "node:fs/promises";
import { join } from "node:path";
import { datasetFor, modelFor, overlay, resolveConfig } from "../../config/index.ts";
import { COLUMNS, count, jsonLine, wrap } from "../../describe/format.ts";
import { describe } from "../../describe/index.ts";
import { MORE, narrowTable, tableText } from "../../describe/table.ts";
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
  const model = modelFor(job, await datasetFor(job));
  const { rows, totals, svg } = describe(model);
  const { weightNoise } = job.training;
  if (flags.svg !== undefined) await writeAtomically(flags.svg, svg);
  if (flags.json)
    terminal.out.write(`${jsonLine({ name: model.name, rows, totals, ...(weightNoise && { weightNoise }) })}\n`);
  else {
    const columns = terminal.out.columns || COLUMNS;
    const { lines, dropped } = narrowTable(rows, totals, columns);
    const table = flags.wide ? tableText(rows, totals, Math.max(columns, WIDE)) : lines.join("\n");
    const megabytes = (totals.bytes / 2 ** 20).toFixed(1);
    const notes = [
      `multiply-adds: of one example, forward; parameters: ${count(totals.bytes)} bytes (${megabytes} MiB)`,
      ...(dropped && !flags.wide ? [MORE] : []),
      ...(weightNoise ? [`trained with ${weightNoiseInWords(weightNoise)}`] : []),
    ];
    terminal.out.write(`${table}\n\n${notes.map((note) => wrap(note, columns)).join("\n")}\n`);
    if (flags.svg !== undefined) terminal.out.write(`functional diagram: ${flags.svg}\n`);
  }
  return 0;
}

/** Columns from which all of the table is readable. */
const WIDE = 100;

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => true,
  );
